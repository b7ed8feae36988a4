// SPDX-License-Identifier: Apache-2.0
// What is said of a credential in place of the credential.
#pragma once

#include <string>

namespace scopetrace {

// A credential that was seen, by class and fingerprint, never by value.
struct CredentialSighting {
  std::string credential_class;
  std::string tag;     // as in the placeholder; empty for classes without one
  std::string where;   // "request.header.authorization", "response.body.access_token", …
  std::string scheme;  // bearer, basic, …; empty when not applicable
};

}  // namespace scopetrace
