// SPDX-License-Identifier: Apache-2.0
// Texts with a value in its place: what the generated corpus is written in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/corpus/encode.h"
#include "userspace/redact/rules/shape.h"

namespace scopetrace::testing {

// A rendered template and what it says about its own text.
struct Rendered {
  std::string text;
  std::vector<TextRange> secrets;  // the value as it stands there, encoded
  std::vector<TextRange> keeps;    // what must survive
};

// What the placeholders stand for.
struct Filling {
  std::vector<std::string> name;  // the value's name, in words
  std::string value;
};

// Renders one template. Its syntax, in characters that no rendered format uses:
//
//   «value» «value|json»    the value, in an encoding of encode.h
//   «name» «camel» …        its name, in a style of write_name()
//   «gen|[hex]{40}»         a random text of a shape
//   «n» «user» «host» «word» «time» «uuid» «ip» «nul»   fillers
//   ⟨…⟩                     text that must survive
//   ⟦b64:…⟧                 the rendered inside, encoded as a whole; they nest
//
// The same template, filling and state of `random` give the same text. Aborts for a template that
// breaks the syntax: templates are code.
Rendered render(std::string_view pattern, const Filling& filling, Random& random);

}  // namespace scopetrace::testing
