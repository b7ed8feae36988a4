// SPDX-License-Identifier: Apache-2.0
// How much of a message is kept. One order: each level has all of the one before.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace scopetrace {

enum class Level : std::uint8_t {
  kMetadata,  // method, host, path template, status, sizes, timing
  kHeaders,   // + redacted path, query and headers
  kShape,     // + structure and types of bodies, no values
  kRedacted,  // + redacted bodies
};

// "metadata", "headers", "shape", "redacted".
std::string_view level_name(Level level);
std::optional<Level> parse_level(std::string_view name);

}  // namespace scopetrace
