// SPDX-License-Identifier: Apache-2.0
// Input: pieces of one TLS object (tests/support/stream_driver.h). Property: memory is bounded,
// every exchange holds a message, lengths are consistent, and each byte pushed is counted as parsed
// or unparsed at the end of the stream, never more than once.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/stream_driver.h"

using namespace scopetrace;
using namespace scopetrace::testing;

std::vector<std::string> make_seeds() {
  const std::string get = stream_piece(2, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string head = "HTTP/1.1 200 OK\r\n";
  return {
      get + stream_piece(3, head + "Content-Length: 5\r\n\r\nhello"),
      get +
          stream_piece(3, head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\na: b\r\n\r\n"),
      get + stream_piece(3, head + "Content-Length: 9\r\n\r\nhe") +
          stream_piece(5 + 8 * 2, "hello"),
      get + stream_piece(3, "HTTP/1.1 100 C\r\n\r\n") + stream_piece(1, head + "\r\nuntil close"),
      stream_piece(2, "CONNECT a:1 HTTP/1.1\r\n\r\n") + stream_piece(3, head + "\r\nx") +
          stream_piece(2, "raw"),
      stream_piece(2, "HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n") +
          stream_piece(3, head + "\r\n" + head),
      stream_piece(3, "POST / HTTP/1.1\nContent-Length: 2\n\nab") +
          stream_piece(2, "HTTP/1.1 101 S\r\n\r\nws"),
  };
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const DissectorCounters counters =
      fuzz_dissector(Bytes(reinterpret_cast<const std::byte*>(data), size), [](StreamDriver&) {});
  if (counters.peak_memory_bytes > 4096 + 64 * (size + 64 * 1024)) std::abort();
  if (counters.parsed_bytes != 0) count_accepted();
  return 0;
}
