// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/approval_judgement.h"

#include "scopes/policy.h"
#include "scopes/quorum.h"

namespace scopetrace {
namespace {

// The policy of the capturing host, as far as its signed session text tells.
Policy policy_of(const SessionText& session) {
  Policy policy;
  policy.environment = session.environment;
  policy.approvals.fill(session.approvals_required);
  policy.approvals_any_third_party = 0;
  policy.approvals_any_request = 0;
  return policy;
}

void judge_signers(const ApprovalText& document, const SessionText& session, const Trust& trust,
                   ApprovalJudgement& judgement) {
  const Quorum quorum = judge_quorum(document, trust, policy_of(session), session.start_seconds);
  for (const QuorumSigner& signer : quorum.signers) {
    if (signer.role == "approval" && signer.problem.empty()) {
      judgement.approvers.push_back(signer.person);
    }
  }
  const Status met = check_quorum(quorum);
  if (!met) judgement.faults.push_back(met.error().message());
}

}  // namespace

ApprovalJudgement judge_approval(std::string_view text, const SessionText& session,
                                 const std::string& host_key_fingerprint, const Trust* trust) {
  ApprovalJudgement judgement;
  const auto document = parse_approval(text);
  if (!document) {
    judgement.faults.push_back(document.error().message());
    return judgement;
  }
  const Approval& approval = document->approval;
  judgement.id = approval.id;
  judgement.recipients = approval.recipients;
  if (approval.host != session.host || approval.host_key != host_key_fingerprint) {
    judgement.faults.emplace_back("the approval is for another host");
  }
  if (session.start_seconds < approval.not_before_s ||
      session.start_seconds > approval.not_after_s) {
    judgement.faults.emplace_back("the session began outside the approval's validity");
  }
  if (trust != nullptr) judge_signers(*document, session, *trust, judgement);
  return judgement;
}

}  // namespace scopetrace
