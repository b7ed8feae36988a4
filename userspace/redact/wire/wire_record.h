// SPDX-License-Identifier: Apache-2.0
// One record of captured bytes that is not readable as text: `scrub --null`, the examiner.
#pragma once

#include <optional>
#include <string>

#include "userspace/base/bytes.h"

namespace scopetrace {

class TextScanner;

// What the messages in `record` say, redacted, when its first bytes belong to a protocol of the
// table; else nothing. The record is taken for the begin of one direction. Nothing is learned.
std::optional<std::string> redact_wire_record(TextScanner& scanner, Bytes record);

// The same for any bytes: where no protocol claims them, their printable runs, in which every token
// that could be a secret is replaced, and lengths.
std::string redact_binary_record(TextScanner& scanner, Bytes record);

}  // namespace scopetrace
