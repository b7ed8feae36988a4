// SPDX-License-Identifier: Apache-2.0
// Names of secrets that no secret follows where they stand.
#pragma once

#include <string_view>

#include "userspace/redact/rules/shape.h"

namespace scopetrace {

// Whether `name` is that of a checksum (checksum/secret of a chart) or of a page's nonce.
bool is_harmless_name(std::string_view text, TextRange name);

// Whether "identified by" at `at` is said in prose: in small letters behind "is" and its like,
// where SQL has a user.
bool is_identified_in_prose(std::string_view text, std::size_t at);

}  // namespace scopetrace
