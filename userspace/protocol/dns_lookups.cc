// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/dns_lookups.h"

#include <utility>

namespace scopetrace {
namespace {

// Process, port and number of a message: each in bits of its own.
std::uint64_t key_of(const DnsEvent& event) {
  const Bytes id = event.datagram.first(2);
  return std::uint64_t{event.record.header.tgid} << 32 |
         std::uint64_t{event.record.local_port} << 16 | std::to_integer<std::uint64_t>(id[0]) << 8 |
         std::to_integer<std::uint64_t>(id[1]);
}

}  // namespace

std::vector<DnsLookup> DnsLookups::push(const DnsEvent& event) {
  if (event.datagram.size() < 2) return {};
  const std::uint64_t key = key_of(event);
  return event.record.direction == ST_EGRESS ? ask(event, key) : answer(event, key);
}

std::vector<DnsLookup> DnsLookups::ask(const DnsEvent& event, std::uint64_t key) {
  std::vector<DnsLookup> ended;
  const auto message = parse_dns(event.datagram);
  if (!message || message->is_answer) return ended;
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) {
    const DnsLookup& open = found->second->lookup;
    if (is_same_name(open.question, message->question) && open.type == message->type)
      return ended;  // again
    ended.push_back(take(found->second, DnsOutcome::kTimeout));
  }
  if (queue_.size() >= kMaxOpen) ended.push_back(take(queue_.begin(), DnsOutcome::kTimeout));
  DnsLookup lookup;
  const st_event_header& header = event.record.header;
  lookup.origin = {header.time_ns, header.tgid, header.tid};
  lookup.record = event.record;
  lookup.question = message->question;
  lookup.type = message->type;
  queue_.push_back({key, std::move(lookup)});
  by_key_[key] = std::prev(queue_.end());
  return ended;
}

std::vector<DnsLookup> DnsLookups::answer(const DnsEvent& event, std::uint64_t key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return {};
  const DnsLookup& open = found->second->lookup;
  auto message = parse_dns(event.datagram);
  const bool is_other =
      message && (!message->is_answer || !is_same_name(message->question, open.question) ||
                  message->type != open.type);
  if (is_other) return {};
  const std::uint64_t asked_ns = open.origin.time_ns;
  const DnsOutcome outcome = !message                ? DnsOutcome::kUnreadable
                             : message->is_truncated ? DnsOutcome::kTruncated
                                                     : DnsOutcome::kAnswered;
  DnsLookup lookup = take(found->second, outcome);
  const std::uint64_t answered_ns = event.record.header.time_ns;
  lookup.duration_ns = answered_ns > asked_ns ? answered_ns - asked_ns : 0;
  if (message) {
    lookup.rcode = message->rcode;
    lookup.answers = std::move(message->answers);
  }
  std::vector<DnsLookup> ended;
  ended.push_back(std::move(lookup));
  return ended;
}

std::vector<DnsLookup> DnsLookups::expire(std::uint64_t now_ns) {
  std::vector<DnsLookup> ended;
  while (!queue_.empty() && now_ns > queue_.front().lookup.origin.time_ns + kDnsPatienceNs) {
    ended.push_back(take(queue_.begin(), DnsOutcome::kTimeout));
  }
  return ended;
}

std::vector<DnsLookup> DnsLookups::finish() {
  std::vector<DnsLookup> ended;
  while (!queue_.empty()) ended.push_back(take(queue_.begin(), DnsOutcome::kOpen));
  return ended;
}

DnsLookup DnsLookups::take(Queue::iterator open, DnsOutcome outcome) {
  DnsLookup lookup = std::move(open->lookup);
  lookup.outcome = outcome;
  by_key_.erase(open->key);
  queue_.erase(open);
  return lookup;
}

}  // namespace scopetrace
