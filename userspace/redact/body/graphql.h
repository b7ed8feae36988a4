// SPDX-License-Identifier: Apache-2.0
// Redacts GraphQL documents (GraphQL specification, section 2).
#pragma once

#include <string>
#include <string_view>

#include "userspace/redact/body/body_options.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// Literal values of arguments, input fields and variable defaults by their names; everything else
// of the document stays. Comments are scanned as text. As a shape literals become types. Linear;
// broken documents are taken token by token as far as they go.
std::string redact_graphql(TextScanner& scanner, std::string_view document, BodyOptions options);

// Whether `text` begins with an operation or fragment.
bool looks_like_graphql(std::string_view text);
// The same where a document is expected: also the short form `{ field }`, which JSON is not.
bool looks_like_graphql_under_query(std::string_view text);

// The argument that a variable of the document is given to: "password" of `login(password: $p)`
// for "p". Empty when it is given to none.
std::string_view argument_of_variable(std::string_view document, std::string_view variable);

}  // namespace scopetrace
