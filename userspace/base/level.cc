// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/level.h"

#include <array>

namespace scopetrace {

constexpr std::array<std::string_view, 4> kLevelNames = {"metadata", "headers", "shape",
                                                         "redacted"};

std::string_view level_name(Level level) { return kLevelNames[static_cast<std::size_t>(level)]; }

std::optional<Level> parse_level(std::string_view name) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == name) return static_cast<Level>(i);
  }
  return std::nullopt;
}

}  // namespace scopetrace
