// SPDX-License-Identifier: Apache-2.0
#include "scopes/break_glass.h"

#include <syslog.h>

#include <algorithm>
#include <map>

#include "scopes/ledger_reader.h"
#include "scopes/sshsig.h"
#include "userspace/base/clock.h"

namespace scopetrace {
namespace {

constexpr KeyRule kKeys[] = {
    {"approval"}, {"body", ValueType::kDigest},  {"by"},
    {"finding"},  {"time", ValueType::kSeconds}, {"nonce"},
};

// What the ledger knows of one break-glass.
struct Known {
  std::string requester;
  std::uint64_t realtime_ns = 0;
  bool is_reviewed = false;
};
using KnownById = std::map<std::string, Known, std::less<>>;

Result<KnownById> read_known(const std::string& folder) {
  KnownById known;
  ST_RETURN_IF_ERROR(find_in_ledger(
      folder, ledger_needle("event", "break-glass"), [&](const LedgerRecord& entry) -> Status {
        if (entry.event != "break-glass") return {};
        known[std::string(entry.value("approval"))] = {std::string(entry.value("requester")),
                                                       entry.realtime_ns, false};
        return {};
      }));
  ST_RETURN_IF_ERROR(find_in_ledger(folder, ledger_needle("event", "review"),
                                    [&](const LedgerRecord& entry) -> Status {
                                      const auto reviewed = known.find(entry.value("approval"));
                                      if (entry.event == "review" && reviewed != known.end())
                                        reviewed->second.is_reviewed = true;
                                      return {};
                                    }));
  return known;
}

tl::unexpected<Error> refuse(const std::string& what) {
  return fail(ErrorCode::kRefused, "review: " + what);
}

Result<Review> parse_review(const SignedText& text) {
  Review review;
  review.approval = text.value("approval");
  review.body = parse_digest(text.value("body")).value();
  review.by = text.value("by");
  review.finding = text.value("finding");
  return review;
}

// The signature and its key; the person behind it is judged by check_person().
Status check_signature(const SignedText& text, const Review& review, const Trust& trust,
                       std::uint64_t now_s) {
  if (text.blocks.size() != 1) return refuse("has more than one signature");
  ST_ASSIGN_OR_RETURN(const SshSignature signature, parse_sshsig(text.blocks.front()));
  ST_RETURN_IF_ERROR(verify_sshsig(signature, kReviewNamespace, as_bytes(text.body)));
  const auto names = trust.principals_of(signature.signer, kReviewNamespace, now_s);
  if (!names) return refuse(names.error().message());
  if (std::find(names->begin(), names->end(), review.by) != names->end()) return {};
  return refuse("is not signed by " + review.by);
}

Status check_person(const Review& review, const Known& known, const Policy& policy) {
  const std::string_view person = policy.person_of(review.by);
  if (person == policy.person_of(known.requester)) return refuse("is by the requester");
  if (policy.is_member(policy.break_glass.review_group, person)) return {};
  return refuse(std::string(person) + " is not in the group " + policy.break_glass.review_group);
}

}  // namespace

const SignedTextSchema kReviewSchema = {"review", kKeys};

std::optional<std::string> fault_of_break_glass(const Approval& approval) {
  if (!approval.is_break_glass) return std::nullopt;
  if (approval.level > Level::kHeaders) return "level: break-glass is for metadata or headers";
  if (approval.max_seconds > kBreakGlassSeconds)
    return "max-seconds: break-glass lasts at most 300";
  if (approval.approvals != 1) return "approvals: break-glass has 1";
  if (approval.uses != 1) return "uses: break-glass has 1";
  return std::nullopt;
}

Status check_break_glass(const std::string& ledger_folder, std::uint64_t now_ns) {
  ST_ASSIGN_OR_RETURN(const KnownById known, read_known(ledger_folder));
  for (const auto& [id, earlier] : known) {
    if (!earlier.is_reviewed) {
      return fail(Error(ErrorCode::kRefused, "break-glass " + id + " of this host is unreviewed")
                      .with_hint("scopetrace token review FILE, by somebody of the review group"));
    }
    if (now_ns < earlier.realtime_ns + kBreakGlassPauseS * kNanosecondsPerSecond) {
      return fail(ErrorCode::kRefused,
                  "break-glass " + id + " was less than 24 hours ago on this host");
    }
  }
  return {};
}

LedgerEntry make_break_glass_entry(const Approval& approval, const std::string& approvers) {
  return {"break-glass",
          {{"approval", approval.id},
           {"requester", approval.requester},
           {"approvers", approvers.empty() ? "none" : approvers},
           {"reason", approval.reason}}};
}

void raise_break_glass_alarm(const Approval& approval) {
  ::syslog(LOG_AUTHPRIV | LOG_ALERT, "scopetrace: break-glass %s by %s on %s: review it",
           approval.id.c_str(), approval.requester.c_str(), approval.host.c_str());
}

Result<std::string> format_review(const Review& review) {
  const std::vector<SignedField> fields = {{"approval", review.approval},
                                           {"body", format_digest(review.body)},
                                           {"by", review.by},
                                           {"finding", review.finding},
                                           {"time", format_seconds(review.time_s)},
                                           {"nonce", review.nonce}};
  return build_signed_body(kReviewSchema, fields);
}

Result<LedgerEntry> check_review(std::string_view text, const std::string& ledger_folder,
                                 const Trust& trust, const Policy& policy, std::uint64_t now_s) {
  ST_ASSIGN_OR_RETURN(const SignedText parsed, parse_signed_text(text, kReviewSchema));
  ST_ASSIGN_OR_RETURN(const Review review, parse_review(parsed));
  ST_ASSIGN_OR_RETURN(const KnownById known, read_known(ledger_folder));
  const auto reviewed = known.find(review.approval);
  if (reviewed == known.end()) return refuse("no break-glass " + review.approval + " on this host");
  if (reviewed->second.is_reviewed) return refuse(review.approval + " was reviewed already");
  ST_RETURN_IF_ERROR(check_signature(parsed, review, trust, now_s));
  ST_RETURN_IF_ERROR(check_person(review, reviewed->second, policy));
  return LedgerEntry{
      "review", {{"approval", review.approval}, {"by", review.by}, {"finding", review.finding}}};
}

}  // namespace scopetrace
