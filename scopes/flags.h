// SPDX-License-Identifier: Apache-2.0
// Capture flags: how much may be captured of one third party, changed while a capture runs.
//
// The file has flagd's schema, so that any tool which writes flags for flagd can write it:
//   {"flags": {"api.stripe.com": {"state": "ENABLED", "defaultVariant": "down",
//                                 "variants": {"down": "metadata", "stop": "off"}}}}
// A flag can only lower: the approval's level and policy's hold whatever it says. In doubt nothing
// is captured: a flag that is DISABLED is off, and so is everything while the file is not valid.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/crypto.h"
#include "userspace/base/level.h"
#include "userspace/base/result.h"

namespace scopetrace {

// One flag: a third party, exact or `*.host`, and the level that it allows. nullopt: off.
struct CaptureFlag {
  std::string third_party;
  std::optional<Level> level;

  bool operator==(const CaptureFlag&) const = default;
};

struct CaptureFlags {
  std::vector<CaptureFlag> flags;  // in the order of their names, each once
  bool is_all_off = false;         // the file is not valid: nothing may be captured
  std::string problem;             // why; empty when the file is valid or absent
  Digest digest{};                 // of the file's bytes; zero when there is none

  bool operator==(const CaptureFlags& other) const {
    return flags == other.flags && is_all_off == other.is_all_off;
  }
};

// Strict: kCorrupt names the flag and its fault. `targeting` is refused: its outcome would depend
// on a context that a capture does not have. At most 1,000 flags.
Result<CaptureFlags> parse_flags(std::string_view json);

// Never fails: without a file there are no flags, and a file that cannot be read or parsed turns
// everything off and says why.
CaptureFlags read_flags(const std::string& path);

// `off`, `metadata`, …: how a flag's level is written.
std::string_view flag_level_name(std::optional<Level> level);

}  // namespace scopetrace
