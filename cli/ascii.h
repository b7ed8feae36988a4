// SPDX-License-Identifier: Apache-2.0
// Signed text is ASCII: finds what is not, and proposes what could be written instead.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "userspace/base/result.h"

namespace scopetrace {

// The first character of `text` that is not printable ASCII, whole when it is valid UTF-8 and as
// U+00XX when it is a control or a stray byte.
std::optional<std::string> find_non_ascii(std::string_view text);

// The same text in ASCII: German, French and similar letters and typographic marks by what they are
// usually written as, everything else as '?'.
std::string transliterate(std::string_view text);

// Text that people wrote must be ASCII; the refusal shows the character and an option that works.
Status check_ascii(const char* option, const std::string& text);

}  // namespace scopetrace
