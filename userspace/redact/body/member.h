// SPDX-License-Identifier: Apache-2.0
// The value of a named member of any structured body: form, JSON, XML, part, argument.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "userspace/redact/body/body_options.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// The class that a member's name announces: of the whole name, else of the last part of a path
// ("user[pin]", "card.cvv", "wsse:Password").
std::optional<std::string_view> class_of_member(const NameTable& names, std::string_view name);

// The class of everything inside a list or map of that name ("passwords", "cookies").
std::optional<std::string_view> class_of_container(const NameTable& names, std::string_view name);

// Whether a member of that class holds a secret. Unlike in free text the value's borders are
// certain, so only what says "no value" is spared: keywords, masks, whole template variables. Where
// the rules of the class say how a value looks, that decides.
bool is_secret_member(const NameTable& names, std::string_view class_name, std::string_view value);

// Whether a member inside something sensitive only describes it: type, time, state, amount, …
bool is_descriptive_member(std::string_view name);

// Whether a member says how its neighbour is called ({"name": …, "value": …}), or is what such a
// neighbour names.
bool is_name_member(std::string_view name);
bool is_value_member(std::string_view name);

// `value` redacted: by its name, as a header field, as a structure of its own (JSON, URL, XML,
// form), or as text, in this order. A value that stays is returned as it is.
std::string redact_member(TextScanner& scanner, std::string_view name, std::string_view value,
                          BodyOptions options);

// Redacts as text at a nesting that may exceed what the scanner decodes.
std::string redact_text_at(TextScanner& scanner, std::string_view text, unsigned depth);

}  // namespace scopetrace
