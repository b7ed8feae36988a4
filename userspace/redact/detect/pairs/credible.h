// SPDX-License-Identifier: Apache-2.0
// Whether what stands behind a sensitive name is its value, or prose, code or documentation.
#pragma once

#include <string_view>

#include "userspace/redact/detect/pairs/assignment.h"

namespace scopetrace {

// By how the value `range` is tied to its name, by what it looks like and by where the name stands.
bool is_credible(std::string_view text, TextRange name, std::string_view class_name,
                 const Assignment& found, TextRange range);

// Values that may hold blanks although nothing quotes them.
bool takes_words(std::string_view class_name);

}  // namespace scopetrace
