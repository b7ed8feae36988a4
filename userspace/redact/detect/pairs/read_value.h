// SPDX-License-Identifier: Apache-2.0
// A value behind its name and sign: where it begins and ends, in strings, braces, blocks or bare.
#pragma once

#include "userspace/redact/detect/cursor.h"
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

// The value that begins at the cursor, up to where its container ends it.
Assignment read_value(Cursor cursor, TextRange name, Tie tie);

}  // namespace scopetrace
