// SPDX-License-Identifier: Apache-2.0
// What SQL statements say beyond what a text says: literals that are passwords by their place, and
// the names that parameters have.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace scopetrace {

class WireText;

// Tells a statement. The literal behind PASSWORD, IDENTIFIED BY and the like is replaced; the rest
// is left to the scan of all text.
void tell_sql(std::string_view statement, WireText& out);

// The column that parameter i ($1 is 0; the i-th ?) is compared with or goes to; empty where it
// cannot be told. At most kMaxSqlParameters.
inline constexpr std::size_t kMaxSqlParameters = 256;
std::vector<std::string> sql_parameter_names(std::string_view statement);

}  // namespace scopetrace
