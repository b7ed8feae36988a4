// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/bundle_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

#include "userspace/bundle/format.h"
#include "userspace/bundle/signing.h"

namespace scopetrace {
namespace {

// Leave a second for a busy thread: readers are promised kIdleSealNs.
constexpr std::uint64_t kSealAfterNs = kIdleSealNs - kNanosecondsPerSecond;

// Whether the writer refused something before it wrote any of it: a full disk, a bad frame.
bool is_writer_open(const Error& error) {
  return error.code() == ErrorCode::kLimit || error.code() == ErrorCode::kCorrupt;
}

bool is_pipe(int fd) {
  struct stat facts {};
  return ::fstat(fd, &facts) == 0 && S_ISFIFO(facts.st_mode);
}

}  // namespace

BundleFile::BundleFile(UniqueFd fd, const SigningKey& host_key)
    : fd_(std::move(fd)),
      file_(fd_.get()),
      pipe_(fd_.get()),
      is_pipe_(is_pipe(fd_.get())),
      host_(std::make_unique<KeySigner>(host_key)),
      keys_(std::make_unique<RandomSealKeys>()),
      writer_(is_pipe_ ? static_cast<ByteSink&>(pipe_) : file_, *host_, *keys_) {
  if (is_pipe_) ::fcntl(fd_.get(), F_SETFL, O_WRONLY | O_NONBLOCK);
}

BundleFile::~BundleFile() = default;

void BundleFile::publish() {
  bytes_written_ = writer_.bytes_written();
  lines_ = writer_.leaf_count();
}

Status BundleFile::start(const BundleStart& start) {
  Status started = writer_.start(start);
  publish();
  return started;
}

void BundleFile::append(DataFrame frame, const LossCounters& losses) {
  const std::uint64_t size_bytes = frame.compressed.size() + frame.leaves.size() * sizeof(Digest);
  posted_lines_ += frame.leaves.size();
  auto shared = std::make_shared<DataFrame>(std::move(frame));  // std::function copies its target
  thread_.post(size_bytes, [this, shared, losses]() -> Status {
    ST_RETURN_IF_ERROR(writer_.append(*shared, losses, ClockPair::now()));
    publish();  // lines without a seal do not count
    return {};
  });
}

void BundleFile::seal_if_idle(const LossCounters& losses) {
  thread_.post(0, [this, losses]() -> Status {
    const ClockPair now = ClockPair::now();
    if (now.boottime_ns < writer_.last_seal_boottime_ns() + kSealAfterNs) return {};
    Status done = writer_.idle_seal(losses, now);
    publish();
    return done;
  });
}

void BundleFile::post_after(std::function<Status(const Digest&, std::uint64_t)> job) {
  thread_.post(0, [this, job = std::move(job)] {
    return job(writer_.last_seal_digest(), writer_.seal_count());
  });
}

Status BundleFile::finish(SummaryRecord summary, BundleEnd end) {
  Status queued = thread_.drain();  // from here on the thread is idle
  if (!queued && !is_writer_open(queued.error())) return queued;
  const std::uint64_t unwritten = posted_lines_ - writer_.leaf_count();
  summary.losses.claimed_lost_user_events += unwritten;
  end.losses.claimed_lost_user_events += unwritten;
  summary.index = writer_.leaf_count();
  if (queued) {
    Status line = writer_.own_line(encode_summary_line(summary), summary.losses, ClockPair::now());
    if (!line && line.error().code() != ErrorCode::kLimit) return line;
  }
  BundleEnd last = end;
  last.clocks =
      ClockPair::now();  // frames that were queued when the caller looked are sealed by now
  ST_RETURN_IF_ERROR(writer_.finish(last));
  publish();
  return is_pipe_ ? Status() : file_.release();
}

}  // namespace scopetrace
