// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/ip_address.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

using Ipv4 = std::array<unsigned, 4>;

std::optional<Ipv4> parse_ipv4(std::string_view text) {
  Ipv4 part{};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part[i]);
    if (error != std::errc{} || part[i] > 255) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (i == 3) break;
    if (text.empty() || text[0] != '.') return std::nullopt;
    text.remove_prefix(1);
  }
  return text.empty() ? std::optional(part) : std::nullopt;
}

struct Ipv4Range {
  unsigned first;  // first part of the address
  unsigned second_min;
  unsigned second_max;
};
// Private, loopback, link-local and shared addresses; multicast and above are apart. Source: the
// IANA special-purpose registry.
constexpr std::array<Ipv4Range, 7> kSpecialRanges = {{{0, 0, 255},
                                                      {10, 0, 255},
                                                      {100, 64, 127},
                                                      {127, 0, 255},
                                                      {169, 254, 254},
                                                      {172, 16, 31},
                                                      {192, 168, 168}}};

bool is_special(const Ipv4& part) {
  if (part[0] >= 224) return true;
  return std::any_of(kSpecialRanges.begin(), kSpecialRanges.end(), [&](const Ipv4Range& range) {
    return part[0] == range.first && part[1] >= range.second_min && part[1] <= range.second_max;
  });
}

// The eight groups of an IPv6 address. "::" stands for as many zeros as are missing.
using Ipv6 = std::array<unsigned, 8>;

// Groups of up to four hexadecimal digits between colons; how many were read, or nothing.
std::optional<std::size_t> read_groups(std::string_view text, Ipv6& groups) {
  std::size_t count = 0;
  if (text.empty()) return count;
  for (;;) {
    if (count == groups.size() || text.empty()) return std::nullopt;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), groups[count], 16);
    const auto size = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} || size > 4) return std::nullopt;
    ++count;
    text.remove_prefix(size);
    if (text.empty()) return count;
    if (text[0] != ':') return std::nullopt;
    text.remove_prefix(1);
  }
}

std::optional<Ipv6> parse_ipv6(std::string_view text) {
  Ipv6 head{}, tail{};
  const auto gap = text.find("::");
  const auto head_count = read_groups(text.substr(0, gap), head);
  if (!head_count) return std::nullopt;
  if (gap == text.npos) return *head_count == head.size() ? std::optional(head) : std::nullopt;
  const auto tail_count = read_groups(text.substr(gap + 2), tail);
  if (!tail_count || *head_count + *tail_count >= head.size()) return std::nullopt;
  std::copy_n(tail.begin(), *tail_count, head.end() - static_cast<std::ptrdiff_t>(*tail_count));
  return head;
}

}  // namespace

bool is_public_ipv4(std::string_view text) {
  if (text.size() < 7 || !is_digit(text[0])) return false;
  const auto address = parse_ipv4(text);
  return address && !is_special(*address);
}

bool is_public_ipv6(std::string_view text) {
  constexpr unsigned kDocumentation = 0x0db8;
  if (text.size() < 4 || text.find(':') == text.npos) return false;
  const auto address = parse_ipv6(text);
  if (!address || (*address)[0] >> 13 != 1) return false;  // 2000::/3 is what is routed
  return (*address)[0] != 0x2001 || (*address)[1] != kDocumentation;
}

}  // namespace scopetrace
