// SPDX-License-Identifier: Apache-2.0
// Input: pieces of the two flights of a handshake, each a byte (1: the server's; 2: a cut behind
// it), two bytes of length and that much. Property: a name that is told is a host name, lists are
// bounded, and the same pieces byte by byte say the same.
#include <cstdint>
#include <cstdlib>

#include "tests/support/fuzz_target.h"
#include "tests/support/pieces.h"
#include "tests/support/tls_flights.h"
#include "userspace/protocol/tls_handshake.h"

using namespace scopetrace;
using scopetrace::testing::make_piece;
using scopetrace::testing::take_piece;

namespace {

TlsFacts read(Bytes input, bool in_bytes) {
  TlsHandshake handshake;
  ByteReader reader(input);
  while (const auto piece = take_piece(reader)) {
    const Bytes text = piece->text;
    const bool is_server = (piece->kind & 1) != 0;
    if (!in_bytes) handshake.push(is_server, text);
    for (std::size_t i = 0; in_bytes && i < text.size(); ++i)
      handshake.push(is_server, text.subspan(i, 1));
    if ((piece->kind & 2) != 0) handshake.cut(is_server);
  }
  handshake.finish();
  return handshake.facts();
}

}  // namespace

std::vector<std::string> make_seeds() {
  std::vector<std::string> seeds;
  for (const int version : {0x0303, 0x0304}) {  // TLS 1.2, 1.3
    const auto flights = testing::make_tls_flights(
        {.host = "api.example", .version = version, .alpn = std::string("\2h2", 3)});
    seeds.push_back(make_piece(0, flights.client) + make_piece(1, flights.server));
    seeds.push_back(make_piece(0, flights.client.substr(0, 99)) +
                    make_piece(2, flights.client.substr(99)));
  }
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(reinterpret_cast<const std::byte*>(data), size);
  const TlsFacts facts = read(input, false);
  const TlsFacts again = read(input, true);
  const bool is_given = facts.name_state == ServerNameState::kGiven;
  if (is_given == facts.server_name.empty() || facts.server_name.size() > 253) std::abort();
  if (facts.versions.size() > 8 || facts.alpn_offered.size() > 8) std::abort();
  if (facts.name_state == ServerNameState::kUnknown) std::abort();  // there was a handshake
  if (facts.server_name != again.server_name || facts.cipher != again.cipher ||
      facts.certificate.digest != again.certificate.digest || facts.is_cut != again.is_cut)
    std::abort();
  if (is_given || !facts.cipher.empty()) count_accepted();
  return 0;
}
