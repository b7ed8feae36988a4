// SPDX-License-Identifier: Apache-2.0
// Input: a signed text. Property: what parse_approval() accepts is written back byte for byte, and
// no input is read outside its bounds.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "scopes/approval.h"
#include "tests/support/fuzz_target.h"
#include "tests/unit/scopes/approval_builder.h"

std::vector<std::string> make_seeds() {
  const scopetrace::TestPeople people;
  return {scopetrace::signed_document(scopetrace::test_approval(people),
                                      {{&people.host, scopetrace::kHostNamespace}})};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = scopetrace::parse_approval(text);
  if (!parsed) return 0;
  scopetrace::count_accepted();
  if (scopetrace::format_signed_text(parsed->text.body, parsed->text.blocks) != text) std::abort();
  const auto body = scopetrace::format_approval(parsed->approval);
  if (!body || *body != parsed->text.body) std::abort();
  return 0;
}
