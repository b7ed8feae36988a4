// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/writer.h"

#include <zstd.h>

#include "userspace/bundle/format.h"
#include "userspace/bundle/frame_compressor.h"
#include "userspace/bundle/little_endian.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxSealBytes = 4096;      // body and one signature: about 1.6 KiB
constexpr std::size_t kEndReserve = 128 * 1024;  // summary, last seal, final note
constexpr std::size_t kSeekEntryBytes = 8;

ByteVector skippable_header(FrameMagic magic, std::size_t content_bytes) {
  ByteVector header;
  append_le32(header, static_cast<std::uint32_t>(magic));
  append_le32(header, static_cast<std::uint32_t>(content_bytes));
  return header;
}

Status refuse(const char* why) {
  return fail(ErrorCode::kCorrupt, std::string("data frame ") + why);
}

// Checks everything about a frame that can be checked without decompressing it.
Status check_frame(const DataFrame& frame) {
  const Bytes bytes = frame.compressed;
  if (bytes.size() < 4 || bytes.size() > kMaxFrameCompressed) return refuse("has a wrong size");
  if (read_le32(bytes) != static_cast<std::uint32_t>(FrameMagic::kData)) {
    return refuse("is no zstd frame");
  }
  if (ZSTD_findFrameCompressedSize(bytes.data(), bytes.size()) != bytes.size()) {
    return refuse("is not exactly one frame");
  }
  if (ZSTD_getDictID_fromFrame(bytes.data(), bytes.size()) != 0)
    return refuse("needs a dictionary");
  if (frame.raw_bytes == 0 || frame.raw_bytes > kMaxFrameRaw ||
      ZSTD_getFrameContentSize(bytes.data(), bytes.size()) != frame.raw_bytes) {
    return refuse("declares another content size");
  }
  if (frame.leaves.empty() || frame.leaves.size() > frame.raw_bytes) {
    return refuse("has a wrong number of leaves");
  }
  return {};
}

// Content of the padding after which the first `size` bytes have left a sink with such pieces.
std::size_t padding_bytes(std::uint64_t size, std::uint64_t piece) {
  const std::uint64_t wanted = ((size - 1) / piece + 1) * piece + 1;
  return wanted > size + kSkippableHeaderBytes ? wanted - size - kSkippableHeaderBytes : 0;
}

DataFrame frame_of_line(const std::string& line) {
  DataFrame frame;
  frame.compressed = FrameCompressor().compress(as_bytes(line));
  frame.raw_bytes = static_cast<std::uint32_t>(line.size());
  return frame;
}

Status check_own_line(const std::string& line) {
  if (line.empty() || line.size() > kMaxLineBytes || line.find('\n') != line.size() - 1) {
    return fail(ErrorCode::kUsage, "own line is too long or not one line");
  }
  return {};
}

}  // namespace

BundleWriter::BundleWriter(ByteSink& out, TextSigner& host, SealKeySource& keys)
    : out_(out), host_(host), keys_(keys) {}

BundleWriter::~BundleWriter() { wipe(leaf_salt_.data(), leaf_salt_.size()); }

Status BundleWriter::start(const BundleStart& start) {
  ST_CHECK(state_ == State::kNew);
  ST_RETURN_IF_ERROR(check_own_line(start.session_line));
  if (start.approval.size() > kMaxSignedTextBytes) {
    return fail(ErrorCode::kLimit, "approval is longer than 64 KiB");
  }
  ST_ASSIGN_OR_RETURN(seal_key_, keys_.make_key());
  const DataFrame line_frame = frame_of_line(start.session_line);
  leaf_salt_ = start.leaf_salt;
  session_ = start.facts;
  session_.first_frame = sha256(line_frame.compressed);
  session_.first_line = sha256(as_bytes(start.session_line));
  session_.approval = sha256(as_bytes(start.approval));
  session_.leaf_salt = sha256(start.leaf_salt);
  session_.seal_key = seal_key_->public_key();
  ST_RETURN_IF_ERROR(
      out_.reserve(line_frame.compressed.size() + 2 * kMaxSignedTextBytes + kEndReserve));
  state_ = State::kOpen;
  ST_RETURN_IF_ERROR(write_frame(line_frame.compressed, line_frame.raw_bytes));
  ST_RETURN_IF_ERROR(
      write_text(FrameMagic::kSession, format_session_text(session_), "session@scopetrace", host_));
  ST_RETURN_IF_ERROR(write_skippable(FrameMagic::kApproval, as_bytes(start.approval)));
  ST_RETURN_IF_ERROR(write_skippable(FrameMagic::kLeafSalt, start.leaf_salt));
  return sync();
}

Status BundleWriter::append(const DataFrame& frame, const LossCounters& losses,
                            const ClockPair& clocks) {
  ST_CHECK(state_ == State::kOpen);
  ST_RETURN_IF_ERROR(check_frame(frame));
  ST_RETURN_IF_ERROR(reserve(frame.compressed.size()));
  return append_checked(frame, next_seal(losses, clocks));
}

Status BundleWriter::append_checked(const DataFrame& frame, Seal seal) {
  seal.count = frame.leaves.size();
  seal.frame = SealedFrame{.offset = offset_,
                           .compressed = static_cast<std::uint32_t>(frame.compressed.size()),
                           .raw = frame.raw_bytes,
                           .digest = sha256(frame.compressed)};
  ST_RETURN_IF_ERROR(write_frame(frame.compressed, frame.raw_bytes));
  tree_.add(frame.leaves);
  return write_seal(std::move(seal), false);
}

Status BundleWriter::idle_seal(const LossCounters& losses, const ClockPair& clocks) {
  ST_CHECK(state_ == State::kOpen);
  ST_RETURN_IF_ERROR(reserve(0));
  Seal seal = next_seal(losses, clocks);
  seal.flags = "idle";
  return write_seal(std::move(seal), false);
}

Status BundleWriter::own_line(const std::string& line, const LossCounters& losses,
                              const ClockPair& clocks) {
  ST_CHECK(state_ == State::kOpen);
  ST_RETURN_IF_ERROR(check_own_line(line));
  DataFrame frame = frame_of_line(line);
  frame.leaves.push_back(leaf_hash(leaf_salt_, tree_.size(), line));
  Seal seal = next_seal(losses, clocks);
  seal.flags = "own";
  return append_checked(frame, std::move(seal));  // out of the end reserve
}

Status BundleWriter::finish(const BundleEnd& end) {
  if (state_ != State::kOpen) return fail(ErrorCode::kIo, "the bundle cannot be written any more");
  Seal seal = next_seal(end.losses, end.clocks);
  seal.flags = "last";
  ST_RETURN_IF_ERROR(write_seal(std::move(seal), true));
  const FinalNote note{.session = session_.session,
                       .part = session_.part,
                       .bytes = offset_,
                       .digest = digest_.digest(),
                       .seals = next_seal_,
                       .lines = tree_.size() + 1,
                       .root = tree_.root(),
                       .losses = end.losses,
                       .claimed_redacted = end.claimed_redacted,
                       .end = end.reason,
                       .end_seconds = end.clocks.realtime_ns / kNanosecondsPerSecond};
  ST_RETURN_IF_ERROR(
      write_text(FrameMagic::kFinalNote, format_final_note(note), "bundle@scopetrace", host_));
  const ByteVector table = make_seek_table(entries_);
  ST_RETURN_IF_ERROR(write(table));
  last_frame_ = sha256(table);
  ST_RETURN_IF_ERROR(sync());
  state_ = State::kFinished;
  return {};
}

// Room for a frame, its seal, and whatever the end of the bundle will need.
Status BundleWriter::reserve(std::uint64_t frame_bytes) {
  return out_.reserve(frame_bytes + kMaxSealBytes + kEndReserve +
                      (entries_.size() + 8) * kSeekEntryBytes);
}

Seal BundleWriter::next_seal(const LossCounters& losses, const ClockPair& clocks) const {
  Seal seal;
  seal.session = session_.session;
  seal.index = next_seal_;
  seal.first = tree_.size();
  seal.previous = previous_;
  seal.boottime_ns = clocks.boottime_ns;
  seal.realtime_ns = clocks.realtime_ns;
  seal.losses = losses;
  return seal;
}

// Signs with the current key and forgets it: whoever steals the process cannot rewrite the past.
Status BundleWriter::write_seal(Seal seal, bool is_last) {
  std::unique_ptr<TextSigner> next_key;
  if (!is_last) {
    auto made = keys_.make_key();
    if (!made) return broken(std::move(made).error());
    next_key = *std::move(made);
    seal.next_key = next_key->public_key();
  }
  seal.root = tree_.root();
  const std::unique_ptr<TextSigner> key = std::exchange(seal_key_, std::move(next_key));
  ST_RETURN_IF_ERROR(write_text(FrameMagic::kSeal, format_seal(seal), "seal@scopetrace", *key));
  ++next_seal_;
  last_seal_ = previous_;
  last_seal_ns_ = seal.boottime_ns;
  ST_RETURN_IF_ERROR(pad_if_due(seal));
  return sync();
}

// An idle seal comes late enough for what came before it; the last one is followed by the end.
Status BundleWriter::pad_if_due(const Seal& seal) {
  const std::uint64_t piece = out_.piece_bytes();
  if (piece == 0 || !seal.next_key) return {};
  const bool is_idle = seal.count == 0;
  if (!is_idle) is_data_held_ = true;
  const bool is_due = is_idle || seal.boottime_ns >= last_padding_ns_ + kPaddingNs;
  if (!is_data_held_ || !is_due) return {};
  is_data_held_ = false;
  last_padding_ns_ = seal.boottime_ns;
  return write_skippable(FrameMagic::kPadding, ByteVector(padding_bytes(offset_, piece)));
}

Status BundleWriter::write_text(FrameMagic magic, const std::string& body,
                                std::string_view name_space, TextSigner& signer) {
  auto block = signer.sign(name_space, body);
  if (!block) return broken(std::move(block).error());
  const std::string text = body + "\n" + *block;
  previous_ = sha256(as_bytes(text));
  return write_skippable(magic, as_bytes(text));
}

Status BundleWriter::write_skippable(FrameMagic magic, Bytes content) {
  ByteVector frame = skippable_header(magic, content.size());
  scopetrace::append(frame, content);
  return write_frame(frame, 0);
}

Status BundleWriter::write_frame(Bytes frame, std::uint32_t raw_bytes) {
  ST_RETURN_IF_ERROR(write(frame));
  entries_.push_back({.compressed = static_cast<std::uint32_t>(frame.size()), .raw = raw_bytes});
  return {};
}

Status BundleWriter::write(Bytes bytes) {
  Status written = out_.write(bytes);
  if (!written) return broken(std::move(written).error());
  digest_.update(bytes);
  offset_ += bytes.size();
  return {};
}

Status BundleWriter::sync() {
  Status synced = out_.sync();
  if (!synced) return broken(std::move(synced).error());
  return {};
}

Status BundleWriter::broken(Error error) {
  state_ = State::kBroken;
  return fail(std::move(error));
}

}  // namespace scopetrace
