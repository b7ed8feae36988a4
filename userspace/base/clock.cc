// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/clock.h"

#include <chrono>
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

// Seconds as `YYYY-MM-DDTHH:MM:SS`, without a zone. By arithmetic alone: the C library's functions
// open the time zone file, which the sandboxed redactor cannot.
std::string format_date_time(std::uint64_t realtime_seconds) {
  using namespace std::chrono;
  const sys_seconds time{seconds(static_cast<std::int64_t>(realtime_seconds))};
  const sys_days midnight = floor<days>(time);
  const year_month_day date(midnight);
  const hh_mm_ss clock(time - midnight);
  char text[40];
  std::snprintf(text, sizeof(text), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
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
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const std::string copy(text);
  if (std::sscanf(copy.c_str(), "%4d-%2u-%2uT%2u:%2u:%2uZ", &year, &month, &day, &hour, &minute,
                  &second) != 6) {
    return std::nullopt;
  }
  using namespace std::chrono;
  const sys_days midnight{std::chrono::year(year) / std::chrono::month(month) /
                          std::chrono::day(day)};
  const auto time = sys_seconds(midnight) + hours(hour) + minutes(minute) + seconds(second);
  const std::int64_t since_epoch = time.time_since_epoch().count();
  if (since_epoch < 0 || format_seconds(static_cast<std::uint64_t>(since_epoch)) != text) {
    return std::nullopt;  // 31 February, leap second, blanks that sscanf forgives
  }
  return static_cast<std::uint64_t>(since_epoch);
}

ClockPair ClockPair::now() {
  return {.boottime_ns = scopetrace::boottime_ns(), .realtime_ns = scopetrace::realtime_ns()};
}

}  // namespace scopetrace
