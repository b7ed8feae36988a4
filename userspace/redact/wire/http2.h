// SPDX-License-Identifier: Apache-2.0
// HTTP/2 frames (RFC 9113 section 4): kinds and lengths only. Header blocks are compressed, and
// data is cut anywhere, so that neither can be redacted without a decoder.
#pragma once

#include "userspace/redact/wire/wire_table.h"

namespace scopetrace {

// The client's preface, or the SETTINGS frame that a server begins with.
Match match_http2(std::string_view begin);
std::unique_ptr<WireProtocol> make_http2();

}  // namespace scopetrace
