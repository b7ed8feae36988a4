// SPDX-License-Identifier: Apache-2.0
// Redacts multipart bodies (RFC 2046, RFC 7578) part by part.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "userspace/redact/body/body_options.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// Each part: its header lines stay but for what they hide; its name decides, then its content by
// its type. A transfer encoding (base64, quoted-printable) is undone before looking: what held a
// secret is put out decoded, and its header line stays as evidence. What cannot be read becomes
// `[binary N bytes]`. A missing end mark ends the last part with the body. The boundary comes from
// `content_type`, else from the first line. Nothing when there is no boundary mark.
std::optional<std::string> redact_multipart(TextScanner& scanner, std::string_view body,
                                            std::string_view content_type, BodyOptions options);

}  // namespace scopetrace
