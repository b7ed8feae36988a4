// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/running.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <random>
#include <utility>

#include "userspace/session/capture/flag_levels.h"
#include "userspace/session/capture/output_check.h"

namespace scopetrace {
namespace {

constexpr int kTickMs = 200;
constexpr std::uint64_t kDrainNs = 3 * kNanosecondsPerSecond;      // of silence at the end
constexpr std::uint64_t kMaxDrainNs = 20 * kNanosecondsPerSecond;  // for the redactor to finish
constexpr std::uint64_t kSealHeadNs = 60 * kNanosecondsPerSecond;  // between ledger entries
constexpr std::size_t kMaxFlagChanges = 256;                       // stated in the summary
constexpr int kMessagesPerTurn = 64;  // so that no flood starves the other descriptors

SessionMonitor::Jitter make_jitter() {
  return [engine = std::minstd_rand(std::random_device{}())](std::uint64_t below) mutable {
    return below == 0 ? 0 : engine() % below;
  };
}

ResolverOptions resolver_options() {
  ResolverOptions options;
  options.program = find_redact_program().value_or("");
  return options;
}

bool is_readable(const pollfd& polled) { return polled.revents != 0; }

}  // namespace

RunningSession::RunningSession(Prepared& prepared, BundleFile& bundle, OutsideWatch& outside,
                               Limits limits, Ends ends)
    : prepared_(prepared),
      bundle_(bundle),
      outside_(outside),
      ends_(ends),
      monitor_(limits.session, boottime_ns(), make_jitter()),
      members_(prepared, resolver_options()),
      rotation_(limits.part, boottime_ns()),
      resumed_ns_(boottime_ns()),
      next_head_ns_(resumed_ns_ + kSealHeadNs) {
  prepared_.probes->set_member_callback(
      [this](const st_member_event& event) { members_.take(event); });
}

RunEnd RunningSession::run() {
  while (true) {
    wait_for_facts();
    const std::uint64_t now_ns = boottime_ns();
    if (now_ns >= next_second_ns_) every_second(now_ns);
    rotate_if_due(now_ns);
    tell_sealed_parts();
    const Orders orders = monitor_.orders(now_ns);
    if (orders.end) {
      end_.reason = *orders.end;
      break;
    }
    obey(orders);
  }
  end_probes();
  drain_redactor();
  return end_;
}

void RunningSession::wait_for_facts() {
  std::array<pollfd, 10> polled = {
      pollfd{ends_.front_fd, POLLIN, 0},
      pollfd{is_channel_open_ ? prepared_.redactor->channel_fd() : -1, POLLIN, 0},
      pollfd{prepared_.redactor->death_fd(), POLLIN, 0},
      pollfd{prepared_.allowed.target.pidfd.get(), POLLIN, 0},
      pollfd{prepared_.probes->control_epoll_fd(), POLLIN, 0},
      pollfd{bundle_.failure_fd(), POLLIN, 0},
      pollfd{ends_.signal_fd, POLLIN, 0},
      pollfd{members_.scan_fd(), POLLIN, 0},
      pollfd{outside_.event_fd(), POLLIN, 0},
      pollfd{members_.program_fd(), POLLIN, 0}};
  if (::poll(polled.data(), polled.size(), kTickMs) <= 0) return;

  if (is_readable(polled[0])) handle_front();
  if (is_readable(polled[1])) receive_all();
  if (is_readable(polled[4])) {
    const Status read = prepared_.probes->poll_control(
        [this](const st_process_event& event) { handle_control(event); },
        std::chrono::milliseconds(0));
    if (!read) monitor_.request_end(EndReason::kProbesFailed);
  }
  if (is_readable(polled[3])) monitor_.request_end(EndReason::kTargetExited);
  if (is_readable(polled[2])) monitor_.request_end(EndReason::kRedactorDied);
  if (is_readable(polled[5])) handle_write_failure();
  if (is_readable(polled[6])) monitor_.request_end(EndReason::kStopped);
  if (is_readable(polled[7])) members_.handle_scans(is_attached_);
  if (is_readable(polled[8])) look_outside();
  if (is_readable(polled[9])) handle_programs();
}

void RunningSession::handle_front() {
  auto message = receive_front_message(ends_.front_fd);
  if (message && message->type == FrontMessageType::kOutput) {
    return take_output(std::move(message->fd));
  }
  monitor_.request_end(EndReason::kStopped);  // STOP, end of file, or nonsense
  is_front_open_ = message.has_value();
  end_.is_abandoned = message && message->type == FrontMessageType::kAbandon;
}

// Without an output of the right kind for the next part the capture ends in this one.
void RunningSession::take_output(UniqueFd output) {
  const bool has_recipients = !prepared_.allowed.document.approval.recipients.empty();
  const bool fits = check_output(output) && check_output_kind(output, has_recipients);
  if (!fits || !rotation_.take_output(std::move(output))) {
    monitor_.request_end(EndReason::kNoNextPart);
  }
}

void RunningSession::rotate_if_due(std::uint64_t now_ns) {
  if (rotation_.is_stalled(now_ns)) return monitor_.request_end(EndReason::kRedactorStalled);
  switch (rotation_.next_step(now_ns, bundle_.bytes_of_part(rotation_.part()))) {
    case Rotation::Step::kNone:
      return;
    case Rotation::Step::kAskOutput:
      return ask_for_output();
    case Rotation::Step::kTellRedactor: {
      const RotateMessage rotate{.leaf_salt = rotation_.leaf_salt()};
      if (!prepared_.redactor->send(ToRedact(rotate))) {
        monitor_.request_end(EndReason::kRedactorDied);
      }
      rotation_.told(now_ns);
    }
  }
}

// A front end that is stopped is asked again; this part grows meanwhile.
void RunningSession::ask_for_output() {
  const Status sent = send_front_message(ends_.front_fd, FrontMessageType::kNeedOutput, "");
  if (sent) return rotation_.asked();
  if (sent.error().system_errno() == EPIPE) monitor_.request_end(EndReason::kStopped);
}

void RunningSession::handle_rotated(const RotatedMessage& rotated) {
  std::optional<UniqueFd> output = rotation_.take_answer(boottime_ns());
  if (!output) return monitor_.request_end(EndReason::kRedactorMisbehaved);
  read_counters();
  tally_.take(rotated.so_far);
  NextPart next = next_part_job_(rotation_.part(), rotation_.leaf_salt());
  next.fd = *std::move(output);
  next.note_head = seal_head_job_;
  bundle_.rotate(std::move(next));
}

// The front end gives them their final names. What it misses now it learns at the end.
void RunningSession::tell_sealed_parts() {
  while (told_parts_ < bundle_.sealed_parts()) {
    if (!send_front_message(ends_.front_fd, FrontMessageType::kPartSealed, "")) return;
    ++told_parts_;
  }
}

void RunningSession::handle_control(const st_process_event& event) {
  const bool is_target = event.header.tgid == prepared_.allowed.target.process.tgid;
  if (event.header.type == ST_EVENT_LIBRARY) members_.take_library(event.header);
  if (event.header.type == ST_EVENT_GROUP_MADE) members_.take_group_made();
  if (event.header.type == ST_EVENT_FORK) members_.take_fork(event.header.tgid, event.other_tgid);
  if (event.header.type == ST_EVENT_EXIT) members_.take_exit(event.header.tgid);
  if (!is_target) return;
  if (event.header.type == ST_EVENT_EXIT) {
    end_.target_status = event.exit_code;
    monitor_.request_end(EndReason::kTargetExited);
  }
  if (event.header.type == ST_EVENT_EXEC && !prepared_.allowed.document.approval.children) {
    monitor_.request_end(EndReason::kTargetExec);
  }
}

void RunningSession::handle_programs() {
  if (!members_.handle_programs()) monitor_.request_end(EndReason::kProbesFailed);
}

std::map<std::string, std::uint64_t> RunningSession::member_counts() const {
  const Authorization& allowed = prepared_.allowed;
  if (!allowed.target.group && !allowed.document.approval.children) return {};
  return counts_of(members_.counts(), prepared_.programs.get());
}

void RunningSession::handle_write_failure() {
  const auto error = bundle_.error();
  if (!error) return;
  switch (error->code()) {
    case ErrorCode::kLimit:
      return monitor_.request_end(EndReason::kDiskFull);
    case ErrorCode::kCorrupt:
      return monitor_.request_end(EndReason::kRedactorMisbehaved);
    default:
      return monitor_.request_end(EndReason::kWriteFailed);
  }
}

void RunningSession::look_outside() {
  const CaptureFlags before = outside_.flags();
  const OutsideWatch::News news = outside_.look();
  if (news.is_revoked) monitor_.request_end(EndReason::kRevoked);
  if (news.are_flags_changed && !obey_flags(before)) {
    monitor_.request_end(EndReason::kRedactorDied);  // it would go on with what is off
  }
}

Status RunningSession::obey_flags(const CaptureFlags& before) {
  for (LevelMessage& message : level_messages(before, outside_.flags())) {
    ST_RETURN_IF_ERROR(prepared_.redactor->send(ToRedact(std::move(message))));
  }
  const FlagState state = flag_state(outside_.flags(), realtime_ns());
  if (flag_changes_.size() < kMaxFlagChanges) flag_changes_.push_back(state);
  if (flags_job_) {
    bundle_.post_after([job = flags_job_, state](const SealHead&) { return job(state); });
  }
  return {};
}

void RunningSession::receive_all() {
  for (int i = 0; i < kMessagesPerTurn; ++i) {
    auto received = prepared_.redactor->receive();
    if (!received) {
      is_channel_open_ = false;
      return monitor_.request_end(received.error().code() == ErrorCode::kCorrupt
                                      ? EndReason::kRedactorMisbehaved
                                      : EndReason::kRedactorDied);
    }
    if (received->state == ReceiveState::kNothing) return;
    if (received->state == ReceiveState::kClosed) {
      is_channel_open_ = false;
      return monitor_.request_end(EndReason::kRedactorDied);
    }
    monitor_.hear_redactor(boottime_ns());
    handle(std::move(*received->message));
  }
}

void RunningSession::handle(FromRedact message) {
  if (const auto* frame = std::get_if<FrameMessage>(&message)) return handle_frame(*frame);
  if (const auto* stats = std::get_if<StatsMessage>(&message)) tally_.stats = *stats;
  if (const auto* mute = std::get_if<MuteMessage>(&message)) {
    // A full table is no failure: the redactor goes on dropping what it does not want.
    prepared_.probes->mute(mute->conn_id);
  }
  if (const auto* rotated = std::get_if<RotatedMessage>(&message)) handle_rotated(*rotated);
  if (const auto* done = std::get_if<DoneMessage>(&message)) {
    tally_.take(*done);
    is_done_ = true;
    // Without having been told to stop: something in it failed.
    monitor_.request_end(EndReason::kRedactorDied);
  }
}

void RunningSession::handle_frame(const FrameMessage& frame) {
  tally_.claimed = frame.claimed;
  Result<DataFrame> data = read_frame(frame);
  if (!data) return monitor_.request_end(EndReason::kRedactorMisbehaved);
  bundle_.append(std::move(*data), losses_of(tally_));
}

void RunningSession::read_counters() {
  if (const auto counters = prepared_.probes->read_counters()) tally_.kernel = *counters;
}

void RunningSession::every_second(std::uint64_t now_ns) {
  next_second_ns_ = now_ns + kNanosecondsPerSecond;
  read_counters();
  monitor_.sample_budget(now_ns, tally_.kernel[ST_COUNT_BYTES],
                         tally_.kernel[ST_COUNT_LOST_BUDGET_EVENTS]);
  monitor_.sample_backlog(bundle_.backlog_bytes());
  bundle_.seal_if_idle(losses_of(tally_));
  look_outside();
  if (now_ns >= next_head_ns_ && seal_head_job_) {
    next_head_ns_ = now_ns + kSealHeadNs;
    bundle_.post_after(seal_head_job_);
  }
  // The channel does not block: a front end that is stopped misses some of these.
  const Status sent =
      send_front_message(ends_.front_fd, FrontMessageType::kStatus, encode_status(status()));
  if (!sent && sent.error().system_errno() == EPIPE) monitor_.request_end(EndReason::kStopped);
}

void RunningSession::obey(const Orders& orders) {
  Status done;
  if (orders.attached != is_attached_) {
    if (orders.attached) {
      done = prepared_.target->attach_again();
    } else {
      prepared_.probes->detach();
    }
    is_attached_ = orders.attached;
  }
  if (done && orders.paused != is_paused_) {
    done = orders.paused ? prepared_.probes->pause() : prepared_.probes->resume();
    is_paused_ = orders.paused;
  }
  if (!done) monitor_.request_end(EndReason::kProbesFailed);
}

void RunningSession::end_probes() {
  ended_ns_ = boottime_ns();
  prepared_.probes->detach();
  end_.detach_ns = boottime_ns() - ended_ns_;
  read_counters();
  // The target's exit status may still be in the ring.
  const Status read = prepared_.probes->poll_control(
      [this](const st_process_event& event) { handle_control(event); },
      std::chrono::milliseconds(0));
  if (!read) monitor_.request_end(EndReason::kProbesFailed);
  members_.finish();
}

void RunningSession::drain_redactor() {
  if (end_.is_abandoned || end_.reason == EndReason::kRedactorMisbehaved) {
    tally_.give_up();
    return prepared_.redactor->kill();
  }
  const bool is_responsive = end_.reason != EndReason::kRedactorStalled &&
                             prepared_.redactor->send(ToRedact(StopMessage{})).has_value();
  if (!is_responsive) prepared_.redactor->kill();
  wait_until_done();
  prepared_.redactor->kill();
  if (is_done_) return;
  tally_.give_up();
  // What it had not sent is lost, and that is the more important reason.
  if (is_orderly(end_.reason)) end_.reason = EndReason::kRedactorStalled;
}

void RunningSession::wait_until_done() {
  const std::uint64_t start_ns = boottime_ns();
  std::uint64_t deadline_ns = start_ns + kDrainNs;
  while (is_channel_open_ && !is_done_ && !end_.is_abandoned) {
    const std::uint64_t now_ns = boottime_ns();
    if (now_ns >= deadline_ns) break;
    const int left_ms = static_cast<int>((deadline_ns - now_ns) / 1'000'000) + 1;
    std::array<pollfd, 2> polled = {pollfd{prepared_.redactor->channel_fd(), POLLIN, 0},
                                    pollfd{is_front_open_ ? ends_.front_fd : -1, POLLIN, 0}};
    if (::poll(polled.data(), polled.size(), left_ms) <= 0) continue;
    if (is_readable(polled[1])) handle_front();
    if (!is_readable(polled[0])) continue;
    receive_all();
    deadline_ns = std::min(boottime_ns() + kDrainNs, start_ns + kMaxDrainNs);
  }
}

CaptureStatus RunningSession::status() const {
  const std::uint64_t until_ns = ended_ns_ != 0 ? ended_ns_ : boottime_ns();
  return {.elapsed_ns = until_ns - resumed_ns_,
          .events = tally_.kernel[ST_COUNT_EVENTS],
          .lines = bundle_.lines(),
          .exchanges = tally_.stats.lines,
          .lost_events = lost_events_of(tally_),
          .cpu_ns = tally_.kernel[ST_COUNT_CPU_NS],
          .bytes_written = bundle_.bytes_written(),
          .part = rotation_.is_on() ? rotation_.part() : 0,
          .is_paused = is_paused_ || !is_attached_};
}

}  // namespace scopetrace
