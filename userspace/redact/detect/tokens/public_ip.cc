// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/tokens/public_ip.h"

#include <algorithm>
#include <optional>

#include "userspace/redact/scan/ip_address.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::string_view kClass = "ip-address";
constexpr std::size_t kMaxGroup = 3;  // digits of a part of IPv4

bool is_word(char c) { return is_alnum(c) || c == '_'; }

// The dotted number whose first part ends at the dot `at`; its end is behind what cannot be one.
TextRange dotted_around(std::string_view text, std::size_t at) {
  TextRange range{at, at};
  while (range.begin > 0 && at - range.begin <= kMaxGroup && is_digit(text[range.begin - 1])) {
    --range.begin;
  }
  while (range.end + 1 < text.size() && text[range.end] == '.' && is_digit(text[range.end + 1])) {
    ++range.end;
    while (range.end < text.size() && is_digit(text[range.end])) ++range.end;
  }
  return range;
}

bool stands_alone(std::string_view text, TextRange range, char joint) {
  const bool is_begun =
      range.begin > 0 && (is_word(text[range.begin - 1]) || text[range.begin - 1] == joint);
  return !is_begun && (range.end >= text.size() || !is_word(text[range.end]));
}

void find_ipv4(std::string_view text, std::vector<Finding>& findings) {
  for (auto at = text.find('.'); at != text.npos; at = text.find('.', at)) {
    const TextRange range = dotted_around(text, at);
    const std::string_view word = text.substr(range.begin, range.end - range.begin);
    if (is_public_ipv4(word) && stands_alone(text, range, '.')) findings.push_back({range, kClass});
    at = std::max(at + 1, range.end);
  }
}

// The run of characters of an address whose first group, four digits, ends at the colon `at`.
std::optional<TextRange> ipv6_around(std::string_view text, std::size_t at) {
  if (at < 4 || (text[at - 4] != '2' && text[at - 4] != '3')) return std::nullopt;
  TextRange range{at - 4, at};
  const auto belongs = [](char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; };
  while (range.end < text.size() && belongs(text[range.end])) ++range.end;
  return range;
}

void find_ipv6(std::string_view text, std::vector<Finding>& findings) {
  for (auto at = text.find(':'); at != text.npos; at = text.find(':', at)) {
    const auto run = ipv6_around(text, at);
    at = std::max(at + 1, run ? run->end : 0);
    if (!run) continue;
    TextRange range = *run;
    const char last = text[range.end - 1];  // of the sentence, or of "address:"
    if (last == '.' || (last == ':' && text[range.end - 2] != ':')) --range.end;
    const std::string_view word = text.substr(range.begin, range.end - range.begin);
    if (is_public_ipv6(word) && stands_alone(text, range, ':')) findings.push_back({range, kClass});
  }
}

}  // namespace

void find_public_ips(std::string_view text, std::vector<Finding>& findings) {
  find_ipv4(text, findings);
  find_ipv6(text, findings);
}

}  // namespace scopetrace
