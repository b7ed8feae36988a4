// SPDX-License-Identifier: Apache-2.0
// What a redacted line of a log is: its form, its severity, its shape. Nothing of its words.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace scopetrace {

struct LogLine {
  std::string_view format;           // json | logfmt | syslog | text
  std::string_view severity;         // of severity_names(), empty when the line says none
  std::string shape;                 // at most kMaxLogShape bytes
  std::vector<std::string> classes;  // of placeholders in the line; sorted, unique
};

inline constexpr std::size_t kMaxLogShape = 200;

// Says of a placeholder's class whether there is one of that name: the target may write what looks
// like a placeholder, and its words must not get into a shape.
using ClassTest = std::function<bool(std::string_view name)>;

// `line` is redacted, without its end. Letters become a, digits 0, placeholders <class>, other
// characters but brackets, quotes and separators a full stop; runs are told once.
LogLine describe_log_line(std::string_view line, const ClassTest& is_class);

// trace, debug, info, notice, warn, error, fatal, by RFC 5424's numbers 0 to 7; empty for others.
std::string_view severity_of_priority(unsigned priority);

}  // namespace scopetrace
