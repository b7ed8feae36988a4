// SPDX-License-Identifier: Apache-2.0
// Puts questions and answers of DNS together.
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "userspace/protocol/message.h"

namespace scopetrace {

inline constexpr std::uint64_t kDnsPatienceNs = 30'000'000'000;  // longer than resolvers wait

// A question waits for the first answer of its number, on its port, that repeats it; an answer that
// nobody asked for is none. At most kMaxOpen wait: the oldest is then told as unanswered.
class DnsLookups {
 public:
  static constexpr std::size_t kMaxOpen = 1024;

  // Takes a datagram; the lookups that ended with it. One that is no DNS message is nothing.
  std::vector<DnsLookup> push(const DnsEvent& event);
  // Those that have waited too long by `now_ns`, CLOCK_BOOTTIME.
  std::vector<DnsLookup> expire(std::uint64_t now_ns);
  // All that still wait.
  std::vector<DnsLookup> finish();

 private:
  struct Open {
    std::uint64_t key;
    DnsLookup lookup;
  };
  using Queue = std::list<Open>;  // oldest first

  std::vector<DnsLookup> ask(const DnsEvent& event, std::uint64_t key);
  std::vector<DnsLookup> answer(const DnsEvent& event, std::uint64_t key);
  DnsLookup take(Queue::iterator open, DnsOutcome outcome);

  Queue queue_;
  std::unordered_map<std::uint64_t, Queue::iterator> by_key_;
};

}  // namespace scopetrace
