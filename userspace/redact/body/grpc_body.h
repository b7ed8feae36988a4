// SPDX-License-Identifier: Apache-2.0
// Redacts length-prefixed messages of gRPC and gRPC-Web.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "userspace/redact/body/body_options.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// Each frame on its own: `message {` with the Protocol Buffers message or JSON inside, `trailers {`
// with the header lines of gRPC-Web. A compressed frame is decoded by `encoding` (the grpc-encoding
// field; gzip when not stated). What cannot be decoded is withheld as its length. Nothing when the
// bytes are not frames. Source: grpc/doc/PROTOCOL-HTTP2.md and PROTOCOL-WEB.md.
std::optional<std::string> redact_grpc(TextScanner& scanner, std::string_view bytes,
                                       std::string_view encoding, BodyOptions options);

}  // namespace scopetrace
