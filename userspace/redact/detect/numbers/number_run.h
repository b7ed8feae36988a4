// SPDX-License-Identifier: Apache-2.0
// A number as people write it: digits in groups, between them single blanks or dashes.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "userspace/redact/rules/shape.h"

namespace scopetrace {

struct NumberRun {
  static constexpr std::size_t kMaxDigits = 24;

  std::array<char, kMaxDigits> buffer;
  std::size_t size = 0;   // digits
  TextRange range;        // in the text, separators included
  char separator = '\0';  // all gaps are this; '\0' when there is none
  std::size_t groups = 1;
  std::uint64_t layout = 0;  // the groups' sizes as decimal digits: 4-6-5 is 465

  std::string_view digits() const { return {buffer.data(), size}; }
};

// The number whose first digit stands at `at`; at most kMaxDigits of it.
NumberRun read_number(std::string_view text, std::size_t at);

// Whether nothing is joined to [begin, end) that would make it a part of something longer: letters,
// digits, a dash, an underscore or a decimal point.
bool stands_alone(std::string_view text, TextRange range);

}  // namespace scopetrace
