// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/level_caps.h"

#include <algorithm>

namespace scopetrace {
namespace {

bool matches(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with("*.")) return pattern == host;
  const std::string_view suffix = pattern.substr(1);
  return host.size() > suffix.size() && host.ends_with(suffix);
}

// nullopt is below every level, as std::optional orders it.
std::optional<Level> lower(std::optional<Level> a, std::optional<Level> b) {
  return std::min(a, b);
}

}  // namespace

void LevelCaps::set(std::string_view pattern, std::optional<Level> cap) {
  const auto capped = lower(cap, approved_);
  if (pattern.empty()) {
    everybody_ = capped;
    return;
  }
  std::erase_if(caps_, [&](const Cap& known) { return known.pattern == pattern; });
  if (capped != approved_) caps_.push_back({std::string(pattern), capped});
}

std::optional<Level> LevelCaps::of_host(std::string_view host) const {
  auto lowest = everybody_;
  for (const Cap& cap : caps_) {
    if (matches(cap.pattern, host)) lowest = lower(lowest, cap.level);
  }
  return lowest;
}

std::optional<Level> LevelCaps::of_unknown() const {
  auto lowest = everybody_;
  for (const Cap& cap : caps_) lowest = lower(lowest, cap.level);
  return lowest;
}

}  // namespace scopetrace
