// SPDX-License-Identifier: Apache-2.0
// The bundle of a running session, written on its own thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "scopes/ssh_key.h"
#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"
#include "userspace/bundle/own_lines.h"
#include "userspace/bundle/writer.h"
#include "userspace/session/capture/work_thread.h"

namespace scopetrace {

// Calls: start, then append and seal_if_idle in any order without ever waiting, then finish once.
class BundleFile {
 public:
  // The key must outlive this; `fd` is the empty output, or the pipe to what encrypts.
  BundleFile(UniqueFd fd, const SigningKey& host_key);
  ~BundleFile();

  // Line 0, session text, approval and salt, on the disk when it returns.
  Status start(const BundleStart& start);
  // Queues one frame of the redactor.
  void append(DataFrame frame, const LossCounters& losses);
  // Queues a seal when none was written for a while. Call it every second.
  void seal_if_idle(const LossCounters& losses);
  // Waits for the queue; then the summary, the last seal and the final note. Works with a full
  // disk, out of the reserve: then without the summary. `end.clocks` is set here, and lines that
  // could not be written are added to the losses.
  Status finish(SummaryRecord summary, BundleEnd end);
  // The last seal and how many there are, for the ledger; after finish() only.
  Digest last_seal_digest() const { return writer_.last_seal_digest(); }
  std::uint64_t seal_count() const { return writer_.seal_count(); }

  // Facts for status and ledger; any thread.
  std::uint64_t bytes_written() const { return bytes_written_.load(); }
  std::uint64_t lines() const { return lines_.load(); }
  std::uint64_t backlog_bytes() const { return thread_.backlog_bytes(); }
  // Readable once writing has failed; error() says how. kLimit: the disk is full.
  int failure_fd() const { return thread_.event_fd(); }
  std::optional<Error> error() const { return thread_.error(); }
  // Runs `job` after what is queued, with the digest of the last seal: for the ledger.
  void post_after(std::function<Status(const Digest&, std::uint64_t)> job);

 private:
  void publish();

  UniqueFd fd_;
  FileSink file_;
  PipeSink pipe_;
  bool is_pipe_;
  std::unique_ptr<TextSigner> host_;
  std::unique_ptr<SealKeySource> keys_;
  BundleWriter writer_;             // the thread's alone between start() and finish()
  std::uint64_t posted_lines_ = 0;  // caller's thread only
  std::atomic<std::uint64_t> bytes_written_{0};
  std::atomic<std::uint64_t> lines_{0};
  WorkThread thread_;  // last: ends before what it uses
};

}  // namespace scopetrace
