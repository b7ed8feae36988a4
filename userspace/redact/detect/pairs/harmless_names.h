// SPDX-License-Identifier: Apache-2.0
// Names of secrets that no secret follows where they stand.
#pragma once

#include <string_view>

#include "userspace/redact/rules/shape.h"

namespace scopetrace {

// Whether `name` is that of a checksum (checksum/secret of a chart) or of a page's nonce.
bool is_harmless_name(std::string_view text, TextRange name);

// Whether "identified" at `at` is said in prose: in small letters, with words before it on its line
// but no verb of SQL.
bool is_identified_in_prose(std::string_view text, std::size_t at);

}  // namespace scopetrace
