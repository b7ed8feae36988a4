// SPDX-License-Identifier: Apache-2.0
// Parts of a text that are encoded: what they say, and where each of its characters comes from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/redact/rules/shape.h"

namespace scopetrace {

// A decoded part. `origin[i]` is where character i begins in the outer text; one entry more says
// where the part ends.
struct DecodedPart {
  std::string text;
  std::vector<std::uint32_t> origin;

  // The range of the outer text that the decoded range [begin, end) comes from.
  TextRange outer(TextRange inner) const { return {origin[inner.begin], origin[inner.end]}; }
};

// The part around the %XX, \u00XX, \: or \= at `at` that nothing but blanks, quotes and tags ends,
// decoded once. `from` is where to look back to at most. Nothing when it holds no valid escape.
bool decode_escapes(std::string_view text, std::size_t at, std::size_t from, DecodedPart& part);

// The text that the run of base64 characters from `at` on stands for, if it is readable text: its
// range, padding included. Tries the alignments of a run that begins in the middle.
struct Base64Part {
  TextRange range;
  std::string text;
};
std::optional<Base64Part> decode_base64_run(std::string_view text, std::size_t at);

}  // namespace scopetrace
