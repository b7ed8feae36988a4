// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/line_access.h"

#include <algorithm>

#include "userspace/bundle/little_endian.h"
#include "userspace/bundle/signed_body.h"

namespace scopetrace {
namespace {

constexpr std::uint64_t kFooterBytes = 9;
constexpr std::uint64_t kEntryBytes = 8;
constexpr std::uint64_t kMaxEntries = 1 << 26;  // 512 MiB of table
constexpr std::uint64_t kMaxSealFrame = kMaxSignedTextBytes + kSkippableHeaderBytes;

tl::unexpected<Error> unsound(const char* what) {
  return fail(ErrorCode::kCorrupt, std::string("seek table: ") + what);
}

Result<ByteVector> read_at(ByteSource& source, std::uint64_t offset, std::uint64_t size_bytes) {
  ST_ASSIGN_OR_RETURN(const std::uint64_t there, source.available(offset, size_bytes));
  if (there < size_bytes) return unsound("points behind the end");
  ByteVector bytes(size_bytes);
  ST_RETURN_IF_ERROR(source.read(offset, bytes));
  return bytes;
}

// The `n`-th line of a text whose lines all end in LF.
Result<std::string> line_of(std::string_view text, std::uint64_t n) {
  for (; n > 0; --n) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return unsound("fewer lines than its seal says");
    text.remove_prefix(end + 1);
  }
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return unsound("fewer lines than its seal says");
  return std::string(text.substr(0, end + 1));
}

}  // namespace

Result<LineAccess> LineAccess::open(ByteSource& source) {
  LineAccess access(source);
  ST_ASSIGN_OR_RETURN(const std::uint64_t size, source.available(0, UINT64_MAX));
  if (size < kFooterBytes) return unsound("none");
  ST_ASSIGN_OR_RETURN(const ByteVector footer, read_at(source, size - kFooterBytes, kFooterBytes));
  const std::uint64_t count = read_le32(footer);
  const bool is_ours =
      footer[4] == std::byte{0} && read_le32(Bytes(footer).subspan(5)) == kSeekTableFooterMagic;
  const std::uint64_t table_bytes = kSkippableHeaderBytes + count * kEntryBytes + kFooterBytes;
  if (!is_ours || count > kMaxEntries || table_bytes > size) return unsound("none");
  ST_RETURN_IF_ERROR(access.read_places(size - table_bytes, count));
  if (access.places_.empty()) return access;
  ST_ASSIGN_OR_RETURN(const Seal last, access.seal_of(access.places_.back()));
  access.size_ = last.first + last.count;
  return access;
}

Status LineAccess::read_places(std::uint64_t table_offset, std::uint64_t count) {
  ST_ASSIGN_OR_RETURN(const ByteVector table,
                      read_at(source_, table_offset, kSkippableHeaderBytes + count * kEntryBytes));
  const Bytes entries = Bytes(table).subspan(kSkippableHeaderBytes, count * kEntryBytes);
  std::uint64_t offset = 0;
  bool is_behind_data = false;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint32_t compressed = read_le32(entries.subspan(i * kEntryBytes));
    const std::uint32_t raw = read_le32(entries.subspan(i * kEntryBytes + 4));
    if (is_behind_data) places_.back().seal_bytes = compressed;
    is_behind_data = raw != 0 && i != 0;  // line 0 is no leaf
    if (is_behind_data) places_.push_back({.offset = offset, .compressed = compressed});
    offset += compressed;
  }
  if (offset != table_offset) return unsound("does not fit the file");
  return {};
}

Result<Seal> LineAccess::seal_of(const Place& place) {
  const std::uint64_t offset = place.offset + place.compressed;
  if (place.seal_bytes > kMaxSealFrame) return unsound("a seal is too long");
  ST_ASSIGN_OR_RETURN(const ByteVector frame, read_at(source_, offset, place.seal_bytes));
  const bool is_seal = frame.size() > kSkippableHeaderBytes &&
                       read_le32(frame) == static_cast<std::uint32_t>(FrameMagic::kSeal);
  if (!is_seal) return unsound("a data frame without a seal");
  const std::string_view text = as_text(Bytes(frame).subspan(kSkippableHeaderBytes));
  ST_ASSIGN_OR_RETURN(Seal seal, parse_seal(body_of(text)));
  const bool is_for_it = seal.frame && seal.frame->offset == place.offset &&
                         seal.frame->compressed == place.compressed;
  if (!is_for_it) return unsound("a seal is for another frame");
  return seal;
}

// The seal of the frame that holds line n. Frames hold about as many lines each, so the place is
// guessed from the lines on both sides; every second step halves, whatever the frames hold.
Result<Seal> LineAccess::find(std::uint64_t n, std::size_t& at) {
  std::size_t low = 0;  // frames that may hold it
  std::size_t high = places_.size();
  std::uint64_t first = 0;  // lines in these frames
  std::uint64_t end = size_;
  for (bool halves = false; low < high; halves = !halves) {
    const double part = halves ? 0.5 : double(n - first) / double(end - first);
    at = std::min(low + static_cast<std::size_t>(part * double(high - low)), high - 1);
    ST_ASSIGN_OR_RETURN(Seal seal, seal_of(places_[at]));
    if (n >= seal.first && n - seal.first < seal.count) return seal;
    if (n < seal.first) {
      high = at;
      end = seal.first;
    } else {
      low = at + 1;
      first = seal.first + seal.count;
    }
  }
  return unsound("no frame has this line");
}

Status LineAccess::load(std::size_t at, const Seal& seal) {
  if (loaded_ == at) return {};
  const Place& place = places_[at];
  if (place.compressed > kMaxFrameCompressed) return unsound("a data frame is too long");
  ST_ASSIGN_OR_RETURN(const ByteVector frame, read_at(source_, place.offset, place.compressed));
  if (sha256(frame) != seal.frame->digest) {
    return fail(ErrorCode::kTampered, "a data frame has another digest than its seal");
  }
  ST_ASSIGN_OR_RETURN(raw_, zstd_.decompress(frame, seal.frame->raw));
  loaded_ = at;
  return {};
}

Result<std::string> LineAccess::line(std::uint64_t n) {
  if (n >= size_) return fail(ErrorCode::kNotFound, "no line " + std::to_string(n));
  std::size_t at = 0;
  ST_ASSIGN_OR_RETURN(const Seal seal, find(n, at));
  ST_RETURN_IF_ERROR(load(at, seal));
  return line_of(raw_, n - seal.first);
}

}  // namespace scopetrace
