// SPDX-License-Identifier: Apache-2.0
#include "cli/quantity.h"

#include <span>

#include "userspace/base/bytes.h"

namespace scopetrace {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
// Largest first: formatting takes the first that divides.
constexpr Unit kTimeUnits[] = {{"h", 3600}, {"m", 60}, {"s", 1}};
constexpr Unit kSizeUnits[] = {{"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}};
constexpr std::uint64_t kYearSeconds = 366ULL * 24 * 3600;
constexpr std::uint64_t kMaxSizeBytes = 1ULL << 50;

// The number before `unit` times its factor; 0 when it is no such quantity or above `max`.
std::uint64_t parse_with_unit(std::string_view text, const Unit& unit, std::uint64_t max) {
  if (!text.ends_with(unit.name)) return 0;
  const auto number = parse_decimal(text.substr(0, text.size() - unit.name.size()));
  return number && *number <= max / unit.factor ? *number * unit.factor : 0;
}

std::uint64_t parse_quantity(std::string_view text, std::span<const Unit> units,
                             std::uint64_t max) {
  for (const Unit& unit : units) {
    if (const std::uint64_t value = parse_with_unit(text, unit, max); value > 0) return value;
  }
  return 0;
}

std::string format_quantity(std::uint64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value >= unit.factor && value % unit.factor == 0) {
      return std::to_string(value / unit.factor).append(unit.name);
    }
  }
  return std::to_string(value);
}

}  // namespace

Result<std::uint64_t> parse_duration(std::string_view text) {
  const std::uint64_t seconds = parse_quantity(text, kTimeUnits, kYearSeconds);
  if (seconds > 0) return seconds;
  return fail(Error(ErrorCode::kUsage, "'" + std::string(text) + "' is no duration")
                  .with_hint("write a number and s, m or h: 90s, 5m, 1h"));
}

Result<std::uint64_t> parse_size(std::string_view text) {
  const std::uint64_t bytes = parse_quantity(text, kSizeUnits, kMaxSizeBytes);
  if (bytes > 0) return bytes;
  const auto plain = parse_decimal(text);
  if (plain && *plain > 0 && *plain <= kMaxSizeBytes) return *plain;
  return fail(Error(ErrorCode::kUsage, "'" + std::string(text) + "' is no size")
                  .with_hint("write bytes, or a number and KiB, MiB or GiB: 65536, 64KiB, 1MiB"));
}

std::string format_duration(std::uint64_t seconds) { return format_quantity(seconds, kTimeUnits); }
std::string format_size(std::uint64_t bytes) { return format_quantity(bytes, kSizeUnits); }

}  // namespace scopetrace
