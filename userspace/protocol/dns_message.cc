// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/dns_message.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace scopetrace {
namespace {

const unsigned char* begin_of(Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// Without trailing dot.
std::string plain_name(std::string_view name) {
  if (name.ends_with('.') && !name.ends_with("\\.")) name.remove_suffix(1);
  return std::string(name);
}

// The types that are met in practice (RFC 1035, 3596, 2782, 9460).
std::string type_name(unsigned type) {
  switch (type) {
    case ns_t_a:
      return "A";
    case ns_t_ns:
      return "NS";
    case ns_t_cname:
      return "CNAME";
    case ns_t_soa:
      return "SOA";
    case ns_t_ptr:
      return "PTR";
    case ns_t_mx:
      return "MX";
    case ns_t_txt:
      return "TXT";
    case ns_t_aaaa:
      return "AAAA";
    case ns_t_srv:
      return "SRV";
    case ns_t_naptr:
      return "NAPTR";
    case 64:
      return "SVCB";
    case 65:
      return "HTTPS";
    case ns_t_any:
      return "ANY";
    default:
      return "TYPE" + std::to_string(type);
  }
}

std::optional<std::string> address_of(int family, const ns_rr& record) {
  const std::size_t size = family == AF_INET ? NS_INADDRSZ : NS_IN6ADDRSZ;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (ns_rr_rdlen(record) != size) return std::nullopt;
  inet_ntop(family, ns_rr_rdata(record), text.data(), text.size());
  return text.data();
}

std::optional<std::string> name_of(const ns_msg& message, const ns_rr& record) {
  std::array<char, NS_MAXDNAME> text{};
  const int used = ns_name_uncompress(ns_msg_base(message), ns_msg_end(message),
                                      ns_rr_rdata(record), text.data(), text.size());
  if (used < 0 || used != ns_rr_rdlen(record)) return std::nullopt;
  return plain_name(text.data());
}

// Nothing: the value is not what its type says.
std::optional<std::string> value_of(const ns_msg& message, const ns_rr& record) {
  switch (ns_rr_type(record)) {
    case ns_t_a:
      return address_of(AF_INET, record);
    case ns_t_aaaa:
      return address_of(AF_INET6, record);
    case ns_t_cname:
      return name_of(message, record);
    default:
      return "";
  }
}

std::optional<DnsRecord> read_answer(ns_msg& message, int at) {
  ns_rr record;
  if (ns_parserr(&message, ns_s_an, at, &record) != 0 || ns_rr_class(record) != ns_c_in)
    return std::nullopt;
  auto value = value_of(message, record);
  if (!value) return std::nullopt;
  return DnsRecord{.name = plain_name(ns_rr_name(record)),
                   .type = type_name(ns_rr_type(record)),
                   .value = std::move(*value),
                   .ttl_seconds = ns_rr_ttl(record)};
}

}  // namespace

std::optional<DnsMessage> parse_dns(Bytes datagram) {
  ns_msg message;
  ns_rr question;
  if (datagram.size() > NS_MAXMSG ||
      ns_initparse(begin_of(datagram), static_cast<int>(datagram.size()), &message) != 0 ||
      ns_msg_getflag(message, ns_f_opcode) != ns_o_query || ns_msg_count(message, ns_s_qd) != 1 ||
      ns_parserr(&message, ns_s_qd, 0, &question) != 0 || ns_rr_class(question) != ns_c_in)
    return std::nullopt;
  DnsMessage read;
  read.is_answer = ns_msg_getflag(message, ns_f_qr) != 0;
  read.is_truncated = ns_msg_getflag(message, ns_f_tc) != 0;
  read.rcode = static_cast<unsigned>(ns_msg_getflag(message, ns_f_rcode));
  read.question = plain_name(ns_rr_name(question));
  read.type = type_name(ns_rr_type(question));
  const int answers = std::min<int>(ns_msg_count(message, ns_s_an), kMaxDnsAnswers);
  for (int at = 0; at < answers; ++at) {
    auto answer = read_answer(message, at);
    if (!answer) return std::nullopt;
    read.answers.push_back(std::move(*answer));
  }
  return read;
}

bool is_same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string dns_rcode_name(unsigned rcode) {
  constexpr std::array kNames = {"noerror", "formerr", "servfail", "nxdomain", "notimp", "refused"};
  return rcode < kNames.size() ? kNames[rcode] : "rcode" + std::to_string(rcode);
}

}  // namespace scopetrace
