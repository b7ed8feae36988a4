// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/clock.h"

#include <cstdio>
#include <ctime>

namespace scopetrace {
namespace {

std::uint64_t read_clock(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kNanosecondsPerSecond +
         static_cast<std::uint64_t>(now.tv_nsec);
}

// Seconds as `YYYY-MM-DDTHH:MM:SS`, without a zone.
std::string format_date_time(std::uint64_t realtime_seconds) {
  const auto seconds = static_cast<std::time_t>(realtime_seconds);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
  return text;
}

}  // namespace

std::uint64_t boottime_ns() { return read_clock(CLOCK_BOOTTIME); }
std::uint64_t realtime_ns() { return read_clock(CLOCK_REALTIME); }

std::string format_seconds(std::uint64_t realtime_seconds) {
  return format_date_time(realtime_seconds) + "Z";
}

std::string format_nanoseconds(std::uint64_t time_ns) {
  char fraction[16];
  std::snprintf(fraction, sizeof(fraction), ".%09uZ",
                static_cast<unsigned>(time_ns % kNanosecondsPerSecond));
  return format_date_time(time_ns / kNanosecondsPerSecond) + fraction;
}

std::optional<std::uint64_t> parse_seconds(std::string_view text) {
  constexpr std::size_t kLength = 20;  // YYYY-MM-DDTHH:MM:SSZ
  if (text.size() != kLength) return std::nullopt;
  std::tm parts{};
  const std::string copy(text);
  const char* end = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const std::time_t seconds = timegm(&parts);
  if (seconds < 0 || format_seconds(static_cast<std::uint64_t>(seconds)) != text) {
    return std::nullopt;  // 31 February, leap second, blanks that strptime forgives
  }
  return static_cast<std::uint64_t>(seconds);
}

ClockPair ClockPair::now() {
  return {.boottime_ns = scopetrace::boottime_ns(), .realtime_ns = scopetrace::realtime_ns()};
}

}  // namespace scopetrace
