// SPDX-License-Identifier: Apache-2.0
// Redacts XML and HTML in one pass, without building a tree.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "userspace/redact/body/body_options.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// Elements decide by their local names, attributes by theirs; a value may also be named by a
// neighbour: <name>x</name><value>y</value>, <add key="x" value="y"/>,
// <key>x</key><string>y</string>, <Attribute Name="x"><AttributeValue>y. Markup stays byte for
// byte. Comments and instructions are scanned as text. Forgiving as browsers are: unclosed and
// crossed elements do no harm. As a shape texts and attribute values become types. Nothing when a
// tag is not closed and the text is not cut: the caller then scans it as text. Bounded nesting, no
// recursion on input.
std::optional<std::string> redact_xml(TextScanner& scanner, std::string_view text,
                                      BodyOptions options);

// Whether `text` begins like markup.
bool looks_like_xml(std::string_view text);

}  // namespace scopetrace
