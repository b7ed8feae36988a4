// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/host_tasks.h"

#include <fcntl.h>
#include <sys/file.h>

#include <nlohmann/json.hpp>

#include "scopes/approval.h"
#include "scopes/approval_rules.h"
#include "scopes/break_glass.h"
#include "scopes/clock_rule.h"
#include "scopes/host_block.h"
#include "scopes/host_rotation.h"
#include "scopes/ledger.h"
#include "scopes/ledger_reader.h"
#include "scopes/policy_change.h"
#include "scopes/quorum.h"
#include "scopes/revocation.h"
#include "scopes/uses.h"
#include "userspace/base/clock.h"
#include "userspace/base/file.h"
#include "userspace/export/signed_manifest.h"
#include "userspace/session/capture/allowed_target.h"
#include "userspace/session/capture/doctor.h"
#include "userspace/session/capture/own_process.h"
#include "userspace/session/capture/retain_task.h"

namespace scopetrace {
namespace {

constexpr std::uint64_t kMaxUses = 5;  // that an approval may name

std::uint64_t now_s() { return realtime_ns() / kNanosecondsPerSecond; }

Status note(const HostSide& side, const LedgerEntry& entry) {
  ST_ASSIGN_OR_RETURN(Ledger ledger,
                      Ledger::open(side.folders.ledger(), side.host.name, side.host_key));
  ST_RETURN_IF_ERROR(note_policy_change(ledger, side.folders.ledger(), side.policy));
  ST_RETURN_IF_ERROR(ledger.append(entry));
  return {};
}

LedgerEntry request_entry(const ApprovalText& document, uid_t uid) {
  const Approval& approval = document.approval;
  return {"request",
          {{"approval", approval.id},
           {"body", format_digest(document.body_digest())},
           {"requester", printable_ascii(approval.requester)},
           {"ticket", printable_ascii(approval.ticket)},
           {"reason", printable_ascii(approval.reason)},
           {"uid", std::to_string(uid)}}};
}

// Noted before the block leaves: no entry, no facts.
Result<HostAnswer> sign_request(const HostCall& call, const HostSide& side, const Peer& peer) {
  ST_RETURN_IF_ERROR(check_privileges(AttachKind::kNone));
  ST_ASSIGN_OR_RETURN(const ApprovalText draft, parse_approval_body(call.text));
  TargetRequest target{.tgid = call.tgid,
                       .initial_tgid = 0,
                       .group = call.group,
                       .is_any_executable = call.any_executable,
                       .command = call.command,
                       .program = call.fd.get()};
  if (call.tgid != 0) {
    ST_ASSIGN_OR_RETURN(target.initial_tgid, find_initial_tgid(call.tgid));
  }
  ST_ASSIGN_OR_RETURN(const ApprovalText document,
                      gather_and_sign_host_block(draft.approval, target, side.host_key));
  ST_RETURN_IF_ERROR(note(side, request_entry(document, peer.uid)));
  return HostAnswer{format_signed_text(document.text.body, document.text.blocks), {}, {}};
}

// The principals of one role whose signatures count.
std::vector<std::string> signers_of(const Quorum& quorum, std::string_view role) {
  std::vector<std::string> principals;
  for (const QuorumSigner& signer : quorum.signers) {
    if (signer.role == role && signer.problem.empty()) principals.push_back(signer.principal);
  }
  return principals;
}

std::string list_principals(const std::vector<std::string>& principals) {
  std::string list;
  for (const std::string& principal : principals) list += (list.empty() ? "" : ",") + principal;
  return printable_ascii(list);
}

// Only people who count are noted, so that the ledger never says more than signatures prove.
Result<HostAnswer> note_approval(const HostCall& call, const HostSide& side) {
  ST_ASSIGN_OR_RETURN(const ApprovalText document, parse_approval(call.text));
  ST_ASSIGN_OR_RETURN(const Trust trust, read_trust(side.folders));
  const Quorum quorum = judge_quorum(document, trust, side.policy, now_s());
  if (!quorum.are_facts_proved) {
    return fail(ErrorCode::kRefused, "this host has not signed the approval's facts");
  }
  const std::string signers = list_principals(signers_of(quorum, "approval"));
  if (signers.empty()) return fail(ErrorCode::kRefused, "nobody who counts has approved it");
  ST_RETURN_IF_ERROR(note(side, {"approve",
                                 {{"approval", document.approval.id},
                                  {"body", format_digest(document.body_digest())},
                                  {"requester", list_principals(signers_of(quorum, "request"))},
                                  {"signers", signers},
                                  {"counted", std::to_string(quorum.counted)},
                                  {"needed", std::to_string(quorum.needed)}}}));
  return HostAnswer{};
}

// The people behind an approval that this host has signed the facts of.
Result<ApprovalParties> parties_of(const ApprovalText& document, const Trust& trust,
                                   const Policy& policy) {
  const Quorum quorum = judge_quorum(document, trust, policy, now_s());
  if (!quorum.are_facts_proved) {
    return fail(ErrorCode::kRefused, "this host has not signed the approval's facts");
  }
  ApprovalParties parties = signers_of(quorum, "request");
  for (std::string& principal : signers_of(quorum, "approval")) {
    parties.push_back(std::move(principal));
  }
  return parties;
}

// The people behind an approval of which only the id is at hand, as the ledger knows them. Only
// entries made after signatures were verified count: a `request` states a name that anyone can
// give.
Result<ApprovalParties> parties_in_ledger(const std::string& folder, const Revocation& revocation) {
  const std::string body = revocation.body ? format_digest(*revocation.body) : "";
  ApprovalParties parties;
  ST_RETURN_IF_ERROR(find_in_ledger(folder, ledger_needle("approval", revocation.approval),
                                    [&](const LedgerRecord& entry) -> Status {
                                      const bool is_of_it =
                                          entry.event == "approve" &&
                                          entry.value("approval") == revocation.approval &&
                                          (body.empty() || body == entry.value("body"));
                                      if (!is_of_it) return {};
                                      for (const char* key : {"requester", "signers"}) {
                                        for (std::string& one : split_list(entry.value(key), ','))
                                          parties.push_back(one);
                                      }
                                      return {};
                                    }));
  return parties;
}

// The parties of `about`: of an approval by its signatures, of a bare id by the ledger.
Result<ApprovalParties> parties_of(const std::string& about, const Revocation& revocation,
                                   const HostSide& side, const Trust& trust) {
  if (about == revocation.approval) return parties_in_ledger(side.folders.ledger(), revocation);
  ST_ASSIGN_OR_RETURN(const ApprovalText document, parse_approval(about));
  const bool same = document.approval.id == revocation.approval &&
                    (!revocation.body || *revocation.body == document.body_digest());
  if (!same) return fail(ErrorCode::kRefused, "the revocation is of another approval");
  return parties_of(document, trust, side.policy);
}

Result<HostAnswer> revoke(const HostCall& call, const HostSide& side) {
  ST_ASSIGN_OR_RETURN(const RevocationText document, parse_revocation(call.text));
  const Revocation& revocation = document.revocation;
  ST_ASSIGN_OR_RETURN(const Trust trust, read_trust(side.folders));
  ST_ASSIGN_OR_RETURN(const ApprovalParties parties,
                      parties_of(call.about, revocation, side, trust));
  ST_RETURN_IF_ERROR(check_revocation(document, trust, side.policy, parties, now_s()));
  ST_ASSIGN_OR_RETURN(const bool is_new, install_revocation(side.folders.revocations(), document));
  HostAnswer answer;
  answer.notes = {"approval " + revocation.approval +
                  (is_new ? " is revoked for good" : " was revoked already")};
  if (!is_new) return answer;
  // It is in force already: an entry that cannot be written must not undo it.
  ST_RETURN_IF_ERROR(note(side, {"revoke",
                                 {{"approval", revocation.approval},
                                  {"by", printable_ascii(revocation.by)},
                                  {"reason", printable_ascii(revocation.reason)}}}));
  return answer;
}

Result<HostAnswer> accept_clock(const HostCall& call, const HostSide& side) {
  ST_ASSIGN_OR_RETURN(const Trust trust, read_trust(side.folders));
  const ClockFacts facts{side.host.name, side.host.boot_id, ClockPair::now()};
  ST_ASSIGN_OR_RETURN(const LedgerEntry entry,
                      check_clock_acceptance(call.text, side.folders.ledger(), trust, facts));
  ST_RETURN_IF_ERROR(note(side, entry));
  return HostAnswer{"", {"the clock is accepted until this host is booted again"}, {}};
}

Result<HostAnswer> review(const HostCall& call, const HostSide& side) {
  ST_ASSIGN_OR_RETURN(const Trust trust, read_trust(side.folders));
  ST_ASSIGN_OR_RETURN(const LedgerEntry entry,
                      check_review(call.text, side.folders.ledger(), trust, side.policy, now_s()));
  ST_RETURN_IF_ERROR(note(side, entry));
  return HostAnswer{"", {"the break-glass is reviewed"}, {}};
}

Result<HostAnswer> rotate_key(const HostSide& side, const Peer& peer) {
  if (peer.uid != 0) return fail(ErrorCode::kRefused, "only root may rotate the host key");
  ST_ASSIGN_OR_RETURN(const PublicKey key, rotate_host_key(side.folders, side.host.name));
  return HostAnswer{key.line(), {}, {}};
}

// A claim of whoever asks, and noted as theirs: the bundle is at their place.
Result<HostAnswer> note_verification(const HostCall& call, const HostSide& side, const Peer& peer) {
  if (call.text != "TAMPERED" && call.text != "ROLLBACK") {
    return fail(ErrorCode::kUsage, "only a verification that failed is noted");
  }
  const std::string session = is_uuid(call.about) ? call.about : "unknown";
  ST_RETURN_IF_ERROR(note(
      side,
      {"verify",
       {{"session", session}, {"claimed_verdict", call.text}, {"uid", std::to_string(peer.uid)}}}));
  return HostAnswer{};
}

// As above a claim: whoever holds the key may decrypt without asking anybody.
Result<HostAnswer> note_decryption(const HostCall& call, const HostSide& side, const Peer& peer) {
  const std::string session = is_uuid(call.about) ? call.about : "unknown";
  ST_RETURN_IF_ERROR(note(side, {"decrypt",
                                 {{"session", session},
                                  {"command", printable_ascii(call.text)},
                                  {"uid", std::to_string(peer.uid)}}}));
  return HostAnswer{};
}

// Whoever may export has signed what is noted: the ledger says no more than that.
Result<HostAnswer> note_export(const HostCall& call, const HostSide& side, const Peer& peer) {
  ST_ASSIGN_OR_RETURN(const SignedManifest document, open_manifest(call.text));
  ST_ASSIGN_OR_RETURN(const Trust trust, read_trust(side.folders));
  ST_RETURN_IF_ERROR(check_exporter(document, trust));
  const ExportManifest& manifest = document.manifest;
  ST_RETURN_IF_ERROR(note(side, {"export",
                                 {{"session", printable_ascii(manifest.session)},
                                  {"manifest", format_digest(sha256(as_bytes(document.body)))},
                                  {"exporter", printable_ascii(manifest.exporter)},
                                  {"profile", printable_ascii(manifest.profile)},
                                  {"third_party", printable_ascii(manifest.third_party)},
                                  {"files", std::to_string(manifest.files.size())},
                                  {"lines", std::to_string(manifest.kept + manifest.derived)},
                                  {"uid", std::to_string(peer.uid)}}}));
  return HostAnswer{};
}

// What this host knows of an approval, by its id or its text.
Result<HostAnswer> state_approval(const HostCall& call, const HostSide& side) {
  Approval approval;
  nlohmann::ordered_json state;
  const auto document = parse_approval(call.about);
  approval.uses = kMaxUses;
  approval.id = call.about;
  if (document) approval = document->approval;
  if (!is_uuid(approval.id)) return fail(ErrorCode::kUsage, "neither an approval nor its id");
  ST_ASSIGN_OR_RETURN(const std::uint64_t uses, count_uses(side.folders.uses(), approval));
  state["approval"] = approval.id;
  state["uses"] = uses;
  const Status revoked = check_not_revoked(side.folders.revocations(), approval.id);
  if (!revoked) state["revoked"] = revoked.error().message();
  const auto left = document ? remaining_budget(side.folders.uses(), *document)
                             : Result<UseBudget>(fail(ErrorCode::kNotFound, ""));
  if (left) state["seconds_left"] = left->seconds;
  if (left) state["bytes_left"] = left->bytes;
  return HostAnswer{state.dump(), {}, {}};
}

// Both files as they are between two appends.
Result<HostAnswer> open_ledger(const HostSide& side) {
  const std::string folder = side.folders.ledger();
  HostAnswer answer;
  ST_ASSIGN_OR_RETURN(answer.fd, open_file(folder + "/entries.jsonl", O_RDONLY | O_NOFOLLOW));
  if (::flock(answer.fd.get(), LOCK_SH) != 0) return fail_errno("lock ledger");
  ST_ASSIGN_OR_RETURN(answer.text, read_file(folder + "/checkpoint", kMaxSignedText));
  // The descriptor goes to the user, and a lock with it would stop every capture.
  ST_ASSIGN_OR_RETURN(UniqueFd unlocked,
                      open_file("/proc/self/fd/" + std::to_string(answer.fd.get()), O_RDONLY));
  answer.fd = std::move(unlocked);
  return answer;
}

// What is told of a process is noted before it leaves, as a request is.
Status note_examination(const HostCall& call, const Peer& peer) {
  const auto side = read_host_side(call.root);
  if (!side) {
    const ErrorCode code = side.error().code();
    const bool is_set_up = code != ErrorCode::kNotFound && code != ErrorCode::kIo;
    // Another root than the host's own, or a broken policy, must not be a way around the ledger.
    return is_set_up ? Status(fail(side.error())) : Status();
  }
  return note(
      *side, {"examine", {{"tgid", std::to_string(call.tgid)}, {"uid", std::to_string(peer.uid)}}});
}

// Also where nothing is set up yet: then there is no ledger either.
Result<HostAnswer> examine(const HostCall& call, const Peer& peer) {
  ST_ASSIGN_OR_RETURN(std::string text, examine_host(call.root, call.tgid));
  if (call.tgid != 0) ST_RETURN_IF_ERROR(note_examination(call, peer));
  return HostAnswer{std::move(text), {}, {}};
}

}  // namespace

Result<HostAnswer> serve_call(HostCall call, const Peer& peer) {
  if (call.task == HostTask::kDoctor) return examine(call, peer);
  ST_ASSIGN_OR_RETURN(const HostSide side, read_host_side(call.root));
  switch (call.task) {
    case HostTask::kRequest:
      return sign_request(call, side, peer);
    case HostTask::kNoteApproval:
      return note_approval(call, side);
    case HostTask::kLedger:
      return open_ledger(side);
    case HostTask::kRevoke:
      return revoke(call, side);
    case HostTask::kAcceptClock:
      return accept_clock(call, side);
    case HostTask::kStatus:
      return state_approval(call, side);
    case HostTask::kReview:
      return review(call, side);
    case HostTask::kRotateKey:
      return rotate_key(side, peer);
    case HostTask::kNoteVerification:
      return note_verification(call, side, peer);
    case HostTask::kRetain:
      return retain_bundles(call, side, peer);
    case HostTask::kNoteDecryption:
      return note_decryption(call, side, peer);
    case HostTask::kNoteExport:
      return note_export(call, side, peer);
    case HostTask::kDoctor:
      break;  // served above
  }
  return fail(ErrorCode::kUnsupported, "a task that scopetrace-capture does not know");
}

}  // namespace scopetrace
