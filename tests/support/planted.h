// SPDX-License-Identifier: Apache-2.0
// Secrets and personal data that tests plant in traffic, made at run time from a seed: nothing
// token-like is ever committed, and a test knows every value it must not find again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "userspace/base/result.h"

namespace scopetrace::testing {

// One planted value. `name` is its class and place, the only thing a message may show.
struct Planted {
  std::string name;
  std::string value;
};

// Everything vendor and client of one seed say to each other that must not survive. The values are
// well-formed: issuer prefixes, Luhn and mod-97 check digits, a JWT with three parts.
struct PlantedSet {
  std::string api_key;         // Authorization: Bearer; also the client's argv
  std::string signing_secret;  // the client's environment, then free text of a body: no known shape
  std::string client_secret;   // a form field
  std::string basic_password;  // Authorization: Basic
  std::string jwt;             // Authorization: Bearer
  std::string session_cookie;  // Cookie
  std::string issued_cookie;   // Set-Cookie
  std::string access_token;    // JSON of an OAuth answer
  std::string refresh_token;   // the same
  std::string webhook_secret;  // JSON
  std::string aws_access_key_id;  // JSON
  std::string aws_secret_key;     // JSON
  std::string email;              // JSON, query
  std::string full_name;          // JSON
  std::string phone;              // JSON
  std::string street;             // JSON
  std::string ssn;                // JSON
  std::string iban;               // JSON, form
  std::string pan;                // JSON, sixteen digits
  std::string pan_grouped;        // chunked text, in groups of four

  // All of the above, each with its name.
  std::vector<Planted> all() const;
};

// The same values for the same seed, on any machine.
PlantedSet make_planted(std::uint64_t seed);

// The manifest a checker reads: JSON, mode 0600. It holds the values, so it lives in a temporary
// folder.
Status write_manifest(const std::string& path, const PlantedSet& planted);
Result<std::vector<Planted>> read_manifest(const std::string& path);

}  // namespace scopetrace::testing
