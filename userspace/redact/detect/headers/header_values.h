// SPDX-License-Identifier: Apache-2.0
// Values of header fields with a grammar of their own: credentials and cookies.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "userspace/redact/detect/pairs/assignment.h"
#include "userspace/redact/detect/scan_text.h"
#include "userspace/redact/rules/names.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

bool is_cookie_name(std::string_view name);
bool is_authorization(std::string_view name);

// Where the field that `found` begins ends: its line or the string it stands in.
std::size_t field_end(std::string_view text, const Assignment& found);

// Where a field of credentials ends whose first quotation mark, at `end`, opens a parameter; `end`
// when it does not.
std::size_t parameters_end(std::string_view text, std::size_t end);

// Authorization: SCHEME credentials, in [found.value.begin, end). The scheme stays where it is
// known.
void take_credentials(std::string_view text, const Assignment& found, std::size_t end,
                      std::vector<Finding>& findings);

// Cookie: a=b; c=d and, when `is_set`, Set-Cookie: a=b; Path=/ with its attributes.
void take_cookies(std::string_view text, TextRange field, bool is_set, const NameTable& names,
                  std::vector<Finding>& findings);

// t=time,v1=signature, ts=time;h1=signature, v1,signature v1,signature: the signatures. False when
// the value is nothing but one.
bool take_signatures(ScanText& scan, TextRange name, const Assignment& found,
                     std::vector<Finding>& findings);

}  // namespace scopetrace
