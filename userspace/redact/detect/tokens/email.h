// SPDX-License-Identifier: Apache-2.0
// E-mail addresses (RFC 5322, RFC 6531).
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/rules/shape.h"

namespace scopetrace {

// Whether the address could receive mail: not git@host, name@2x.png, image@sha256:…, root@db.local.
bool is_email(std::string_view local, std::string_view domain);

// The address around the "@" (or "%40") at `at`: plain, quoted, international. Nothing when it is
// the user information of a URL.
std::optional<TextRange> email_around(std::string_view text, std::size_t at);
// The same around a sign that is written with `sign` bytes: &#64; of markup.
std::optional<TextRange> email_around(std::string_view text, std::size_t at, std::size_t sign);

}  // namespace scopetrace
