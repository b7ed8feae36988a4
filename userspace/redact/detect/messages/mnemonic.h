// SPDX-License-Identifier: Apache-2.0
// Phrases that a wallet is recovered with: 12 to 24 words of the English list of BIP-39.
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/rules/shape.h"

namespace scopetrace {

// The list, in alphabetic order, words between blanks and line ends. Generated from
// rules/bip39_english.txt.
std::string_view mnemonic_words();

bool is_mnemonic_word(std::string_view word);

// How far a phrase and what stands in front of it reach at most.
inline constexpr std::size_t kMaxMnemonicBytes = 512;

// The first phrase of at least 12 words of the list that begins in the 96 bytes from `at` on: words
// between blanks, line ends, commas, quotes or numbers, as in "1. abandon 2. ability". The checksum
// is not looked at: a phrase with one word mistyped is as good as a secret.
std::optional<TextRange> mnemonic_behind(std::string_view text, std::size_t at);

}  // namespace scopetrace
