// SPDX-License-Identifier: Apache-2.0
// Input: datagrams, each a byte (1: from the server) and two bytes of length before it. Property:
// names are printable and bounded, addresses are addresses, and each question ends exactly once.
#include <cstdint>
#include <cstdlib>

#include "tests/support/dns_builder.h"
#include "tests/support/event_builder.h"
#include "tests/support/fuzz_target.h"
#include "tests/support/pieces.h"
#include "userspace/protocol/dns_lookups.h"

using namespace scopetrace;
using scopetrace::testing::DnsBuilder;
using scopetrace::testing::make_piece;
using scopetrace::testing::take_piece;

namespace {

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
  return {make_piece(0, message.query()) + make_piece(1, message.reply()),
          make_piece(0, message.query())};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader reader(Bytes(reinterpret_cast<const std::byte*>(data), size));
  DnsLookups lookups;
  std::size_t ended = 0;
  std::size_t asked = 0;
  while (const auto piece = take_piece(reader)) {
    const bool is_answer = (piece->kind & 1) != 0;
    asked += is_answer ? 0 : 1;
    const auto record = make_dns(is_answer ? ST_INGRESS : ST_EGRESS, as_text(piece->text));
    for (const DnsLookup& lookup : lookups.push({record, piece->text})) {
      check(lookup);
      ++ended;
    }
  }
  const auto open = lookups.finish();
  if (ended + open.size() > asked) std::abort();
  if (ended + open.size() > 0) count_accepted();
  return 0;
}
