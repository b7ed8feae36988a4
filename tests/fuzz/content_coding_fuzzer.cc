// SPDX-License-Identifier: Apache-2.0
// Input: one byte that selects the codings, one for the piece size, then the encoded body.
// Property: content and memory stay within their bounds, an undecodable body keeps nothing, a
// complete body is stated at its true length.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/fuzz_target.h"
#include "userspace/protocol/body.h"

namespace {

using namespace scopetrace;

const std::vector<std::vector<std::string>> kCodings = {
    {}, {"gzip"}, {"deflate"}, {"br"}, {"zstd"}, {"gzip", "gzip"}, {"deflate", "zstd", "br"}};

void check(const HttpBody& body, std::size_t wire_bytes) {
  if (body.wire_bytes != wire_bytes) std::abort();
  if (body.content.size() > kMaxBodyBytes) std::abort();
  const bool is_lost = body.state == BodyState::kUndecodable;
  if (is_lost && (!body.content.empty() || body.reason.empty())) std::abort();
  const bool is_complete = body.state == BodyState::kComplete;
  if (is_complete && body.content.size() != body.decoded_bytes) std::abort();
}

}  // namespace

std::vector<std::string> make_seeds() {
  std::vector<std::string> seeds;
  const std::string bodies[] = {std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10),
                                std::string("\x78\x9c\x03\x00\x00\x00\x00\x01", 8),
                                std::string("\x21\x10\x00\x04hello\x03", 10),
                                std::string("\x28\xb5\x2f\xfd\x20\x01\x09\x00\x00x", 10)};
  for (char coding = 0; coding < 7; ++coding) {
    for (const std::string& body : bodies) seeds.push_back(std::string{coding, '\x03'} + body);
  }
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  count_accepted();
  const Bytes wire(reinterpret_cast<const std::byte*>(data + 2), size - 2);
  const std::size_t piece = 1U + data[1];
  BodyCollector collector;
  collector.begin(kCodings[data[0] % kCodings.size()]);
  for (std::size_t at = 0; at < wire.size(); at += piece) {
    collector.add(wire.subspan(at, std::min(piece, wire.size() - at)));
    if (collector.memory_bytes() > 3 * kMaxDecoderMemory + 2 * kMaxBodyBytes) std::abort();
  }
  check(collector.take((data[0] & 0x80) == 0), wire.size());
  return 0;
}
