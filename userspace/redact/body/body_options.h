// SPDX-License-Identifier: Apache-2.0
// What every body format is asked for.
#pragma once

namespace scopetrace {

struct BodyOptions {
  bool is_cut = false;       // the text is the beginning of a longer one: its last token is dropped
  bool as_shape = false;     // values become the names of their types
  unsigned depth = 0;        // how many structures this one is nested in
  bool is_inflated = false;  // inside something that was compressed without saying so

  // For a structure inside this one; what is nested is whole unless its format says otherwise.
  BodyOptions inner() const { return {false, as_shape, depth + 1, is_inflated}; }
};

inline constexpr unsigned kMaxBodyDepth = 3;  // structures within structures; deeper ones are text

}  // namespace scopetrace
