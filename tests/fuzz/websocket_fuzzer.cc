// SPDX-License-Identifier: Apache-2.0
// Input: a byte, then pieces of one TLS object (tests/support/stream_driver.h) behind its upgrade
// to WebSocket. The byte says what was agreed: permessage-deflate (1), windows not kept (2).
// Property: as of http1.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/stream_driver.h"

using namespace scopetrace;
using namespace scopetrace::testing;

namespace {

std::string answer(unsigned agreed) {
  std::string text = "HTTP/1.1 101 S\r\nUpgrade: websocket\r\n";
  if ((agreed & 1) != 0) {
    text += "Sec-WebSocket-Extensions: permessage-deflate";
    if ((agreed & 2) != 0) text += "; client_no_context_takeover; server_no_context_takeover";
    text += "\r\n";
  }
  return text + "\r\n";
}

}  // namespace

std::vector<std::string> make_seeds() {
  const std::string hello("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00", 9);  // RFC 7692 section 7.2.3.1
  const std::string again("\xc1\x05\xf2\x00\x11\x00\x00", 7);          // 7.2.3.2, window kept
  const std::string masked("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);  // RFC 6455 5.7
  const std::string parts("\x01\x03Hel\x89\0\x80\x02lo", 11);
  const std::string plain(1, '\0');
  return {plain + stream_piece(3, "\x81\5Hello") + stream_piece(2, masked),
          plain + stream_piece(3, parts) + stream_piece(3, std::string("\x88\2\3\xe8", 4)),
          plain + stream_piece(3, std::string("\x82\x7e\1\0", 4) + std::string(200, 'b')) +
              stream_piece(1, std::string(56, 'b')),
          "\1" + stream_piece(3, hello + again),
          "\3" + stream_piece(3, hello + hello) + stream_piece(7 + 8 * 3, hello)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes input(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
  const DissectorCounters counters = fuzz_dissector(input, [&](StreamDriver& driver) {
    driver.call(ST_EGRESS, "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
    driver.call(ST_INGRESS, answer(data[0]));
  });
  if (counters.peak_memory_bytes > std::size_t{2 << 20}) std::abort();
  if (counters.websocket_messages != 0) count_accepted();
  return 0;
}
