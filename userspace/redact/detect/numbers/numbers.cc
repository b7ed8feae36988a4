// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/numbers/numbers.h"

#include "userspace/redact/detect/numbers/cards.h"
#include "userspace/redact/detect/numbers/iban.h"
#include "userspace/redact/detect/numbers/national_ids.h"
#include "userspace/redact/detect/numbers/number_run.h"
#include "userspace/redact/detect/numbers/phone.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

std::optional<Finding> number_at(std::string_view text, std::size_t at) {
  const NumberRun run = read_number(text, at);
  if (run.size < 5) return std::nullopt;
  if (auto card = card_at(text, run)) return card;
  if (auto id = national_id_at(text, run)) return id;
  return phone_around(text, run);
}

}  // namespace

void find_numbers_at(std::string_view text, std::size_t at, std::vector<Finding>& findings) {
  if (const auto iban = iban_around(text, at)) findings.push_back({*iban, "iban"});
  for (;;) {
    if (const auto found = number_at(text, at)) {
      findings.push_back(*found);
      at = found->range.end;
    } else {
      while (at < text.size() && is_digit(text[at])) ++at;
    }
    const bool goes_on =
        at + 1 < text.size() && (text[at] == ' ' || text[at] == '-') && is_digit(text[at + 1]);
    if (!goes_on) return;
    ++at;
  }
}

}  // namespace scopetrace
