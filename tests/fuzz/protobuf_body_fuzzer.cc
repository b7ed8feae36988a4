// SPDX-License-Identifier: Apache-2.0
// Input: the fields of a message without schema, a number that says how deep it is nested first.
// Property: a token in a text field behind them survives neither whole nor cut, neither as text nor
// as shape, and the output stays in proportion.
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/fuzz_target.h"
#include "tests/support/planted_token.h"

std::vector<std::string> make_seeds() {
  return {std::string("\x10\x05", 2),
          std::string("\x0a\x03"
                      "abc\x1a\x02\x08\x01",
                      9),
          std::string("\x0d\1\2\3\4\x11\1\2\3\4\5\6\7\x08", 14),
          std::string("\x0a\x0a\x0a\x08password", 12)};
}

namespace {

// Field 2 of a message.
std::string as_field(const std::string& bytes) {
  std::string out = "\x12";
  for (std::size_t size = bytes.size(); size > 0 || out.size() == 1; size >>= 7) {
    out += static_cast<char>((size & 127) | (size > 127 ? 128 : 0));
  }
  return out + bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static scopetrace::BodyTarget target("application/x-protobuf");
  const std::string_view input(reinterpret_cast<const char*>(data),
                               std::min<std::size_t>(size, 65536));
  std::string message = std::string(input) + as_field(target.token());
  for (int depth = input.empty() ? 0 : input[0] & 7; depth > 0; --depth)
    message = as_field(message);
  target.check(message);
  scopetrace::count_accepted();
  return 0;
}
