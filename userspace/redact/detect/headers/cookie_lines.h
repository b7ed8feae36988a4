// SPDX-License-Identifier: Apache-2.0
// Cookies outside of header fields: cookie files of Netscape's format and lists of objects (HAR).
#pragma once

#include <vector>

#include "userspace/redact/detect/scan_text.h"
#include "userspace/redact/rules/names.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// domain TRUE / FALSE 0 name value, separated by tabs: `at` is where TRUE or FALSE ends.
void take_cookie_line(ScanText& scan, std::size_t at, std::vector<Finding>& findings);

// "cookies":[{"name":"a","value":"b"}]: `at` is behind the name of the list.
void take_cookie_list(ScanText& scan, const NameTable& names, std::size_t at,
                      std::vector<Finding>& findings);

// set_cookie("name", "value"): `at` ends with the bracket.
void take_cookie_call(ScanText& scan, const NameTable& names, TextRange at,
                      std::vector<Finding>& findings);

// curl -b 'name=value; name=value', on the line of `program`.
void take_cookie_option(ScanText& scan, const NameTable& names, TextRange program,
                        std::vector<Finding>& findings);

}  // namespace scopetrace
