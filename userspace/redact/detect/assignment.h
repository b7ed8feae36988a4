// SPDX-License-Identifier: Apache-2.0
// Where the value of a name stands and ends, in text whose format is not known.
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/detect/value_end.h"
#include "userspace/redact/rules/shape.h"

namespace scopetrace {

// How a value is tied to its name: what decides how sure one may be that it is one.
enum class Tie {
  kEquals,    // name=value, name := value, name => value, name -> value
  kColon,     // name: value
  kElement,   // <name>value</name>
  kOption,    // --name value, "--name", "value"
  kPair,      // name="name" value="value", <key>name</key><string>value</string>
  kArgument,  // ("name", "value"), name("value")
  kCell,      // | name | value |
  kBlank,     // name value: prose, unless the line says otherwise
};

struct Assignment {
  Tie tie = Tie::kEquals;
  TextRange value;  // empty when the value is not on this line
  bool is_quoted = false;
  bool is_spaced = false;    // blanks before the value
  bool fills_line = false;   // nothing but the value up to the end of the line
  bool is_open = false;      // the text ends before it is clear what this is
  bool opens_block = false;  // YAML: the value is in the lines below, further indented
};

// The name around the characters [begin, end) of `text`, without what escapes or colours it
// (%22name, \nname).
TextRange name_around(std::string_view text, std::size_t begin, std::size_t end);

// Whether the word `name` is itself the value of a pair that says a name: `name: DB_PASSWORD`,
// <key>DB_PASSWORD, whose value stands in another pair.
bool is_said_name(std::string_view text, TextRange name);

// Whether `name` is the name in ::set-output name=NAME::value, a command of a build log.
bool is_output(std::string_view text, TextRange name);

// Whether it is the index in $ENV{name} or $config->{name}, not in ${name} or {{name}}.
bool is_braced_index(std::string_view text, TextRange name);

// What stands behind the name `name`, if that assigns it a value on this line or the next. Linear
// in the length of the value; looks at most kMaxValueBytes ahead.
std::optional<Assignment> assignment_behind(std::string_view text, TextRange name);

// The value that begins at the cursor, up to where its container ends it.
Assignment read_value(Cursor cursor, TextRange name, Tie tie);

}  // namespace scopetrace
