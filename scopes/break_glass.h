// SPDX-License-Identifier: Apache-2.0
// Break-glass: an approval of its own kind for an emergency, with one other person's signature,
// narrow limits, an alarm, and a review afterwards that everything else waits for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "scopes/approval.h"
#include "scopes/ledger.h"
#include "scopes/policy.h"
#include "scopes/signed_text.h"
#include "scopes/trust.h"

namespace scopetrace {

inline constexpr std::uint64_t kBreakGlassSeconds = 300;          // longest capture
inline constexpr std::uint64_t kBreakGlassPauseS = 24 * 60 * 60;  // between two on one host

// The first rule of the kind that an approval breaks; nothing for an ordinary one.
std::optional<std::string> fault_of_break_glass(const Approval& approval);

// Whether this host may have a break-glass capture now: none in the last 24 hours and none that
// nobody has reviewed, by the ledger. kRefused names the one in the way.
Status check_break_glass(const std::string& ledger_folder, std::uint64_t now_ns);

// The ledger's entry, to be written before the capture starts; and the alarm in syslog.
LedgerEntry make_break_glass_entry(const Approval& approval, const std::string& approvers);
void raise_break_glass_alarm(const Approval& approval);

// `scopetrace-review v1`: somebody of policy's review group has looked at what was done.
extern const SignedTextSchema kReviewSchema;
struct Review {
  std::string approval;  // id of the break-glass approval
  Digest body{};         // digest of its body
  std::string by;
  std::string finding;  // in the reviewer's words
  std::uint64_t time_s = 0;
  std::string nonce;
};
Result<std::string> format_review(const Review& review);

// Verifies such a text. The answer is the ledger's entry, which closes the break-glass once it is
// appended. kRefused when nothing of that id awaits a review, or the signer is the requester, not
// of the group, or not trusted to review.
Result<LedgerEntry> check_review(std::string_view text, const std::string& ledger_folder,
                                 const Trust& trust, const Policy& policy, std::uint64_t now_s);

}  // namespace scopetrace
