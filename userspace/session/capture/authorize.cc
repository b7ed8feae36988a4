// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/authorize.h"

#include <algorithm>

#include "scopes/approval_check.h"
#include "scopes/approval_rules.h"
#include "scopes/break_glass.h"
#include "scopes/clock_rule.h"
#include "scopes/revocation.h"
#include "scopes/uses.h"
#include "userspace/base/clock.h"
#include "userspace/base/request_header.h"
#include "userspace/session/capture/host_side.h"
#include "userspace/session/host_rules.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxRequests = 8;  // as in an approval

// Whatever is wrong with an approval, the answer is the same: no.
Error as_refusal(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kCorrupt:
    case ErrorCode::kTampered:
    case ErrorCode::kUntrusted:
    case ErrorCode::kLimit:
    case ErrorCode::kUnsupported:
      return Error(ErrorCode::kRefused, error.message()).with_hint(error.hint());
    default:
      return error;
  }
}

CheckFacts facts_of(const Authorization& allowed, std::uint64_t uses) {
  CheckFacts facts;
  facts.now_s = allowed.now_s;
  facts.host = allowed.host;
  facts.host_key = allowed.host_key.public_key().fingerprint();
  fill_target_facts(allowed.target, facts);
  facts.redaction = allowed.rules;
  facts.uses_so_far = uses;
  return facts;
}

// The request's value where it is narrower; refused where it is wider.
Result<std::uint64_t> narrow(const char* what, std::uint64_t approved, std::uint64_t requested) {
  if (requested == 0) return approved;
  if (requested <= approved) return requested;
  return fail(ErrorCode::kRefused, std::string(what) + " " + std::to_string(requested) +
                                       " is more than the approval's " + std::to_string(approved));
}

bool covers(const std::vector<std::string>& approved, const std::string& host) {
  return std::any_of(approved.begin(), approved.end(), [&](const std::string& pattern) {
    return pattern == "any" || pattern == host || matches_host(pattern, host);
  });
}

Status narrow_third_parties(Authorization& allowed, const CaptureRequest& request) {
  allowed.third_parties = allowed.document.approval.third_parties;
  if (request.third_parties.empty()) return {};
  for (const std::string& host : request.third_parties) {
    if (!is_third_party(host) || !covers(allowed.third_parties, host)) {
      return fail(ErrorCode::kRefused, "the approval does not name third party " + host);
    }
  }
  allowed.third_parties = request.third_parties;
  return {};
}

bool covers(const std::vector<RequestMatch>& approved, const RequestMatch& wanted) {
  return std::any_of(approved.begin(), approved.end(), [&](const RequestMatch& match) {
    const bool is_same =
        match.header == wanted.header &&
        request_value(match.header, match.value) == request_value(wanted.header, wanted.value);
    return match.kind == RequestKind::kAny || (match.kind == RequestKind::kHeader && is_same);
  });
}

// Under `failed` a request may not be named: the approval is not for those that succeed.
Status narrow_requests(Authorization& allowed, const CaptureRequest& request) {
  const std::vector<RequestMatch>& approved = allowed.document.approval.requests;
  allowed.requests = approved;
  if (request.requests.empty()) return {};
  std::vector<RequestMatch> wanted;
  for (const std::string& text : request.requests) {
    const auto match = parse_request(text);
    if (!match || match->kind != RequestKind::kHeader)
      return fail(ErrorCode::kUsage, "a request is not named by header and value");
    if (!covers(approved, *match))
      return fail(ErrorCode::kRefused, "the approval does not name this value of " + match->header);
    wanted.push_back(*match);
  }
  if (wanted.size() > kMaxRequests)
    return fail(ErrorCode::kUsage, "more than 8 requests are named");
  allowed.requests = std::move(wanted);
  return {};
}

Status narrow_capture(Authorization& allowed, const CaptureRequest& request) {
  allowed.capture = allowed.document.approval.capture;
  if (request.capture.empty()) return {};
  const auto capture = parse_capture(request.capture);
  if (!capture)
    return fail(ErrorCode::kUsage, "--capture " + request.capture + " is no list of families");
  if ((*capture & ~allowed.capture) != 0)
    return fail(ErrorCode::kRefused, "--capture " + request.capture +
                                         " is more than the approval's " +
                                         format_capture(allowed.capture));
  allowed.capture = *capture;
  return {};
}

Status narrow_level(Authorization& allowed, const CaptureRequest& request) {
  allowed.level = allowed.document.approval.level;
  if (request.level.empty()) return {};
  const auto level = parse_level(request.level);
  if (!level) return fail(ErrorCode::kUsage, "level '" + request.level + "' is not one");
  if (*level > allowed.level) {
    return fail(ErrorCode::kRefused, "level " + request.level + " is more than the approval's " +
                                         std::string(level_name(allowed.level)));
  }
  allowed.level = *level;
  return {};
}

// What is timed is approved already; nothing more is told of other calls.
Status check_timing(const Authorization& allowed) {
  const std::uint32_t timed = allowed.level > Level::kMetadata
                                  ? kCaptureFiles | kCaptureSockets | kCaptureProcess
                                  : kCaptureFiles;
  if (!allowed.timing || (allowed.capture & timed) != 0) return {};
  return fail(Error(ErrorCode::kUsage, "--timing: no system calls are captured")
                  .with_hint("it times calls of files at every level, of sockets and process above "
                             "level metadata"));
}

Status check_rotation(const CaptureRequest& request) {
  if (request.rotate_bytes == 0 || request.rotate_bytes >= kMinRotateBytes) return {};
  return fail(ErrorCode::kUsage, "--rotate-size is less than 1MiB");
}

Status narrow_all(Authorization& allowed, const CaptureRequest& request) {
  const Approval& approval = allowed.document.approval;
  ST_RETURN_IF_ERROR(narrow_level(allowed, request));
  ST_RETURN_IF_ERROR(narrow_third_parties(allowed, request));
  ST_RETURN_IF_ERROR(narrow_requests(allowed, request));
  ST_RETURN_IF_ERROR(narrow_capture(allowed, request));
  allowed.timing = request.timing;
  ST_RETURN_IF_ERROR(check_timing(allowed));
  ST_RETURN_IF_ERROR(check_rotation(request));
  ST_ASSIGN_OR_RETURN(allowed.seconds, narrow("--for", approval.max_seconds, request.max_seconds));
  ST_ASSIGN_OR_RETURN(allowed.max_bytes,
                      narrow("--max-bytes", approval.max_bytes, request.max_bytes));
  ST_ASSIGN_OR_RETURN(allowed.max_events_per_second,
                      narrow("--max-events-per-second", approval.max_events_per_second,
                             request.max_events_per_second));
  const std::uint64_t left_s =
      approval.not_after_s > allowed.now_s ? approval.not_after_s - allowed.now_s : 0;
  ST_ASSIGN_OR_RETURN(const UseBudget budget,
                      remaining_budget(allowed.folders.uses(), allowed.document));
  allowed.seconds = std::min({allowed.seconds, left_s, budget.seconds});
  allowed.max_bytes = std::min(allowed.max_bytes, budget.bytes);
  if (allowed.seconds == 0) return fail(ErrorCode::kRefused, "the approval ends this second");
  return {};
}

// What the approval's presets stand for here; check_approval compares the digests.
Status read_rules(Authorization& allowed) {
  ST_ASSIGN_OR_RETURN(const RuleSet rules,
                      read_host_rules(allowed.document.approval.presets, allowed.folders));
  allowed.rules = rules.digest();
  allowed.rules_text = rules.text();
  return {};
}

// Text, policy and signatures: everything that does not depend on the process.
Status check_document(Authorization& allowed, const CaptureRequest& request) {
  ST_ASSIGN_OR_RETURN(allowed.document, parse_approval(request.approval));
  ST_RETURN_IF_ERROR(check_host(allowed.document.approval, allowed.host,
                                allowed.host_key.public_key().fingerprint()));
  ST_RETURN_IF_ERROR(
      check_not_revoked(allowed.folders.revocations(), allowed.document.approval.id));
  ST_RETURN_IF_ERROR(check_policy(allowed.policy, allowed.document.approval));
  ST_RETURN_IF_ERROR(read_rules(allowed));
  if (allowed.document.approval.is_break_glass) {
    ST_RETURN_IF_ERROR(
        check_break_glass(allowed.folders.ledger(), allowed.now_s * kNanosecondsPerSecond));
  }
  ST_ASSIGN_OR_RETURN(const Trust trust, read_trust(allowed.folders));
  allowed.quorum = judge_quorum(allowed.document, trust, allowed.policy, allowed.now_s);
  return check_quorum(allowed.quorum);
}

Status check_target(Authorization& allowed, const CaptureRequest& request, const Peer& peer) {
  ST_ASSIGN_OR_RETURN(allowed.target, look_at_target(request, peer));
  ST_ASSIGN_OR_RETURN(const std::uint64_t uses,
                      count_uses(allowed.folders.uses(), allowed.document.approval));
  ST_RETURN_IF_ERROR(check_uses(allowed.folders.ledger(), allowed.document.approval, uses));
  return check_approval(allowed.document.approval, facts_of(allowed, uses));
}

}  // namespace

Result<Authorization> authorize(const CaptureRequest& request, const Peer& peer) {
  ST_ASSIGN_OR_RETURN(HostSide side, read_host_side(request.root));
  Authorization allowed{.folders = std::move(side.folders),
                        .document = {},
                        .policy = std::move(side.policy),
                        .quorum = {},
                        .host_key = std::move(side.host_key),
                        .host = std::move(side.host),
                        .target = {},
                        .rules = {},
                        .rules_text = {},
                        .third_parties = {},
                        .requests = {}};
  ST_ASSIGN_OR_RETURN(const std::uint64_t now_ns,
                      judge_clock(allowed.folders.ledger(),
                                  {allowed.host.name, allowed.host.boot_id, ClockPair::now()}));
  allowed.now_s = now_ns / kNanosecondsPerSecond;
  ST_RETURN_IF_ERROR(check_document(allowed, request).map_error(as_refusal));
  ST_RETURN_IF_ERROR(check_target(allowed, request, peer));
  ST_RETURN_IF_ERROR(narrow_all(allowed, request));
  return allowed;
}

}  // namespace scopetrace
