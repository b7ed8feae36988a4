// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/session.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <csignal>
#include <optional>

#include "scopes/break_glass.h"
#include "scopes/ledger.h"
#include "scopes/policy_change.h"
#include "scopes/uses.h"
#include "userspace/session/capture/bundle_file.h"
#include "userspace/session/capture/flag_levels.h"
#include "userspace/session/capture/output_check.h"
#include "userspace/session/capture/preflight.h"
#include "userspace/session/capture/running.h"
#include "userspace/session/capture/session_facts.h"

namespace scopetrace {
namespace {

constexpr int kSendTimeoutMs = 5000;  // for a front end that is stopped

// Turns the signals that end a session into a descriptor.
Result<UniqueFd> watch_signals() {
  sigset_t watched;
  sigemptyset(&watched);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&watched, signal);
  sigprocmask(SIG_BLOCK, &watched, nullptr);
  UniqueFd fd(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return fail_errno("watch signals");
  return fd;
}

// A message that must arrive; the channel itself does not block.
Status send_surely(int front_fd, FrontMessageType type, const std::string& body) {
  pollfd polled{front_fd, POLLOUT, 0};
  ::poll(&polled, 1, kSendTimeoutMs);
  return send_front_message(front_fd, type, body);
}

// From the spent use to the ledger's last word.
class Session {
 public:
  Session(SessionInput input, Prepared prepared, UniqueFd signals, std::uint64_t asked_ns)
      : input_(std::move(input)),
        prepared_(std::move(prepared)),
        signals_(std::move(signals)),
        asked_ns_(asked_ns),
        clocks_(ClockPair::now()),
        id_(make_uuid7(clocks_.realtime_ns)),
        outside_(prepared_.allowed.folders, prepared_.allowed.document.approval.id),
        bundle_(std::move(input_.output), prepared_.allowed.host_key) {}

  // Spends a use; afterwards everything is written down before the first byte can be captured.
  Status begin() {
    const Authorization& allowed = prepared_.allowed;
    LeafSalt salt;
    fill_random(salt);
    ST_RETURN_IF_ERROR(configure_redactor(prepared_, salt, clocks_));
    for (LevelMessage& message : level_messages({}, outside_.flags())) {
      ST_RETURN_IF_ERROR(prepared_.redactor->send(ToRedact(std::move(message))));
    }
    ST_ASSIGN_OR_RETURN(
        Ledger ledger, Ledger::open(allowed.folders.ledger(), allowed.host.name, allowed.host_key));
    ledger_.emplace(std::move(ledger));
    ST_RETURN_IF_ERROR(note_policy_change(*ledger_, allowed.folders.ledger(), allowed.policy));
    ST_ASSIGN_OR_RETURN(grant_, consume_use(allowed.folders.uses(), allowed.document,
                                            {allowed.seconds, allowed.max_bytes}));
    const Result<LedgerHead> head = note_attach();
    if (!head) {
      release_use(allowed.folders.uses(), allowed.document.approval, grant_);
      return fail(head.error());
    }
    record_ = make_session_record(prepared_, {id_, clocks_, flags_since(clocks_.realtime_ns)});
    start_ = make_bundle_start(allowed, record_, input_.request.approval, *head);
    start_.leaf_salt = salt;
    Status started = bundle_.start(start_);
    if (started) started = prepared_.probes->resume();
    if (!started) note_failed_start();
    attach_ns_ = boottime_ns() - asked_ns_;
    return started;
  }

  void run() {
    RunningSession running(prepared_, bundle_, outside_, limits(),
                           {.front_fd = input_.front_fd, .signal_fd = signals_.get()});
    running.set_flags_job([this](const FlagState& flags) -> Status {
      ST_RETURN_IF_ERROR(ledger_->append(make_flags_entry(id_, flags)));
      return {};
    });
    running.set_seal_head_job([this](const SealHead& head) -> Status {
      ST_RETURN_IF_ERROR(ledger_->append(make_seal_head_entry(id_, head)));
      return {};
    });
    running.set_next_part_job([this, &running](std::uint32_t part, const LeafSalt& salt) {
      return next_part(running, part, salt);
    });
    report_ready();
    const RunEnd end = running.run();
    finish(running, end);
  }

 private:
  // No entry, no capture.
  Result<LedgerHead> note_attach() {
    ST_RETURN_IF_ERROR(note_break_glass());
    return ledger_->append(make_attach_entry(prepared_.allowed, id_, input_.peer.uid));
  }

  // An alarm that cannot be noted refuses the capture.
  Status note_break_glass() {
    const Approval& approval = prepared_.allowed.document.approval;
    if (!approval.is_break_glass) return {};
    raise_break_glass_alarm(approval);
    ST_RETURN_IF_ERROR(ledger_->append(
        make_break_glass_entry(approval, list_approvers(prepared_.allowed.quorum))));
    return {};
  }

  // Stated in line 0 of a part when there are any.
  std::optional<FlagState> flags_since(std::uint64_t realtime_ns) const {
    if (outside_.flags() == CaptureFlags()) return std::nullopt;
    return flag_state(outside_.flags(), realtime_ns);
  }

  std::uint64_t seconds() const { return std::min(prepared_.allowed.seconds, grant_.seconds); }

  RunningSession::Limits limits() const {
    const std::uint64_t granted_ns = boottime_ns() + seconds() * kNanosecondsPerSecond;
    return {.session = {.deadline_ns = std::min(prepared_.deadline_ns, granted_ns),
                        .max_bytes = std::min(prepared_.allowed.max_bytes, grant_.bytes)},
            .part = {.part_bytes = input_.request.rotate_bytes,
                     .part_ns = input_.request.rotate_seconds * kNanosecondsPerSecond}};
  }

  // All but the output. The counters go on: every part states them since the start of the session.
  NextPart next_part(const RunningSession& running, std::uint32_t part, const LeafSalt& salt) {
    record_.part = part;
    record_.flags = flags_since(realtime_ns());
    start_.session_line = encode_session_line(record_);
    start_.leaf_salt = salt;
    return {.summary = make_summary(running, kRotatedEnd, 0),
            .end = end_of(running.tally(), kRotatedEnd),
            .fd = {},
            .start = start_};
  }

  void report_ready() {
    CaptureReady ready;
    ready.session = id_;
    ready.limit_ns = seconds() * kNanosecondsPerSecond;
    ready.attach_ns = attach_ns_;
    ready.notes = coverage_notes(prepared_);
    // A front end that is gone by now ends the session through its channel.
    send_surely(input_.front_fd, FrontMessageType::kReady, encode_ready(ready));
  }

  void finish(const RunningSession& running, const RunEnd& end) {
    const std::string reason(end.is_abandoned ? "abandoned" : end_reason_text(end.reason));
    Status sealed = fail(ErrorCode::kLimit, "abandoned");
    if (!end.is_abandoned) sealed = seal(running, reason, end.detach_ns);
    if (sealed) note_last_seal();
    const CaptureStatus last = running.status();
    settle(reason, last, running.tally());
    CaptureEnded ended;
    ended.reason = end_reason_text(end.reason);
    ended.last = last;
    ended.is_sealed = sealed.has_value();
    ended.sealed_parts = bundle_.sealed_parts();
    ended.target_status = end.target_status;
    send_surely(input_.front_fd, FrontMessageType::kEnded, encode_ended(ended));
  }

  Status seal(const RunningSession& running, const std::string& reason, std::uint64_t detach_ns) {
    return bundle_.finish(make_summary(running, reason, detach_ns),
                          end_of(running.tally(), reason));
  }

  static BundleEnd end_of(const Tally& tally, const std::string& reason) {
    return {.reason = reason,
            .losses = losses_of(tally),
            .claimed_redacted = tally.claimed_redactions,
            .clocks = {}};
  }

  SummaryRecord make_summary(const RunningSession& running, const std::string& reason,
                             std::uint64_t detach_ns) const {
    const ClockPair now = ClockPair::now();
    const Tally& tally = running.tally();
    SummaryRecord summary;
    summary.flag_changes = running.flag_changes();
    summary.time_realtime_ns = now.realtime_ns;
    summary.end = reason;
    summary.duration_ns = now.boottime_ns - clocks_.boottime_ns;
    summary.losses = losses_of(tally);
    summary.claimed_redactions = tally.claimed_redactions;
    summary.counts = counts_of(tally);
    summary.counts.merge(running.member_counts());
    summary.counts["attach_us"] = attach_ns_ / 1000;
    summary.counts["detach_us"] = detach_ns / 1000;
    summary.cpu_ns = tally.kernel[ST_COUNT_CPU_NS];
    return summary;
  }

  // The session is over whatever happens here: a use that is not settled counts as spent whole, and
  // the missing entry shows in the ledger.
  void settle(std::string_view reason, const CaptureStatus& last, const Tally& tally) {
    const std::uint64_t spent_s = last.elapsed_ns / kNanosecondsPerSecond + 1;
    const Authorization& allowed = prepared_.allowed;
    settle_use(allowed.folders.uses(), allowed.document.approval, grant_, spent_s,
               tally.kernel[ST_COUNT_BYTES]);
    ledger_->append(make_detach_entry(allowed, id_, reason, last, tally.claimed.redactions));
  }

  // What `verify --ledger` compares: a shorter bundle is a rollback from here on.
  void note_last_seal() { ledger_->append(make_seal_head_entry(id_, bundle_.seal_head())); }

  void note_failed_start() {
    prepared_.probes->detach();
    ledger_->append(make_detach_entry(prepared_.allowed, id_, "failed-start", {}, 0));
  }

  SessionInput input_;
  Prepared prepared_;
  UniqueFd signals_;
  std::uint64_t asked_ns_;
  std::uint64_t attach_ns_ = 0;  // from the request to the first enabled probe
  ClockPair clocks_;
  std::string id_;
  std::optional<Ledger> ledger_;
  SessionRecord record_;  // line 0 of the newest part
  BundleStart start_;
  UseGrant grant_;
  OutsideWatch outside_;
  BundleFile bundle_;  // last: its thread ends before what its jobs use
};

// Refusals are written down where that is possible; the refusal stands in any case.
void note_refusal(const SessionInput& input, const Error& error) {
  const Folders folders(input.request.root);
  const auto host_key = read_host_key(folders);
  const auto host = read_host();
  if (!host_key || !host) return;
  auto ledger = Ledger::open(folders.ledger(), host->name, *host_key);
  if (ledger) ledger->append(make_refuse_entry(input.request, error, input.peer.uid));
}

// kLimit etc. while the target went away mean just that.
Error explain(Error error, const SessionInput& input, bool is_gone) {
  if (!is_gone) return error;
  return Error(ErrorCode::kNotFound,
               "pid " + std::to_string(input.request.tgid) + " ended before the capture started");
}

bool has_ended(const UniqueFd& pidfd) {
  pollfd polled{pidfd.get(), POLLIN, 0};
  return pidfd && ::poll(&polled, 1, 0) > 0;
}

}  // namespace

Status run_session(SessionInput input) {
  const std::uint64_t asked_ns = boottime_ns();
  ST_ASSIGN_OR_RETURN(UniqueFd signals, watch_signals());
  Result<Authorization> allowed = authorize(input.request, input.peer);
  if (allowed) {
    const Status fits =
        check_output_kind(input.output, !allowed->document.approval.recipients.empty());
    if (!fits) allowed = fail(fits.error());
  }
  if (!allowed) {
    if (allowed.error().code() == ErrorCode::kRefused) note_refusal(input, allowed.error());
    return fail(std::move(allowed).error());
  }
  ST_ASSIGN_OR_RETURN(const std::string redact_program, find_redact_program());
  const UniqueFd target(::fcntl(allowed->target.pidfd.get(), F_DUPFD_CLOEXEC, 0));
  Result<Prepared> prepared = prepare(std::move(*allowed), redact_program);
  if (!prepared) {
    return fail(explain(std::move(prepared).error(), input, has_ended(target)));
  }
  Session session(std::move(input), std::move(*prepared), std::move(signals), asked_ns);
  ST_RETURN_IF_ERROR(session.begin());
  session.run();
  return {};
}

}  // namespace scopetrace
