// SPDX-License-Identifier: Apache-2.0
#include "cli/line_view.h"

#include <fmt/core.h>

#include "cli/terminal.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxClassName = 32;
constexpr std::size_t kMaxClasses = 64;  // that one line may list

}  // namespace

const LineJson& member(const LineJson& object, const char* key) {
  static const LineJson nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(key);
  return found != object.end() ? *found : nothing;
}

std::string text_of(const LineJson& object, const char* key) {
  const LineJson& value = member(object, key);
  return value.is_string() ? escape_for_terminal(value.get_ref<const std::string&>()) : "";
}

std::uint64_t number_of(const LineJson& object, const char* key) {
  const LineJson& value = member(object, key);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

std::string list_of(const LineJson& object, const char* key, std::size_t limit) {
  const LineJson& list = member(object, key);
  if (!list.is_array()) return "";
  std::string text;
  std::size_t shown = 0;
  for (const LineJson& element : list) {
    if (!element.is_string() || shown == limit) break;
    text += (shown++ == 0 ? "" : ", ") + escape_for_terminal(element.get_ref<const std::string&>());
  }
  return list.size() > shown ? fmt::format("{}, and {} more", text, list.size() - shown) : text;
}

std::string clock_of(const LineJson& line) {
  const std::string time = text_of(line, "time");
  return time.size() >= 23 ? time.substr(11, 12) : "--:--:--.---";
}

std::string size_text(std::uint64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (bytes < 1024) return fmt::format("{} B", bytes);
  if (bytes < 1024 * 1024) return fmt::format("{:.1f} KiB", value / 1024);
  return fmt::format("{:.1f} MiB", value / 1024 / 1024);
}

std::string duration_text(std::uint64_t ns) {
  const auto value = static_cast<double>(ns);
  if (ns < 1'000'000) return fmt::format("{:.0f} us", value / 1e3);
  if (ns < 1'000'000'000) return fmt::format("{:.0f} ms", value / 1e6);
  return fmt::format("{:.2f} s", value / 1e9);
}

std::map<std::string_view, std::uint64_t> placeholder_classes(std::string_view raw) {
  constexpr std::string_view kMark = "[REDACTED:";
  std::map<std::string_view, std::uint64_t> classes;
  for (std::size_t at = raw.find(kMark); at != std::string_view::npos; at = raw.find(kMark, at)) {
    at += kMark.size();
    const std::size_t length = raw.substr(at, kMaxClassName + 1).find_first_of(":]");
    if (length == std::string_view::npos || classes.size() == kMaxClasses) continue;
    ++classes[raw.substr(at, length)];
  }
  return classes;
}

std::string redactions_in(std::string_view raw) {
  std::string text;
  for (const auto& [name, count] : placeholder_classes(raw)) {
    text += (text.empty() ? "" : ", ") + escape_for_terminal(name);
    if (count > 1) text += fmt::format(" x{}", count);
  }
  return text;
}

bool is_failed_exchange(const LineJson& line) {
  const LineJson& response = member(line, "response");
  return number_of(response, "status") >= 400 || number_of(response, "grpc_status") != 0 ||
         text_of(line, "outcome") != "complete";
}

}  // namespace scopetrace
