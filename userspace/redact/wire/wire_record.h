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

}  // namespace scopetrace
