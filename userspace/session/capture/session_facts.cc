// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/session_facts.h"

#include <sys/utsname.h>

#include <algorithm>

#include "userspace/session/capture/blind_spots.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxNotes = 8;  // that a person is shown
constexpr const char* kIoUringReason = "the target has a ring: what it moves is not seen";

std::string read_kernel_release() {
  utsname names{};
  return ::uname(&names) == 0 ? names.release : "unknown";
}

void describe_process(const Prepared& prepared, SessionRecord& record) {
  const Authorization& allowed = prepared.allowed;
  const std::uint32_t inner_tgid = prepared.probes->target().inner_tgid;
  record.tgid = allowed.target.process.tgid;
  record.namespace_tgid = inner_tgid == record.tgid ? 0 : inner_tgid;
  record.start_ticks = std::to_string(allowed.target.process.start_ticks);
  record.executable = format_digest(allowed.target.process.exe);
  record.context = allowed.document.approval.context;
}

// Whether anybody in the target has a ring of io_uring.
bool uses_io_uring(const Prepared& prepared) {
  if (!prepared.allowed.target.group) return has_io_uring(prepared.allowed.target.own_tgid);
  return std::any_of(prepared.present.begin(), prepared.present.end(),
                     [](const st_member_event& event) { return has_io_uring(event.own_tgid); });
}

// Who is captured of a group, for a person.
std::string describe_members(const Prepared& prepared) {
  const std::size_t count = prepared.present.size() + prepared.not_examined.size();
  const AllowedGroup& group = *prepared.allowed.target.group;
  const std::uint64_t others = prepared.programs->rejected();
  std::string text = describe_group(group.facts.target) + ": " + std::to_string(count) +
                     (count == 1 ? " process is" : " processes are") + " captured now";
  if (others != 0) text += ", " + std::to_string(others) + " other programs there are not approved";
  return text;
}

}  // namespace

SessionRecord make_session_record(const Prepared& prepared, const SessionStart& start) {
  const Authorization& allowed = prepared.allowed;
  const Approval& approval = allowed.document.approval;
  SessionRecord record;
  record.session = start.id;
  record.host = allowed.host.name;
  record.kernel = read_kernel_release();
  record.version = SCOPETRACE_VERSION;
  record.approval = approval.id;
  record.level = level_name(allowed.level);
  record.redaction = allowed.document.text.value("redaction");
  if (allowed.target.group) {
    record.group_path = allowed.target.group->facts.path;
    record.context = allowed.target.group->facts.context;
  } else {
    describe_process(prepared, record);
  }
  record.target = format_target(approval.target);
  record.third_parties = allowed.third_parties;
  record.max_seconds = allowed.seconds;
  record.max_bytes = allowed.max_bytes;
  record.max_events_per_second = allowed.max_events_per_second;
  record.max_cpu_percent = approval.max_cpu_percent;
  record.probes_attached = prepared.target->attached();
  record.probes_attached.push_back(describe(prepared.probes->features()));
  record.probes_failed = prepared.target->failed();
  if (uses_io_uring(prepared)) record.probes_failed.push_back({"io_uring", kIoUringReason});
  record.libraries = prepared.target->libraries();
  record.flags = start.flags;
  record.clocks = start.clocks;
  return record;
}

BundleStart make_bundle_start(const Authorization& allowed, const SessionRecord& session,
                              const std::string& approval, const LedgerHead& head) {
  BundleStart start;
  start.session_line = encode_session_line(session);
  start.approval = approval;
  start.facts.session = session.session;
  start.facts.host = allowed.host.name;
  start.facts.start_seconds = session.clocks.realtime_ns / kNanosecondsPerSecond;
  start.facts.environment = allowed.policy.environment;
  start.facts.approvals_required = static_cast<std::uint32_t>(allowed.quorum.needed);
  start.facts.policy = allowed.policy.digest;
  start.facts.rules = allowed.rules;
  start.facts.ledger = head.head;
  return start;
}

std::string list_approvers(const Quorum& quorum) {
  std::string list;
  for (const QuorumSigner& signer : quorum.signers) {
    if (signer.role != "approval" || !signer.problem.empty()) continue;
    list += (list.empty() ? "" : ", ") + signer.principal + " " + signer.fingerprint;
  }
  return printable_ascii(list);
}

LedgerEntry make_attach_entry(const Authorization& allowed, const std::string& session,
                              std::uint32_t asked_by_uid) {
  const Approval& approval = allowed.document.approval;
  return {"attach",
          {{"session", session},
           {"approval", approval.id},
           {"requester", printable_ascii(approval.requester)},
           {"approvers", list_approvers(allowed.quorum)},
           {"ticket", printable_ascii(approval.ticket)},
           {"reason", printable_ascii(approval.reason)},
           {"body", format_digest(allowed.document.body_digest())},
           {"policy", format_digest(allowed.policy.digest)},
           {"target", printable_ascii(format_target(approval.target))},
           {"not_before", format_seconds(approval.not_before_s)},
           {"not_after", format_seconds(approval.not_after_s)},
           {"tgid", std::to_string(allowed.target.process.tgid)},
           {"start", std::to_string(allowed.target.process.start_ticks)},
           {"level", std::string(level_name(allowed.level))},
           {"seconds", std::to_string(allowed.seconds)},
           {"uid", std::to_string(asked_by_uid)}}};
}

LedgerEntry make_detach_entry(const Authorization& allowed, const std::string& session,
                              std::string_view reason, const CaptureStatus& last,
                              std::uint64_t claimed_redactions) {
  return {"detach",
          {{"session", session},
           {"approval", allowed.document.approval.id},
           {"end", std::string(reason)},
           {"milliseconds", std::to_string(last.elapsed_ns / 1'000'000)},
           {"events", std::to_string(last.events)},
           {"lines", std::to_string(last.lines)},
           {"lost_events", std::to_string(last.lost_events)},
           {"bytes", std::to_string(last.bytes_written)},
           {"redactions", std::to_string(claimed_redactions)}}};
}

LedgerEntry make_seal_head_entry(const std::string& session, const SealHead& head) {
  return {"seal-head",
          {{"session", session},
           {"part", std::to_string(head.part)},
           {"seals", std::to_string(head.seals)},
           {"head", format_digest(head.digest)}}};
}

LedgerEntry make_refuse_entry(const CaptureRequest& request, const Error& error,
                              std::uint32_t asked_by_uid) {
  return {"refuse",
          {{"tgid", std::to_string(request.tgid)},
           {"reason", printable_ascii(error.message())},
           {"uid", std::to_string(asked_by_uid)}}};
}

std::vector<std::string> coverage_notes(const Prepared& prepared) {
  const TargetProbes& target = *prepared.target;
  std::vector<std::string> notes;
  if (prepared.allowed.target.group) notes.push_back(describe_members(prepared));
  if (uses_io_uring(prepared))
    notes.push_back(std::string("not covered: io_uring, ") + kIoUringReason);
  bool is_any_covered = false;
  for (const CoveredLibrary& library : target.libraries()) {
    is_any_covered = is_any_covered || library.is_covered;
    if (!library.is_covered && notes.size() < kMaxNotes) {
      notes.push_back("not covered: " + library.name + " (" + library.reason + ")");
    }
  }
  if (!is_any_covered) {
    notes.emplace_back(
        "no TLS library is covered so far: nothing of what is inside TLS will be seen");
  }
  return notes;
}

}  // namespace scopetrace
