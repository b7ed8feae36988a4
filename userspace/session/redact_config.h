// SPDX-License-Identifier: Apache-2.0
// What capture tells redact before the first record: the JSON text of ConfigMessage.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/clock.h"
#include "userspace/base/crypto.h"
#include "userspace/base/result.h"

namespace scopetrace {

// Everything redact needs of the approval and the session. Strings are as in the approval's lines
// (already checked by capture).
struct RedactConfig {
  Digest leaf_salt{};                      // 32 bytes; secret until the bundle is complete
  ClockPair clocks;                        // of the session's start
  std::string level = "metadata";          // metadata | headers | shape | redacted
  std::string redaction = "standard";      // the rule set's name: standard, standard+pci, …
  std::vector<std::string> third_parties;  // host names, "*.host", or "any" alone
  std::vector<std::string> requests;       // "name=value", "any" or "failed"; empty means any
  std::vector<std::string> families;       // of tls, sockets, files, process, logs
  bool inbound = false;                    // also connections that the target accepted
  std::uint64_t first_line = 0;            // index `n` of the first line that redact writes
};

std::string format_redact_config(const RedactConfig& config);
// Errors: kCorrupt when it is not the JSON object that format_redact_config makes.
Result<RedactConfig> parse_redact_config(std::string_view json);

}  // namespace scopetrace
