// SPDX-License-Identifier: Apache-2.0
// Input: an allowed_signers file. Property: every accepted line is written in a form that is
// accepted again, has namespaces and holds no wildcard.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "scopes/trust.h"
#include "tests/support/fuzz_target.h"

std::vector<std::string> make_seeds() {
  const std::string key = scopetrace::SigningKey::generate().public_key().line();
  return {"# people\nalice,al namespaces=\"approval@scopetrace\",valid-before=\"20270101Z\" " +
              key + " laptop\n",
          "bob cert-authority,namespaces=\"request@scopetrace\",valid-after=\"202601010000Z\" " +
              key + "\n"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto file = scopetrace::TrustFile::parse(text);
  if (!file) return 0;
  scopetrace::count_accepted();
  for (const scopetrace::TrustLine& line : file->lines()) {
    if (line.namespaces.empty()) std::abort();
    for (const std::string& name : line.principals) {
      if (name.find_first_of("*?!") != std::string::npos) std::abort();
    }
    const std::string written = scopetrace::format_trust_line(line);
    const auto again = scopetrace::TrustFile::parse(written);
    if (!again || again->lines().size() != 1) std::abort();
    if (scopetrace::format_trust_line(again->lines()[0]) != written) std::abort();
  }
  return 0;
}
