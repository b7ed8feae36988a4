// SPDX-License-Identifier: Apache-2.0
// Writes a bundle: data frames, seals, the final note.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "userspace/base/clock.h"
#include "userspace/bundle/byte_sink.h"
#include "userspace/bundle/final_note.h"
#include "userspace/bundle/format.h"
#include "userspace/bundle/frame.h"
#include "userspace/bundle/merkle.h"
#include "userspace/bundle/seal.h"
#include "userspace/bundle/seek_table.h"
#include "userspace/bundle/session_text.h"
#include "userspace/bundle/text_signer.h"

namespace scopetrace {

// What the caller knows at the start. The writer fills in the digests of what it writes itself.
struct BundleStart {
  std::string session_line;  // line 0, LF included
  SessionText facts;     // first_frame, first_line, approval, leaf_salt, seal_key are overwritten
  std::string approval;  // the approval file, byte for byte
  LeafSalt leaf_salt{};  // random; the redactor gets the same
};

// What the caller knows at the end.
struct BundleEnd {
  std::string reason = {};  // one word: limit, interrupted, target-exited, revoked, …
  LossCounters losses = {};
  std::map<std::string, std::uint64_t> claimed_redacted = {};
  ClockPair clocks = {};
};

// States: new → start() → open → finish() → finished. Any failed write or sync → broken: nothing
// more is written, and what is on disk is a sealed prefix that `verify` calls INCOMPLETE. A failed
// reservation (kLimit: disk full) writes nothing and keeps the writer open: finish() still works,
// out of the reserve. Not thread-safe. Each seal key is wiped as soon as it has signed.
class BundleWriter {
 public:
  // The sink, the signer and the key source must outlive the writer.
  BundleWriter(ByteSink& out, TextSigner& host, SealKeySource& keys);
  ~BundleWriter();

  // Writes line 0, the session text, the approval and the leaf salt.
  Status start(const BundleStart& start);
  // Appends one frame from the redactor and its seal. kCorrupt, with nothing written, unless the
  // bytes are exactly one zstd frame without dictionary whose header declares raw_bytes, within the
  // limits and with 1 to raw_bytes leaves. `clocks` is now; losses are cumulative.
  Status append(const DataFrame& frame, const LossCounters& losses, const ClockPair& clocks);
  // A seal without data. Call it when none was written for kIdleSealNs.
  Status idle_seal(const LossCounters& losses, const ClockPair& clocks);
  // A line of capture itself, its `n` being leaf_count(), in a frame of its own.
  Status own_line(const std::string& line, const LossCounters& losses, const ClockPair& clocks);
  // The last seal, the final note and the seek table.
  Status finish(const BundleEnd& end);

  std::uint64_t leaf_count() const { return tree_.size(); }  // lines without line 0
  std::uint64_t bytes_written() const { return offset_; }
  std::uint64_t last_seal_boottime_ns() const { return last_seal_ns_; }
  Digest last_seal_digest() const { return last_seal_; }  // for the ledger
  // Of the seek table's frame, after finish(): what the session text of the next part names.
  Digest last_frame_digest() const { return last_frame_; }
  std::uint64_t seal_count() const { return next_seal_; }

 private:
  enum class State { kNew, kOpen, kBroken, kFinished };

  Status append_checked(const DataFrame& frame, Seal seal);
  Seal next_seal(const LossCounters& losses, const ClockPair& clocks) const;
  Status write_seal(Seal seal, bool is_last);
  Status pad_if_due(const Seal& seal);
  Status write_text(FrameMagic magic, const std::string& body, std::string_view name_space,
                    TextSigner& signer);
  Status write_skippable(FrameMagic magic, Bytes content);
  Status write_frame(Bytes frame, std::uint32_t raw_bytes);
  Status write(Bytes bytes);
  Status reserve(std::uint64_t frame_bytes);
  Status sync();
  Status broken(Error error);

  ByteSink& out_;
  TextSigner& host_;
  SealKeySource& keys_;
  State state_ = State::kNew;
  std::unique_ptr<TextSigner> seal_key_;
  SessionText session_;
  LeafSalt leaf_salt_{};
  MerkleTree tree_;
  Sha256 digest_;                   // of everything written
  std::vector<SeekEntry> entries_;  // every frame written
  std::uint64_t offset_ = 0;
  std::uint64_t next_seal_ = 0;
  std::uint64_t last_seal_ns_ = 0;
  std::uint64_t last_padding_ns_ = 0;  // CLOCK_BOOTTIME
  bool is_data_held_ = false;          // sealed after the last padding
  Digest previous_{};                  // of the content of the last session or seal frame
  Digest last_frame_{};                // of the seek table, once it is written
  Digest last_seal_{};  // of the content of the last seal, also when the final note follows
};

}  // namespace scopetrace
