// SPDX-License-Identifier: Apache-2.0
// Reads DNS messages, by the parser of libresolv, which is part of the C library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/bytes.h"

namespace scopetrace {

inline constexpr std::size_t kMaxDnsAnswers = 64;  // of one message that are looked at

// One record of an answer. Names are as sent, without trailing dot; what is no letter, digit,
// hyphen or underscore is escaped as in RFC 4343 section 2.1.
struct DnsRecord {
  std::string name;
  std::string type;   // "A", "AAAA", "CNAME", …, "TYPE65280" (RFC 3597 section 5)
  std::string value;  // address or name, of A, AAAA and CNAME; else empty
  std::uint32_t ttl_seconds = 0;
};

struct DnsMessage {
  bool is_answer = false;
  bool is_truncated = false;  // by the server: the rest is had by TCP
  unsigned rcode = 0;         // RFC 1035 section 4.1.1
  std::string question;
  std::string type;
  std::vector<DnsRecord> answers;
};

// One datagram. Nothing for what is no DNS message of opcode QUERY with one question of class
// Internet (RFC 1035 section 4), or whose names or records go outside it, loop or are cut.
std::optional<DnsMessage> parse_dns(Bytes datagram);

// Names of DNS differ in case only by chance (RFC 4343).
bool is_same_name(std::string_view a, std::string_view b);

// noerror, formerr, servfail, nxdomain, notimp, refused, else rcodeN (RFC 6895 section 2.3).
std::string dns_rcode_name(unsigned rcode);

}  // namespace scopetrace
