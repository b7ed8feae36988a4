// SPDX-License-Identifier: Apache-2.0
// The bundle of a running session, in one part or several, written on its own thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "scopes/ssh_key.h"
#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"
#include "userspace/bundle/own_lines.h"
#include "userspace/bundle/writer.h"
#include "userspace/session/capture/work_thread.h"

namespace scopetrace {

// How far the seals of a part have come, for the ledger.
struct SealHead {
  std::uint32_t part = 1;
  std::uint64_t seals = 0;  // of this part
  Digest digest{};          // of the content of the last of them
};
using SealHeadJob = std::function<Status(const SealHead&)>;

// What ends one part and begins the next.
struct NextPart {
  SummaryRecord summary;  // of the part that ends: everything since the start of the session
  BundleEnd end;
  UniqueFd fd;                 // the next part's output: as that of the first one
  BundleStart start;           // the writer adds number and predecessor
  SealHeadJob note_head = {};  // told the last seal of the part that ends; may be empty
};

// Calls: start, then append, rotate and seal_if_idle in any order without ever waiting, then finish
// once.
class BundleFile {
 public:
  // The key must outlive this; `fd` is the empty output, or the pipe to what encrypts.
  BundleFile(UniqueFd fd, const SigningKey& host_key);
  ~BundleFile();

  // Line 0, session text, approval and salt, on the disk when it returns.
  Status start(const BundleStart& start);
  // Queues one frame of the redactor.
  void append(DataFrame frame, const LossCounters& losses);
  // Queues the end of this part and the start of the next, to which later frames belong. When there
  // is no room for a next one (kLimit) this part stays open, and finish() ends it; after any other
  // failure what is whole stays so.
  void rotate(NextPart next);
  // Queues a seal when none was written for a while. Call it every second.
  void seal_if_idle(const LossCounters& losses);
  // Waits for the queue; then the summary, the last seal and the final note. Works with a full
  // disk, out of the reserve: then without the summary. `end.clocks` is set here, and lines that
  // could not be written are added to the losses.
  Status finish(SummaryRecord summary, BundleEnd end);
  // The last seal of the last part, for the ledger; after finish() only.
  SealHead seal_head() const;

  // Facts for status and ledger; any thread. Of all parts together unless it says so.
  std::uint64_t bytes_written() const { return bytes_written_.load(); }
  std::uint64_t lines() const { return lines_.load(); }
  // Of this part; 0 while another one is being written.
  std::uint64_t bytes_of_part(std::uint32_t part) const {
    return open_part_ == part ? part_bytes_.load() : 0;
  }
  std::uint32_t sealed_parts() const { return sealed_parts_.load(); }  // whole and closed
  std::uint64_t backlog_bytes() const { return thread_.backlog_bytes(); }
  // Readable once writing has failed; error() says how. kLimit: the disk is full.
  int failure_fd() const { return thread_.event_fd(); }
  std::optional<Error> error() const { return thread_.error(); }
  // Runs `job` after what is queued, with the last seal so far: for the ledger.
  void post_after(SealHeadJob job);

 private:
  struct Part;

  Status end_part(SummaryRecord summary, BundleEnd end, bool has_summary);
  Status begin_part(std::unique_ptr<Part> part, BundleStart start);
  void publish();

  std::unique_ptr<TextSigner> host_;
  std::unique_ptr<SealKeySource> keys_;
  std::unique_ptr<Part> part_;       // the thread's alone between start() and finish(), as the next
  std::uint64_t written_lines_ = 0;  // of the redactor, sealed
  std::uint64_t bytes_before_ = 0;   // of the parts before this one
  std::uint64_t lines_before_ = 0;
  std::uint64_t posted_lines_ = 0;  // of the redactor; caller's thread only
  std::atomic<std::uint64_t> bytes_written_{0};
  std::atomic<std::uint64_t> lines_{0};
  std::atomic<std::uint64_t> part_bytes_{0};
  std::atomic<std::uint32_t> open_part_{1};
  std::atomic<std::uint32_t> sealed_parts_{0};
  WorkThread thread_;  // last: ends before what it uses
};

}  // namespace scopetrace
