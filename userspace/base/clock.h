// SPDX-License-Identifier: Apache-2.0
// The two clocks of scopetrace and their text forms.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace scopetrace {

inline constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

// CLOCK_BOOTTIME in nanoseconds: the clock of kernel records and deadlines.
std::uint64_t boottime_ns();
// CLOCK_REALTIME in nanoseconds since the epoch: only for text that people read.
std::uint64_t realtime_ns();

// `YYYY-MM-DDTHH:MM:SSZ`, the form of signed text.
std::string format_seconds(std::uint64_t realtime_seconds);
// `YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ`, the form of seals and bundle lines.
std::string format_nanoseconds(std::uint64_t time_ns);
// The inverse of format_seconds; refuses any other form and dates that do not exist.
std::optional<std::uint64_t> parse_seconds(std::string_view text);

// Turns kernel times into wall times: both clocks, read once at the start of a session.
struct ClockPair {
  std::uint64_t boottime_ns = 0;
  std::uint64_t realtime_ns = 0;

  static ClockPair now();
  std::uint64_t to_realtime_ns(std::uint64_t at_boottime_ns) const {
    return realtime_ns +
           (at_boottime_ns - boottime_ns);  // modular: times before the start work too
  }
};

}  // namespace scopetrace
