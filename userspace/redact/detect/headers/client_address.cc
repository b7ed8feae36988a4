// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/headers/client_address.h"

#include <algorithm>
#include <array>

#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/scan/ip_address.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::array<std::string_view, 19> kWords = {
    "external-address", "sourceipaddress", "forwarded",     "real-ip",  "real_ip",
    "client-ip",        "client_ip",       "clientip",      "client: ", "remote_ip",
    "remoteip",         "connecting-ip",   "connecting_ip", "user_ip",  "visitor_ip",
    "real ip",          "real.ip",         "client.ip",     "remote-ip"};
constexpr std::size_t kMaxList = 512;
constexpr std::size_t kMaxGap = 20;
constexpr std::string_view kFor = "for=";  // of the field Forwarded, RFC 7239

bool is_address_char(char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; }
bool is_name_char(char c) { return is_alnum(c) || c == '-' || c == '_'; }
bool is_between(char c) { return c == ' ' || c == '\t' || is_in(c, ",;\"'[]\\="); }

// The address without a port: 8.8.4.4:80.
std::string_view without_port(std::string_view text) {
  const auto colon = text.find(':');
  const bool is_single = colon != text.npos && text.find(':', colon + 1) == text.npos;
  return is_single ? text.substr(0, colon) : text;
}

std::size_t address_end(std::string_view text, std::size_t at) {
  while (at < text.size() && is_address_char(text[at])) ++at;
  return at;
}

// Of the name that begins with `word`.
std::size_t end_of_name(std::string_view text, TextRange word) {
  if (!is_name_char(text[word.end - 1])) return word.end;
  while (word.end < text.size() && is_name_char(text[word.end])) ++word.end;
  return word.end;
}

// Where the first address begins, in at most kMaxGap bytes of punctuation and short words behind
// the name: ": ", "', b'", "\" content=\"", " -> ".
std::size_t first_address(std::string_view text, std::size_t at) {
  const std::size_t limit = std::min(text.size(), at + kMaxGap);
  while (at < limit && text[at] != '\n') {
    if (!is_address_char(text[at])) {
      ++at;
      continue;
    }
    const std::size_t stop = address_end(text, at);
    const std::string_view token = text.substr(at, stop - at);
    if (count_digits(token) >= 2 && token.find_first_of(".:") != token.npos) return at;
    at = stop;
  }
  return text.size();
}

}  // namespace

std::vector<std::string_view> client_address_words() { return {kWords.begin(), kWords.end()}; }

void take_client_addresses(ScanText& scan, TextRange word, std::vector<Finding>& findings) {
  const std::string_view text =
      scan.text.substr(0, std::min(scan.text.size(), word.end + kMaxList));
  for (std::size_t at = first_address(text, end_of_name(text, word)); at < text.size();) {
    while (at < text.size() && is_between(text[at])) ++at;
    if (text.substr(at, kFor.size()) == kFor) {
      at += kFor.size();
      continue;
    }
    const std::size_t stop = address_end(text, at);
    if (stop == text.size()) wants_line(scan, word.begin);
    const std::string_view address = without_port(text.substr(at, stop - at));
    if (address.size() < 3 || address.find_first_of(".:") == address.npos) return;
    if (is_public_address(address)) findings.push_back({{at, at + address.size()}, "client-ip"});
    at = stop;
  }
}

}  // namespace scopetrace
