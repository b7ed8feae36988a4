// SPDX-License-Identifier: Apache-2.0
// Private keys written as blocks of lines: PEM (RFC 7468), OpenSSH, PGP, SSH2 (RFC 4716).
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/rules/shape.h"

namespace scopetrace {

// What is behind the BEGIN line of the private key whose "-----BEGIN" (or "---- BEGIN") stands at
// `at`, up to its END line; to the end of what can be part of a key when END is missing. Nothing
// for public keys and certificates.
std::optional<TextRange> private_key_at(std::string_view text, std::size_t at);

// A longer key is withheld by streams, however much of it they see at once.
inline constexpr std::size_t kMaxKeyBytes = 8192;

// Behind the BEGIN line of the private key that begins at `at`, or nothing when none does.
std::optional<std::size_t> key_body(std::string_view text, std::size_t at);

// Where the key ends within one of its lines: at its END, or before the line when that cannot be
// part of a key. Nothing when the key goes on behind it.
std::optional<std::size_t> key_end_in_line(std::string_view line);

// Where the body of a private key that goes on at `at` ends: before END, or before the first line
// that cannot be part of one. Lines may end for real or be written as \n.
std::size_t key_end(std::string_view text, std::size_t at);

}  // namespace scopetrace
