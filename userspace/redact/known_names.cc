// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/known_names.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
constexpr std::size_t kMaxAliases = 16;  // of a chain that are followed

// As inet_ntop writes it; an IPv4 address inside IPv6 (RFC 4291 section 2.5.5.2) as IPv4.
std::string peer_address(const st_connection_event& connection) {
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const __u8* address = connection.peer_address;
  int family = connection.family;
  if (family == AF_INET6 && std::memcmp(address, kMapped.data(), kMapped.size()) == 0) {
    family = AF_INET;
    address += kMapped.size();
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, address, text.data(), text.size());
  return text.data();
}

// The names that the answer gives for the question: itself, and what CNAME records lead to.
std::set<std::string> aliases_of(const DnsLookup& lookup) {
  std::set<std::string> names = {to_lower(lookup.question)};
  for (std::size_t before = 0; before != names.size() && names.size() < kMaxAliases;) {
    before = names.size();
    for (const DnsRecord& answer : lookup.answers) {
      if (answer.type == "CNAME" && names.contains(to_lower(answer.name)))
        names.insert(to_lower(answer.value));
    }
  }
  return names;
}

}  // namespace

void KnownNames::learn(const DnsLookup& lookup) {
  if (lookup.outcome != DnsOutcome::kAnswered) return;
  const std::set<std::string> names = aliases_of(lookup);
  const std::string question = to_lower(lookup.question).substr(0, kMaxNameBytes);
  for (const DnsRecord& answer : lookup.answers) {
    const bool is_address = answer.type == "A" || answer.type == "AAAA";
    if (!is_address || !names.contains(to_lower(answer.name))) continue;
    const std::uint64_t kept_ns =
        std::clamp(answer.ttl_seconds * kNsPerSecond, kLeastKeptNs, kMostKeptNs);
    add(answer.value, question, lookup.origin.time_ns + kept_ns);
  }
}

void KnownNames::add(const std::string& address, const std::string& question,
                     std::uint64_t until_ns) {
  auto found = by_address_.find(address);
  if (found == by_address_.end()) {
    if (order_.size() >= kMaxAddresses) {
      by_address_.erase(order_.front());
      order_.pop_front();
    }
    order_.push_back(address);
    found = by_address_.try_emplace(address).first;
  }
  std::vector<Name>& names = found->second;
  std::erase_if(names, [&](const Name& name) { return name.text == question; });
  if (names.size() >= kMaxNames) names.erase(names.begin());
  names.push_back({question, until_ns});
}

std::vector<std::string> KnownNames::names_of(const st_connection_event& connection) const {
  std::vector<std::string> names;
  const auto found = by_address_.find(peer_address(connection));
  if (found == by_address_.end()) return names;
  for (const Name& name : found->second) {
    if (name.until_ns >= connection.header.time_ns) names.push_back(name.text);
  }
  return names;
}

}  // namespace scopetrace
