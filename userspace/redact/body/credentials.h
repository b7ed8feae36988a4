// SPDX-License-Identifier: Apache-2.0
// Redacts credentials and challenges of HTTP authentication (RFC 9110 section 11).
#pragma once

#include <string>
#include <string_view>

#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// A value of Authorization: a known scheme stays. Of parameters (Digest, AWS4, Hawk, OAuth 1,
// Signature) stays what names a key, scope, algorithm or time; signatures, tokens and unknown long
// values go. Without a known scheme everything goes.
std::string redact_authorization(TextScanner& scanner, std::string_view value);

// A value of WWW-Authenticate: everything stays but tokens of Negotiate and NTLM, and what gives
// itself away.
std::string redact_challenge(TextScanner& scanner, std::string_view value);

// A value of Sec-WebSocket-Protocol: names of protocols stay, tokens smuggled among them go.
std::string redact_websocket_protocols(TextScanner& scanner, std::string_view value);

// A value of a signature field (X-Hub-Signature-256, Stripe-Signature, Signature): names, times and
// versions stay, signatures go.
std::string redact_signature(TextScanner& scanner, std::string_view value);

}  // namespace scopetrace
