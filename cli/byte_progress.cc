// SPDX-License-Identifier: Apache-2.0
#include "cli/byte_progress.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace scopetrace {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(200);
constexpr const char* kEraseLine = "\r\033[K";

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array kUnits = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  return fmt::format("{:.{}f} {}", value, unit == 0 ? 0 : 1, kUnits[unit]);
}

}  // namespace

std::string format_progress(std::uint64_t done_bytes, std::uint64_t size_bytes, double seconds) {
  std::string text = format_bytes(done_bytes);
  // A file that grows while it is read has no more than all of it behind it.
  if (size_bytes > 0)
    text += fmt::format("  {} %", std::min(done_bytes, size_bytes) * 100 / size_bytes);
  if (seconds > 0)
    text += fmt::format("  {:.0f} MB/s", static_cast<double>(done_bytes) / seconds / 1e6);
  return text;
}

void ByteProgress::add(std::uint64_t read_bytes) {
  done_bytes_ += read_bytes;
  if (!may_show_) return;
  const auto now = Clock::now();
  if (now - last_ < kInterval) return;
  last_ = now;
  is_shown_ = true;
  const std::chrono::duration<double> seconds = now - start_;
  fmt::print(stderr, "{}{}", kEraseLine,
             format_progress(done_bytes_, size_bytes_, seconds.count()));
}

void ByteProgress::clear() {
  if (is_shown_) std::fputs(kEraseLine, stderr);
  is_shown_ = false;
}

}  // namespace scopetrace
