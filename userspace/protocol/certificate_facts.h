// SPDX-License-Identifier: Apache-2.0
// Reads the few facts of an X.509 certificate that are told, by libcrypto.
#pragma once

#include <optional>

#include "userspace/base/bytes.h"
#include "userspace/protocol/tls_facts.h"

namespace scopetrace {

// `der` is one certificate and nothing behind it. Nothing when libcrypto does not take it for one
// (RFC 5280). No key is decoded, no signature checked, no file read.
std::optional<CertificateFacts> read_certificate(Bytes der);

}  // namespace scopetrace
