// SPDX-License-Identifier: Apache-2.0
#include "scopes/policy_change.h"

#include "scopes/ledger_reader.h"

namespace scopetrace {
namespace {

constexpr const char* kEvent = "policy";

// The digest that the last entry names; `none` when there is no entry.
Result<std::string> last_noted(const std::string& ledger_folder) {
  std::string digest = "none";
  ST_RETURN_IF_ERROR(find_in_ledger(ledger_folder, ledger_needle("event", kEvent),
                                    [&](const LedgerRecord& entry) -> Status {
                                      if (entry.event == kEvent) digest = entry.value("digest");
                                      return {};
                                    }));
  return digest;
}

}  // namespace

Status note_policy_change(Ledger& ledger, const std::string& ledger_folder, const Policy& policy) {
  ST_ASSIGN_OR_RETURN(const std::string before, last_noted(ledger_folder));
  const std::string now = format_digest(policy.digest);
  if (now == before) return {};
  ST_RETURN_IF_ERROR(ledger.append(
      {kEvent, {{"digest", now}, {"previous", before}, {"environment", policy.environment}}}));
  return {};
}

}  // namespace scopetrace
