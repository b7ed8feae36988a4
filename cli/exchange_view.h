// SPDX-License-Identifier: Apache-2.0
// Everything one exchange holds, for people.
#pragma once

#include <cstdio>
#include <string>

#include "cli/line_view.h"

namespace scopetrace {

// `bearer, api-key x2`; empty without credentials. Escaped.
std::string credentials_of(const LineJson& line);
// `answer withheld: line too long`; empty when no body was. Escaped.
std::string withheld_bodies_of(const LineJson& line);
// Request, response, timing, credentials and identifiers, indented below the row of the exchange.
void print_exchange_content(std::FILE* out, const LineJson& line);

}  // namespace scopetrace
