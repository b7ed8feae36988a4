// SPDX-License-Identifier: Apache-2.0
// Reading of SQL in any text: literals, names and lists. Dialects are not told apart.
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/rules/shape.h"

namespace scopetrace {

// Behind blanks, line ends and the escapes \n and \t at `at`.
std::size_t skip_sql_space(std::string_view text, std::size_t at);

// The inside of the string literal at `at`: 'x', "x", N'x', E'x', $tag$x$tag$; quotes inside are
// doubled or escaped. Ends at the end of the text, or at kMaxSqlLiteral, when it is not closed.
std::optional<TextRange> sql_string_at(std::string_view text, std::size_t at);
inline constexpr std::size_t kMaxSqlLiteral = 8192;

// Behind the closing quote of the string literal at `at`.
std::size_t sql_string_end(std::string_view text, std::size_t at, TextRange inside);

// The name at `at`, without the quotes, backticks or brackets around it; `end` is behind those.
struct SqlName {
  TextRange name;
  std::size_t end;
};
std::optional<SqlName> sql_name_at(std::string_view text, std::size_t at);

// The expression at `at`, up to a comma or closing parenthesis of the same depth; at most `limit`.
TextRange sql_expression_at(std::string_view text, std::size_t at, std::size_t limit);

// The first string literal in [range.begin, range.end).
std::optional<TextRange> first_sql_string(std::string_view text, TextRange range);

}  // namespace scopetrace
