// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/bundle_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

#include "userspace/bundle/format.h"
#include "userspace/bundle/signing.h"

namespace scopetrace {
namespace {

constexpr std::uint64_t kStartReserve = 1 << 20;  // more than the start and the end of a part take
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

// One output with its writer.
struct BundleFile::Part {
  Part(UniqueFd output, TextSigner& host, SealKeySource& keys)
      : fd(std::move(output)),
        file(fd.get()),
        pipe(fd.get()),
        has_pipe(is_pipe(fd.get())),
        writer(sink(), host, keys) {
    if (has_pipe) ::fcntl(fd.get(), F_SETFL, O_WRONLY | O_NONBLOCK);
  }

  ByteSink& sink() { return has_pipe ? static_cast<ByteSink&>(pipe) : file; }
  Status release() { return has_pipe ? Status() : file.release(); }
  SealHead seal_head() const {
    return {.part = number, .seals = writer.seal_count(), .digest = writer.last_seal_digest()};
  }

  UniqueFd fd;
  FileSink file;
  PipeSink pipe;
  bool has_pipe;
  BundleWriter writer;
  std::uint32_t number = 1;
};

BundleFile::BundleFile(UniqueFd fd, const SigningKey& host_key)
    : host_(std::make_unique<KeySigner>(host_key)),
      keys_(std::make_unique<RandomSealKeys>()),
      part_(std::make_unique<Part>(std::move(fd), *host_, *keys_)) {}

BundleFile::~BundleFile() = default;

void BundleFile::publish() {
  part_bytes_ = part_->writer.bytes_written();
  bytes_written_ = bytes_before_ + part_->writer.bytes_written();
  lines_ = lines_before_ + part_->writer.leaf_count();
}

Status BundleFile::start(const BundleStart& start) {
  Status started = part_->writer.start(start);
  publish();
  return started;
}

void BundleFile::append(DataFrame frame, const LossCounters& losses) {
  const std::uint64_t size_bytes = frame.compressed.size() + frame.leaves.size() * sizeof(Digest);
  posted_lines_ += frame.leaves.size();
  auto shared = std::make_shared<DataFrame>(std::move(frame));  // std::function copies its target
  thread_.post(size_bytes, [this, shared, losses]() -> Status {
    ST_RETURN_IF_ERROR(part_->writer.append(*shared, losses, ClockPair::now()));
    written_lines_ += shared->leaves.size();
    publish();  // lines without a seal do not count
    return {};
  });
}

void BundleFile::seal_if_idle(const LossCounters& losses) {
  thread_.post(0, [this, losses]() -> Status {
    const ClockPair now = ClockPair::now();
    if (now.boottime_ns < part_->writer.last_seal_boottime_ns() + kSealAfterNs) return {};
    Status done = part_->writer.idle_seal(losses, now);
    publish();
    return done;
  });
}

void BundleFile::post_after(SealHeadJob job) {
  thread_.post(0, [this, job = std::move(job)] { return job(part_->seal_head()); });
}

void BundleFile::rotate(NextPart next) {
  auto shared = std::make_shared<NextPart>(std::move(next));
  thread_.post(0, [this, shared]() -> Status {
    auto part = std::make_unique<Part>(std::move(shared->fd), *host_, *keys_);
    ST_RETURN_IF_ERROR(part->sink().reserve(kStartReserve));
    ST_RETURN_IF_ERROR(end_part(std::move(shared->summary), std::move(shared->end), true));
    const SealHead head = part_->seal_head();
    ST_RETURN_IF_ERROR(begin_part(std::move(part), std::move(shared->start)));
    return shared->note_head ? shared->note_head(head) : Status();
  });
}

// From here on the part before is closed, and whole whatever becomes of this one.
Status BundleFile::begin_part(std::unique_ptr<Part> part, BundleStart start) {
  start.facts.part = part->number = part_->number + 1;
  start.facts.previous = part_->writer.last_frame_digest();
  bytes_before_ += part_->writer.bytes_written();
  lines_before_ += part_->writer.leaf_count();
  part_ = std::move(part);
  publish();
  open_part_ = part_->number;
  ++sealed_parts_;
  Status started = part_->writer.start(start);
  publish();
  return started;
}

Status BundleFile::end_part(SummaryRecord summary, BundleEnd end, bool has_summary) {
  BundleWriter& writer = part_->writer;
  if (has_summary) {
    summary.index = writer.leaf_count();
    Status line = writer.own_line(encode_summary_line(summary), summary.losses, ClockPair::now());
    if (!line && line.error().code() != ErrorCode::kLimit) return line;
  }
  end.clocks =
      ClockPair::now();  // frames that were queued when the caller looked are sealed by now
  ST_RETURN_IF_ERROR(writer.finish(end));
  publish();
  return part_->release();
}

Status BundleFile::finish(SummaryRecord summary, BundleEnd end) {
  Status queued = thread_.drain();  // from here on the thread is idle
  if (!queued && !is_writer_open(queued.error())) return queued;
  const std::uint64_t unwritten = posted_lines_ - written_lines_;
  summary.losses.claimed_lost_user_events += unwritten;
  end.losses.claimed_lost_user_events += unwritten;
  ST_RETURN_IF_ERROR(end_part(std::move(summary), std::move(end), queued.has_value()));
  ++sealed_parts_;
  return {};
}

SealHead BundleFile::seal_head() const { return part_->seal_head(); }

}  // namespace scopetrace
