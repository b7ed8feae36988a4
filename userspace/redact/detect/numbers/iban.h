// SPDX-License-Identifier: Apache-2.0
// International bank account numbers (ISO 13616).
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/rules/shape.h"

namespace scopetrace {

// Without gaps, in capitals: the length of its country and mod 97 = 1.
bool is_iban(std::string_view text);

// The IBAN whose run of digits begins at `at`: behind its country, its check digits or its bank.
// With or without gaps (single blanks or dashes), in capitals or small letters throughout.
std::optional<TextRange> iban_around(std::string_view text, std::size_t at);

}  // namespace scopetrace
