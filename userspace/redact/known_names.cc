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
    Address& address = address_of(answer.value);
    make_room(address, question, lookup.origin.time_ns);
    address.names.push_back({question, lookup.origin.time_ns + kept_ns});
  }
}

KnownNames::Address& KnownNames::address_of(const std::string& text) {
  const auto found = by_address_.find(text);
  if (found != by_address_.end()) return found->second;
  if (order_.size() >= kMaxAddresses) forget_oldest();
  order_.push_back(text);
  Address& address = by_address_[text];
  address.crowded_until_ns = forgotten_until_ns_;
  return address;
}

void KnownNames::forget_oldest() {
  const auto oldest = by_address_.find(order_.front());
  const Address& address = oldest->second;
  forgotten_until_ns_ = std::max(forgotten_until_ns_, address.crowded_until_ns);
  for (const Name& name : address.names)
    forgotten_until_ns_ = std::max(forgotten_until_ns_, name.until_ns);
  by_address_.erase(oldest);
  order_.pop_front();
}

// For one more name, which replaces itself.
void KnownNames::make_room(Address& address, const std::string& name, std::uint64_t now_ns) {
  std::vector<Name>& names = address.names;
  std::erase_if(names, [&](const Name& old) { return old.text == name || old.until_ns < now_ns; });
  if (names.size() < kMaxNames) return;
  address.crowded_until_ns = std::max(address.crowded_until_ns, names.front().until_ns);
  names.erase(names.begin());
}

bool KnownNames::is_crowded(const st_connection_event& connection) const {
  const auto found = by_address_.find(peer_address(connection));
  return found != by_address_.end() && found->second.crowded_until_ns >= connection.header.time_ns;
}

std::vector<std::string> KnownNames::names_of(const st_connection_event& connection) const {
  std::vector<std::string> names;
  const auto found = by_address_.find(peer_address(connection));
  if (found == by_address_.end()) return names;
  for (const Name& name : found->second.names) {
    if (name.until_ns >= connection.header.time_ns) names.push_back(name.text);
  }
  return names;
}

}  // namespace scopetrace
