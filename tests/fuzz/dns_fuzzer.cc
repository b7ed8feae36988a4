// SPDX-License-Identifier: Apache-2.0
// Input: datagrams, each a byte (1: from the server) and two bytes of length before it. Property:
// names are printable and bounded, addresses are addresses, and each question ends exactly once.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "tests/support/dns_builder.h"
#include "tests/support/event_builder.h"
#include "tests/support/fuzz_target.h"
#include "userspace/protocol/dns_lookups.h"

using namespace scopetrace;
using scopetrace::testing::DnsBuilder;

namespace {

std::string piece(int kind, const std::string& text) {
  return std::string{static_cast<char>(kind), static_cast<char>(text.size() >> 8),
                     static_cast<char>(text.size() & 0xff)} +
         text;
}

void check_name(const std::string& name) {
  if (name.size() > 1025) std::abort();  // NS_MAXDNAME: 255 bytes, escaped
  for (const char c : name)
    if (c <= 0x20 || c >= 0x7f) std::abort();
}

void check(const DnsLookup& lookup) {
  check_name(lookup.question);
  if (lookup.answers.size() > kMaxDnsAnswers) std::abort();
  for (const DnsRecord& answer : lookup.answers) {
    check_name(answer.name);
    check_name(answer.value);
    if ((answer.type == "A" || answer.type == "AAAA") && answer.value.empty()) std::abort();
  }
  if (!lookup.answers.empty() && lookup.outcome != DnsOutcome::kAnswered &&
      lookup.outcome != DnsOutcome::kTruncated)
    std::abort();
}

}  // namespace

std::vector<std::string> make_seeds() {
  DnsBuilder message(7, "api.example", testing::kDnsA);
  message.answer("api.example", testing::kDnsCname, testing::dns_name("b.example"))
      .answer("b.example", testing::kDnsA, "\x7f\1\1\1");
  return {piece(0, message.query()) + piece(1, message.reply()), piece(0, message.query())};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader reader(Bytes(reinterpret_cast<const std::byte*>(data), size));
  DnsLookups lookups;
  std::size_t ended = 0;
  std::size_t asked = 0;
  while (const auto head = reader.take(3)) {
    const bool is_answer = (std::to_integer<unsigned>((*head)[0]) & 1) != 0;
    const std::size_t bytes =
        std::to_integer<std::size_t>((*head)[1]) << 8 | std::to_integer<std::size_t>((*head)[2]);
    const Bytes text = *reader.take(std::min(bytes, reader.rest().size()));
    asked += is_answer ? 0 : 1;
    const auto record = make_dns(is_answer ? ST_INGRESS : ST_EGRESS, as_text(text));
    for (const DnsLookup& lookup : lookups.push({record, text})) {
      check(lookup);
      ++ended;
    }
  }
  const auto open = lookups.finish();
  if (ended + open.size() > asked) std::abort();
  if (ended + open.size() > 0) count_accepted();
  return 0;
}
