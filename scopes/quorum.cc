// SPDX-License-Identifier: Apache-2.0
#include "scopes/quorum.h"

#include <algorithm>
#include <set>

#include "scopes/sshsig.h"

namespace scopetrace {
namespace {

std::string role_of(std::string_view name_space) {
  if (name_space == kHostNamespace) return "host";
  if (name_space == kRequestNamespace) return "request";
  if (name_space == kApprovalNamespace) return "approval";
  return "";
}

// Judges the blocks of one document, in their order.
class Judge {
 public:
  Judge(const ApprovalText& document, const Trust& trust, const Policy& policy, std::uint64_t at_s)
      : document_(document), trust_(trust), policy_(policy), at_s_(at_s) {}

  Quorum run() {
    for (const std::string& block : document_.text.blocks) judge_block(block);
    quorum_.needed = policy_.approvals_needed(document_.approval);
    quorum_.counted = people_.size();
    conclude();
    return std::move(quorum_);
  }

 private:
  void judge_block(const std::string& block) {
    QuorumSigner signer;
    const auto signature = parse_sshsig(block);
    if (!signature) return reject(std::move(signer), signature.error().message());
    signer.role = role_of(signature->name_space);
    signer.fingerprint = signature->signer.key.fingerprint();
    const Status good =
        verify_sshsig(*signature, signature->name_space, as_bytes(document_.text.body),
                      {.require_user_verification = policy_.is_user_verification_required});
    if (!good) return reject(std::move(signer), good.error().message());
    signer.problem = problem_of(*signature, &signer);
    if (signer.problem.empty()) accept(signer);
    quorum_.signers.push_back(std::move(signer));
  }

  // A block that does not verify spoils the whole document.
  void reject(QuorumSigner signer, const std::string& why) {
    signer.problem = why;
    bad_signatures_.push_back("signature " + std::to_string(quorum_.signers.size() + 1) + ": " +
                              why);
    quorum_.signers.push_back(std::move(signer));
  }

  // Why a good signature does not count; fills principal and person.
  std::string problem_of(const SshSignature& signature, QuorumSigner* signer) {
    if (signer->role.empty()) return "is for " + signature.name_space + ", not for an approval";
    const auto principals = trust_.principals_of(signature.signer, signature.name_space, at_s_);
    if (!principals) return principals.error().message();
    std::set<std::string_view> persons;
    for (const std::string& principal : *principals) persons.insert(policy_.person_of(principal));
    if (persons.size() > 1) return "key " + signer->fingerprint + " belongs to several people";
    signer->principal = principals->front();
    signer->person = *persons.begin();
    if (!keys_.insert(signer->fingerprint).second) return "the key has signed already";
    if (signer->role == "host") return host_problem(signature, *principals);
    if (signer->role == "request") return request_problem(*principals);
    return approval_problem(*signer);
  }

  std::string host_problem(const SshSignature& signature,
                           const std::vector<std::string>& principals) const {
    const Approval& approval = document_.approval;
    if (signature.signer.key.fingerprint() != approval.host_key)
      return "is not the key the text names";
    const std::string wanted = host_principal(approval.host);
    const bool named = std::find(principals.begin(), principals.end(), wanted) != principals.end();
    return named ? "" : "is not the key of " + wanted;
  }

  std::string request_problem(const std::vector<std::string>& principals) const {
    const std::string& requester = document_.approval.requester;
    const bool named =
        std::find(principals.begin(), principals.end(), requester) != principals.end();
    return named ? "" : "is not by the requester " + requester;
  }

  std::string approval_problem(const QuorumSigner& signer) const {
    if (signer.person == policy_.person_of(document_.approval.requester)) {
      return signer.person + " is the requester and cannot approve";
    }
    if (signer.person.starts_with("host:")) return "a host cannot approve";
    return people_.count(signer.person) == 0 ? "" : signer.person + " has approved already";
  }

  void accept(const QuorumSigner& signer) {
    if (signer.role == "host") quorum_.are_facts_proved = true;
    if (signer.role == "request") quorum_.is_requested = true;
    if (signer.role == "approval") people_.insert(signer.person);
  }

  void conclude() {
    quorum_.reasons = bad_signatures_;
    auto& reasons = quorum_.reasons;
    if (!quorum_.are_facts_proved)
      reasons.emplace_back("target facts unproved: no valid host block");
    if (!quorum_.is_requested) reasons.emplace_back("the requester's signature is missing");
    if (quorum_.counted < quorum_.needed) {
      reasons.push_back(std::to_string(quorum_.counted) + " of " + std::to_string(quorum_.needed) +
                        " approvals");
      for (const QuorumSigner& signer : quorum_.signers) {
        if (signer.role == "approval" && !signer.problem.empty()) reasons.push_back(signer.problem);
      }
    }
    demand_groups();
    quorum_.verdict = !bad_signatures_.empty() ? QuorumVerdict::kBadSignature
                      : reasons.empty()        ? QuorumVerdict::kMet
                                               : QuorumVerdict::kNotMet;
  }

  // One person counts for every group that has him, and once for each.
  void demand_groups() {
    if (document_.approval.is_break_glass) return;
    const auto level = static_cast<std::size_t>(document_.approval.level);
    for (const GroupDemand& demand : policy_.approvals_from[level]) {
      const auto found = static_cast<std::uint64_t>(std::count_if(
          people_.begin(), people_.end(),
          [&](const std::string& person) { return policy_.is_member(demand.group, person); }));
      if (found >= demand.count) continue;
      quorum_.reasons.push_back(std::to_string(found) + " of " + std::to_string(demand.count) +
                                " approvals from the group " + demand.group);
    }
  }

  const ApprovalText& document_;
  const Trust& trust_;
  const Policy& policy_;
  std::uint64_t at_s_;
  Quorum quorum_;
  std::vector<std::string> bad_signatures_;
  std::set<std::string> keys_;    // fingerprints that have signed
  std::set<std::string> people_;  // that have approved
};

}  // namespace

Quorum judge_quorum(const ApprovalText& document, const Trust& trust, const Policy& policy,
                    std::uint64_t at_s) {
  return Judge(document, trust, policy, at_s).run();
}

Status check_quorum(const Quorum& quorum) {
  if (quorum.verdict == QuorumVerdict::kMet) return {};
  std::string message = "approval: ";
  for (std::size_t i = 0; i < quorum.reasons.size() && i < 3; ++i) {
    message += (i == 0 ? "" : "; ") + quorum.reasons[i];
  }
  const bool tampered = quorum.verdict == QuorumVerdict::kBadSignature;
  return fail(tampered ? ErrorCode::kTampered : ErrorCode::kRefused, message);
}

}  // namespace scopetrace
