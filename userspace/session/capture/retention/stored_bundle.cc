// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/retention/stored_bundle.h"

#include <algorithm>

namespace scopetrace {
namespace {

constexpr std::uint64_t kBlockBytes = 512;  // of st_blocks: stat(2)

}  // namespace

std::uint64_t StoredPart::stored_bytes() const {
  return std::min(static_cast<std::uint64_t>(facts.st_size),
                  static_cast<std::uint64_t>(facts.st_blocks) * kBlockBytes);
}

std::uint64_t StoredBundle::stored_bytes() const {
  std::uint64_t total = 0;
  for (const StoredPart& part : parts) total += part.stored_bytes();
  return total;
}

std::uint64_t StoredBundle::written_s() const {
  std::int64_t last = 0;
  for (const StoredPart& part : parts) {
    last = std::max<std::int64_t>(last, part.facts.st_mtim.tv_sec);
  }
  return static_cast<std::uint64_t>(last);
}

bool StoredBundle::is_running() const {
  return std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part.is_running; });
}

const std::string& StoredBundle::obstacle() const {
  static const std::string none;
  for (const StoredPart& part : parts) {
    if (!part.obstacle.empty()) return part.obstacle;
  }
  return none;
}

}  // namespace scopetrace
