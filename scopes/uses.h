// SPDX-License-Identifier: Apache-2.0
// How often an approval was used, and how much of its budget is left.
#pragma once

#include <cstdint>
#include <string>

#include "scopes/approval.h"

namespace scopetrace {

// Seconds and payload bytes of an approval: one budget over all its uses.
struct UseBudget {
  std::uint64_t seconds = 0;
  std::uint64_t bytes = 0;
};

// What one use may spend.
struct UseGrant {
  std::uint64_t number = 0;  // 1 to approval.uses
  std::uint64_t seconds = 0;
  std::uint64_t bytes = 0;
};

// Uses that were consumed so far, for check_approval(). 0 when the folder is empty.
Result<std::uint64_t> count_uses(const std::string& folder, const Approval& approval);

// kRefused when the ledger knows of more uses than `uses`: files of them were removed, and their
// budget would be given twice.
Status check_uses(const std::string& ledger_folder, const Approval& approval, std::uint64_t uses);

// What is left for the next use, so that the kernel's limits can be fixed before it is consumed.
// Errors as consume_use().
Result<UseBudget> remaining_budget(const std::string& folder, const ApprovalText& document);

// Consumes one use: makes a file that must not exist (O_EXCL) with the digest of the body, and
// fsyncs it and the folder. Call it after every preflight and directly before the first link. The
// grant is what is wanted, or the rest of the budget when that is less; it counts as spent until
// settle_use() says less: a crash never gives more. kRefused when all uses or the budget are gone;
// kTampered when another body has used this id.
Result<UseGrant> consume_use(const std::string& folder, const ApprovalText& document,
                             const UseBudget& wanted);

// Gives a use back for which nothing was captured and nothing noted: the ledger took no entry. The
// caller that consumed it is the only one who may.
Status release_use(const std::string& folder, const Approval& approval, const UseGrant& grant);

// States what a use really spent, at the end of its session.
Status settle_use(const std::string& folder, const Approval& approval, const UseGrant& grant,
                  std::uint64_t seconds, std::uint64_t bytes);

}  // namespace scopetrace
