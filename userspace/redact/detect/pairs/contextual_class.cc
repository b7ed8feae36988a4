// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/pairs/contextual_class.h"

#include <algorithm>

#include "userspace/redact/detect/headers/auth_scheme.h"
#include "userspace/redact/rules/plausible.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {

static bool has_both_cases(std::string_view value) {
  return std::any_of(value.begin(), value.end(), is_lower) &&
         std::any_of(value.begin(), value.end(), is_upper);
}

std::optional<std::string_view> contextual_class(std::string_view name, std::string_view value) {
  const auto is_name = [&](std::string_view word) { return equals_ignoring_case(name, word); };
  if ((is_name("code") || is_name("state") || is_name("nonce")) && is_random_token(value)) {
    return "oauth-code";
  }
  if (is_name("auth") && value.size() >= 8 && is_basic_credentials(value)) return "basic-auth";
  if ((is_name("auth") || is_name("tokens")) && is_random_token(value) && has_both_cases(value))
    return "generic-token";
  if (is_name("response") && value.size() >= 32 && is_random_token(value)) return "digest-auth";
  if (is_name("pass") && name != "PASS" && has_look_of("generic-password", value)) {
    return "generic-password";
  }
  if (is_name("key") && value.size() >= 20 && is_random_token(value) && has_both_cases(value) &&
      value.find_first_of("/.") == value.npos) {
    return "generic-api-key";
  }
  return std::nullopt;
}

}  // namespace scopetrace
