// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/client_address.h"

#include <algorithm>
#include <array>

#include "userspace/redact/scan/ip_address.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::array<std::string_view, 13> kWords = {
    "forwarded", "real-ip",  "real_ip",       "client-ip",     "client_ip", "clientip",  "client: ",
    "remote_ip", "remoteip", "connecting-ip", "connecting_ip", "user_ip",   "visitor_ip"};
constexpr std::size_t kMaxList = 512;

bool is_address_char(char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; }
bool is_name_char(char c) { return is_alnum(c) || c == '-' || c == '_'; }
bool is_between(char c) {
  return c == ' ' || c == '\t' || std::string_view(",;\"'[]\\=").find(c) != std::string_view::npos;
}

// The address without a port: 8.8.4.4:80.
std::string_view without_port(std::string_view text) {
  const auto colon = text.find(':');
  const bool is_single = colon != text.npos && text.find(':', colon + 1) == text.npos;
  return is_single ? text.substr(0, colon) : text;
}

}  // namespace

std::vector<std::string_view> client_address_words() { return {kWords.begin(), kWords.end()}; }

void take_client_addresses(std::string_view text, std::size_t end, std::vector<Finding>& findings) {
  text = text.substr(0, std::min(text.size(), end + kMaxList));
  while (end < text.size() && is_name_char(text[end])) ++end;
  bool is_list = true;
  for (std::size_t at = end; at < text.size() && is_list;) {
    const bool opens = at == end || text[at] != ':';
    while (at < text.size() && (is_between(text[at]) || (opens && text[at] == ':' && at < end + 4)))
      ++at;
    constexpr std::string_view kFor = "for=";
    if (text.substr(at, kFor.size()) == kFor) {
      at += kFor.size();
      continue;
    }
    std::size_t stop = at;
    while (stop < text.size() && is_address_char(text[stop])) ++stop;
    const std::string_view address = without_port(text.substr(at, stop - at));
    is_list = address.size() >= 3 && address.find_first_of(".:") != address.npos;
    if (is_list && is_public_address(address))
      findings.push_back({{at, at + address.size()}, "client-ip"});
    at = stop;
  }
}

}  // namespace scopetrace
