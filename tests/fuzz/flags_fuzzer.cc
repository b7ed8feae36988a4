// SPDX-License-Identifier: Apache-2.0
// Input: flags.json. Property: what is accepted names each third party once, in order, within the
// bound, and means the same when it is read again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "scopes/approval_rules.h"
#include "scopes/flags.h"
#include "tests/support/fuzz_target.h"

using namespace scopetrace;  // NOLINT(google-build-using-namespace): one harness, many names

std::vector<std::string> make_seeds() {
  return {R"({"flags": {}})",
          R"({"$schema": "https://flagd.dev/schema/v0/flags.json",
              "flags": {"api.x.example": {"state": "ENABLED", "defaultVariant": "down",
                                          "variants": {"down": "metadata", "stop": "off"}},
                        "*.y.example": {"state": "DISABLED", "defaultVariant": "on",
                                        "variants": {"on": "redacted"}}}})"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto flags = parse_flags(text);
  if (!flags) return 0;
  count_accepted();
  const auto is_ordered = [](const CaptureFlag& a, const CaptureFlag& b) {
    return a.third_party < b.third_party;
  };
  if (flags->is_all_off || flags->flags.size() > 1'000) std::abort();
  if (!std::is_sorted(flags->flags.begin(), flags->flags.end(), is_ordered)) std::abort();
  for (const CaptureFlag& flag : flags->flags) {
    if (!is_third_party(flag.third_party)) std::abort();
  }
  const auto again = parse_flags(text);
  if (!again || !(*again == *flags) || again->digest != flags->digest) std::abort();
  return 0;
}
