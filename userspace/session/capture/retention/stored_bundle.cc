// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/retention/stored_bundle.h"

#include <algorithm>

namespace scopetrace {
namespace {

constexpr std::uint64_t kBlockBytes = 512;   // of st_blocks: stat(2)
constexpr std::size_t kLeastPartDigits = 4;  // NAME.0001
constexpr std::size_t kMostPartDigits = 9;

bool cut_ending(std::string_view& name, std::string_view ending) {
  if (!name.ends_with(ending)) return false;
  name.remove_suffix(ending.size());
  return true;
}

bool is_part_number(std::string_view text) {
  return text.size() >= kLeastPartDigits && text.size() <= kMostPartDigits &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<BundleFileName> parse_bundle_file_name(std::string_view file_name) {
  BundleFileName parsed;
  parsed.is_incomplete = cut_ending(file_name, ".incomplete");
  cut_ending(file_name, ".age");
  if (!cut_ending(file_name, ".jsonl.zst")) return std::nullopt;
  cut_ending(file_name, ".recovered");
  const std::size_t dot = file_name.rfind('.');
  if (dot != std::string_view::npos && is_part_number(file_name.substr(dot + 1))) {
    file_name = file_name.substr(0, dot);
  }
  if (file_name.empty()) return std::nullopt;
  parsed.bundle = file_name;
  return parsed;
}

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
