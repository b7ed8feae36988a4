// SPDX-License-Identifier: Apache-2.0
// The parts of lines that come from DNS and the handshake of TLS. Schemas: docs/schemas/.
#pragma once

#include <vector>

#include "userspace/bundle/json_line.h"
#include "userspace/redact/redacted_message.h"

namespace scopetrace {

// `tls` of a connection line.
Json tls_json(const RedactedTls& tls);
// `answers` of a dns line.
Json answers_json(const std::vector<RedactedDnsRecord>& answers);

}  // namespace scopetrace
