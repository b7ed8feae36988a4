// SPDX-License-Identifier: Apache-2.0
// Credentials behind the name of an authentication scheme: `Basic …`, `Bearer …` (RFC 7617, 6750).
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/rules/shape.h"

namespace scopetrace {

// base64 of readable text with a colon.
bool is_basic_credentials(std::string_view base64);

// The credentials behind the scheme word that ends at `at`.
std::optional<TextRange> scheme_value_behind(std::string_view text, std::size_t at, bool is_basic);

}  // namespace scopetrace
