// SPDX-License-Identifier: Apache-2.0
// The encodings in which values stand inside other texts, as the writers of those formats do it.
// Independent of userspace/redact on purpose: an examiner shares no code with what it examines.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace scopetrace::testing {

using Random = std::mt19937_64;

// A number in [0, limit): the same on every standard library.
inline std::size_t below(Random& random, std::size_t limit) { return random() % limit; }

template <class List>
const auto& pick(Random& random, const List& list) {
  return list[below(random, std::size(list))];
}

// A text of a shape (userspace/redact/rules/shape.h has the grammar). The shape must parse.
std::string generate(std::string_view shape, Random& random);

// `text` in one encoding: raw, json, pct, form, xml, u0026, sql, csv, sh, py, props, yaml1, b64,
// b64url, hex, indent. A name with a number behind it (json2, pct2) encodes that often.
// Aborts for any other name: templates are code.
std::string encode(std::string_view encoding, std::string_view text);

// Whether encode(a + b) is encode(a) + encode(b), so that places inside can be mapped.
bool is_charwise(std::string_view encoding);

// The words of a name: split at - _ . and camel humps, in lower case.
std::vector<std::string> words_of(std::string_view name);

// A name written in one style: name (snake_case), kebab, camel, pascal, upper, train, dotted,
// spaced, flat. Empty for any other style.
std::string write_name(std::string_view style, const std::vector<std::string>& words);

}  // namespace scopetrace::testing
