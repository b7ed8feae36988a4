// SPDX-License-Identifier: Apache-2.0
// JSON web tokens: JWT, JWS and JWE in compact form (RFC 7515, 7516).
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/rules/shape.h"

namespace scopetrace {

// base64url of a JSON object that names `alg` or `typ`, or of the begin of one.
bool is_jose_header(std::string_view segment);

// The token whose "eyJ" stands at `at`, also when it is cut behind its first dot.
std::optional<TextRange> jose_at(std::string_view text, std::size_t at);

// A private member of a JSON web key (RFC 7517, 7518) whose value begins at `at`, behind its quote:
// at least 40 characters of base64url.
std::optional<TextRange> jwk_member_at(std::string_view text, std::size_t at);

}  // namespace scopetrace
