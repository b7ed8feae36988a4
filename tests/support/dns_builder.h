// SPDX-License-Identifier: Apache-2.0
// Writes DNS messages byte by byte (RFC 1035 section 4).
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace scopetrace::testing {

inline constexpr unsigned kDnsA = 1, kDnsCname = 5, kDnsTxt = 16, kDnsAaaa = 28;

inline std::string dns_short(unsigned value) {
  return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}

// "api.example" as labels.
inline std::string dns_name(std::string_view name) {
  std::string wire;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    wire += static_cast<char>(label.size());
    wire += label;
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  return wire + '\0';
}

// One message about one question; records are answers.
class DnsBuilder {
 public:
  DnsBuilder(std::uint16_t id, std::string_view question, unsigned type)
      : id_(id), question_(dns_name(question) + dns_short(type) + dns_short(1)) {}

  DnsBuilder& answer(std::string_view name, unsigned type, std::string_view data,
                     unsigned ttl = 60) {
    records_ += dns_name(name) + dns_short(type) + dns_short(1) + dns_short(ttl >> 16) +
                dns_short(ttl) + dns_short(static_cast<unsigned>(data.size()));
    records_ += data;
    ++answers_;
    return *this;
  }
  DnsBuilder& rcode(unsigned rcode) {
    flags_ |= rcode;
    return *this;
  }
  DnsBuilder& truncated() {
    flags_ |= 0x0200;
    return *this;
  }

  std::string query() const {
    return dns_short(id_) + dns_short(0x0100) + dns_short(1) + std::string(6, '\0') + question_;
  }
  std::string reply() const {
    return dns_short(id_) + dns_short(0x8180 | flags_) + dns_short(1) + dns_short(answers_) +
           std::string(4, '\0') + question_ + records_;
  }

 private:
  std::uint16_t id_;
  unsigned flags_ = 0;
  unsigned answers_ = 0;
  std::string question_;
  std::string records_;
};

}  // namespace scopetrace::testing
