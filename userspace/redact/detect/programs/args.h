// SPDX-License-Identifier: Apache-2.0
// The arguments of a command, in whatever form a text has them: a shell line, a list of quoted
// strings (JSON, Python, strace), or separated by NUL.
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/rules/shape.h"

namespace scopetrace {

// One argument. `inner` is its text; of -p'x' the quotes are inside.
struct Arg {
  TextRange inner;
  bool is_quoted = false;
};

// Reads arguments one by one from behind a program's name to the end of its command: a line's end,
// a pipe, a list's closing bracket, or `limit` bytes. Allocates nothing.
class ArgReader {
 public:
  ArgReader(std::string_view text, std::size_t at, std::size_t limit);

  std::optional<Arg> next();

 private:
  void skip_gap();
  std::size_t gap_at(std::size_t at) const;
  bool ends_bare(std::size_t at) const;
  bool is_command_end() const;
  std::size_t escapes_at(std::size_t at) const;
  std::size_t index_at(std::size_t at) const;
  std::optional<Arg> read_quoted();
  Arg read_bare();

  std::string_view text_;  // up to the limit
  std::size_t at_;
  bool is_list_ = false;     // quoted strings between commas
  bool is_nul_ = false;      // nothing but NUL separates
  bool is_indexed_ = false;  // a0="program" a1="argument", of the kernel's audit
};

// $NAME, ${NAME} or $(command).
bool is_shell_variable(std::string_view value);

// The value of the argument's text from `begin` on, without quotes of its own around it.
TextRange unquoted(std::string_view text, TextRange value);

}  // namespace scopetrace
