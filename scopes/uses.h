// SPDX-License-Identifier: Apache-2.0
// How often an approval was used, and how much of its budget is left.
#pragma once

#include <cstdint>
#include <string>

#include "scopes/approval.h"

namespace scopetrace {

// What one use may spend. Seconds and bytes of an approval are one budget over all uses.
struct UseGrant {
  std::uint64_t number = 0;  // 1 to approval.uses
  std::uint64_t seconds = 0;
  std::uint64_t bytes = 0;
};

// Uses that were consumed so far, for check_approval(). 0 when the folder is empty.
Result<std::uint64_t> count_uses(const std::string& folder, const Approval& approval);

// Consumes one use: makes a file that must not exist (O_EXCL) with the digest of the body, and
// fsyncs it and the folder. Call it after every preflight and directly before the first link. The
// grant is the rest of the budget and counts as spent until settle_use() says less: a crash never
// gives more. kRefused when all uses or the budget are gone; kTampered when another body has used
// this id.
Result<UseGrant> consume_use(const std::string& folder, const ApprovalText& document);

// States what a use really spent, at the end of its session.
Status settle_use(const std::string& folder, const Approval& approval, const UseGrant& grant,
                  std::uint64_t seconds, std::uint64_t bytes);

}  // namespace scopetrace
