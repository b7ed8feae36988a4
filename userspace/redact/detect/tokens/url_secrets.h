// SPDX-License-Identifier: Apache-2.0
// Secrets in URLs and in connection strings that look like one: user information (RFC 3986 section
// 3.2.1), `user:password@tcp(host)`, `user/password@service`.
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/rules/shape.h"

namespace scopetrace {

// The password of the user information that the "@" at `at` may end, behind the nearest "://",
// which may be escaped as in JSON (:\/\/); or its user, when that is a token: alone, or with an
// empty or well-known password.
std::optional<TextRange> url_secret_before(std::string_view text, std::size_t at);

// The password of a login without a scheme, whose "@" stands at `at`: user:password@host:port, or,
// when `is_call`, user:password@tcp(host).
std::optional<TextRange> login_password_before(std::string_view text, std::size_t at, bool is_call);

// The password in user/password@service, whose user begins at `at` (Oracle).
std::optional<TextRange> slash_password_at(std::string_view text, std::size_t at);

}  // namespace scopetrace
