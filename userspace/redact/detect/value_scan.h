// SPDX-License-Identifier: Apache-2.0
// The hand-written scanners: each looks around one hit, or walks a text once.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// Cards, tracks, social security, phone and other numbers with their own check, in the run of
// digits (single blanks or dashes between them) that begins at `at`; also an IBAN that it is part
// of.
void find_numbers_at(std::string_view text, std::size_t at, std::vector<Finding>& findings);
// An e-mail address around the "@" (or "%40") at `at`.
std::optional<TextRange> email_around(std::string_view text, std::size_t at);
// The password of user information behind the "://" at `at`.
std::optional<TextRange> url_password_behind(std::string_view text, std::size_t at);
// A JWT, JWS or JWE whose "eyJ" stands at `at`.
std::optional<TextRange> jose_at(std::string_view text, std::size_t at);
// What is behind the BEGIN line of the private key whose "-----BEGIN" stands at `at`, up to its END
// line; to the end of what can be part of a key when END is missing. Nothing for public keys and
// certificates.
std::optional<TextRange> private_key_at(std::string_view text, std::size_t at);
// Where the body of a private key that goes on at `at` ends: before END, or before the first line
// that cannot be part of one.
std::size_t key_end(std::string_view text, std::size_t at);
// The credentials behind the scheme word (Basic, Bearer, …) that ends at `at`.
std::optional<TextRange> scheme_value_behind(std::string_view text, std::size_t at, bool is_basic);

}  // namespace scopetrace
