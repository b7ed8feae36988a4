// SPDX-License-Identifier: Apache-2.0
// Tokens that links hold in their path: /reset-password/<token>.
#pragma once

#include <optional>

#include "userspace/redact/rules/shape.h"

namespace scopetrace {

// The segment at `at`, when it is a token: 20 characters or more, letters and digits mixed.
std::optional<TextRange> path_token_at(std::string_view text, std::size_t at);

}  // namespace scopetrace
