// SPDX-License-Identifier: Apache-2.0
// Input: a byte, then pieces of one TLS object (tests/support/stream_driver.h). The byte says
// whether the connection is seen from its preface on (0), or joined in the middle. Property: as of
// http1; and a field that is not known is counted.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/stream_driver.h"
#include "userspace/protocol/http2_frame.h"

using namespace scopetrace;
using namespace scopetrace::testing;

namespace {

using Type = Http2FrameType;

std::string frame(Type type, unsigned flags, char stream, const std::string& payload) {
  return std::string("\0\0", 2) + static_cast<char>(payload.size()) + static_cast<char>(type) +
         static_cast<char>(flags) + std::string("\0\0\0", 3) + stream + payload;
}

const std::string kSettings = frame(Type::kSettings, 0, 0, "");
const std::string kGet("\x82\x87\x84\x41\x01h\x40\x01x\x01y", 11);  // :authority h, x: y
const std::string kCoded("\x82\x87\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff",
                         17);

}  // namespace

std::vector<std::string> make_seeds() {
  const std::string get = frame(Type::kHeaders, kEndHeaders | kEndStream, 1, kGet);
  const std::string post = frame(Type::kHeaders, kEndHeaders, 3, "\x83\xbe\xbf") +
                           frame(Type::kData, kEndStream | kPadded, 3, std::string("\1a\0", 3));
  const std::string ok = frame(Type::kHeaders, kEndHeaders, 1, "\x88") +
                         frame(Type::kData, 0, 1, "hello") +
                         frame(Type::kHeaders, kEndHeaders | kEndStream, 1, "\x7e\x01z");
  const std::string split = frame(Type::kHeaders, kEndStream, 5, kCoded.substr(0, 3)) +
                            frame(Type::kContinuation, kEndHeaders, 5, kCoded.substr(3));
  const std::string push =
      frame(Type::kPushPromise, kEndHeaders, 1, std::string("\0\0\0\2", 4) + kGet);
  const std::string fresh(1, '\0');
  return {fresh + stream_piece(2, get + post) + stream_piece(3, ok),
          fresh + stream_piece(2, split) +
              stream_piece(3, frame(Type::kRstStream, 0, 5, std::string("\0\0\0\10", 4))),
          fresh + stream_piece(2, get) + stream_piece(3, push + ok),
          fresh + stream_piece(2, frame(Type::kHeaders, kEndHeaders, 1, "\x3f\xe1\x1f" + kCoded)) +
              stream_piece(3, frame(Type::kGoAway, 0, 0, std::string(8, '\0'))),
          "j" + stream_piece(2, post) + stream_piece(3, ok) + stream_piece(6, get),
          "j" + stream_piece(3, ok) + stream_piece(5 + 8 * 2, "lo") + stream_piece(2, get)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool is_fresh = data[0] == 0;
  const Bytes input(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
  const DissectorCounters counters = fuzz_dissector(input, [&](StreamDriver& driver) {
    if (!is_fresh) return;
    driver.call(ST_EGRESS, std::string(kHttp2Preface) + kSettings);
    driver.call(ST_INGRESS, kSettings);
  });
  // An entry of a table may be referred to by each byte of a block.
  if (counters.peak_memory_bytes > (64 << 10) * (4 + size)) std::abort();
  if (counters.exchanges != 0) count_accepted();
  return 0;
}
