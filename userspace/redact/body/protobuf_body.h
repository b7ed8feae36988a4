// SPDX-License-Identifier: Apache-2.0
// Redacts Protocol Buffers messages without their schema.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "userspace/redact/body/body_options.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// The message printed field by field, indented: `1: "text"`, `2: 150`, `3 {` … `}`. A field holds a
// message when its bytes follow the wire format to the last one, else text when all of it can be
// read, else `[binary N bytes]`: nothing that was not understood is printed. Without names, values
// are judged by their shapes; a text field that is a sensitive name (a map's key, a header's name)
// names the next one, and an unbroken text that is as random as a key counts as one. As a shape
// values become types. Source of the format: protobuf.dev/programming-guides/encoding.
//
// Nothing when the bytes are not one message from first to last, fields numbered and typed as the
// format allows. Nesting is bounded; deeper messages are binary.
std::optional<std::string> redact_protobuf(TextScanner& scanner, std::string_view bytes,
                                           BodyOptions options);

// A guess for bytes of no stated type: as above, and at least one field is readable text.
bool looks_like_protobuf(std::string_view bytes);

}  // namespace scopetrace
