// SPDX-License-Identifier: Apache-2.0
// Redacts what DNS and the handshake of TLS say.
#pragma once

#include <string>
#include <string_view>

#include "userspace/protocol/message.h"
#include "userspace/redact/redacted_message.h"

namespace scopetrace {

class TextScanner;

// A host name with every finding replaced, in lower case unless there is one, and every label or
// part of one that looks drawn at random: 20 letters and digits and more, at least four of each.
std::string redact_host_name(TextScanner& scanner, std::string_view name);

RedactedTls redact_tls(TextScanner& scanner, const TlsFacts& facts);
RedactedDns redact_dns(TextScanner& scanner, const DnsLookup& lookup);

}  // namespace scopetrace
