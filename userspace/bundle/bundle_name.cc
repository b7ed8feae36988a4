// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/bundle_name.h"

#include <array>
#include <cstdio>

namespace scopetrace {
namespace {

constexpr std::string_view kEnding = ".jsonl.zst";
constexpr std::string_view kEncrypted = ".age";
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
  cut_ending(file_name, kEncrypted);
  if (!cut_ending(file_name, kEnding)) return std::nullopt;
  cut_ending(file_name, ".recovered");
  const std::size_t dot = file_name.rfind('.');
  if (dot != std::string_view::npos && is_part_number(file_name.substr(dot + 1))) {
    parsed.part = static_cast<std::uint32_t>(std::stoul(std::string(file_name.substr(dot + 1))));
    file_name = file_name.substr(0, dot);
  }
  if (file_name.empty()) return std::nullopt;
  parsed.bundle = file_name;
  return parsed;
}

std::string part_path(std::string_view path, std::uint32_t part) {
  std::string_view name = path;
  cut_ending(name, kEncrypted);
  cut_ending(name, kEnding);
  std::array<char, 16> number{};
  std::snprintf(number.data(), number.size(), ".%04u", part);
  return std::string(name) + number.data() + std::string(path.substr(name.size()));
}

}  // namespace scopetrace
