// SPDX-License-Identifier: Apache-2.0
// Sentences that hand over a code or a password, in several languages: "123456 is your code",
// "Your code: 123456", names of passwords that are not ASCII.
#pragma once

#include <string_view>
#include <vector>

#include "userspace/redact/detect/pairs/named_values.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// The words of such sentences, to be searched for in any case.
std::vector<std::string_view> code_message_words();

// Looks for the digits that the words, number `index` of code_message_words(), speak of.
void take_code_message(ScanText& scan, std::size_t index, TextRange at,
                       std::vector<Finding>& findings);

// Words for "password" with letters that are not ASCII.
std::vector<std::string_view> foreign_password_names();

// The value behind such a word at `at`, and a sign.
void take_foreign_value(ScanText& scan, TextRange at, std::vector<Finding>& findings);

}  // namespace scopetrace
