// SPDX-License-Identifier: Apache-2.0
// Tells a system call of the target with redacted texts.
#pragma once

#include "userspace/base/level.h"
#include "userspace/redact/redacted_message.h"

namespace scopetrace {

class TextScanner;

// The approval's family of a call: files, process or sockets.
std::string_view call_family_name(st_call_family family);

// Typed arguments, result and the name of its error. At kMetadata texts are left out, but for the
// addresses of sockets, which connection lines have as well; a path that was cut is withheld.
// Nothing for a call that the table does not have.
std::optional<RedactedCall> redact_call(TextScanner& scanner, const CallEvent& event, Level level);

}  // namespace scopetrace
