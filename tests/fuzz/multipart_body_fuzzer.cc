// SPDX-License-Identifier: Apache-2.0
// Input: a multipart body with the boundary b.
// Property: a token planted at "@@", or in the middle, survives neither whole nor cut, neither as
// text nor as shape, and the output stays in proportion.
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/fuzz_target.h"
#include "tests/support/planted_token.h"

std::vector<std::string> make_seeds() {
  return {"--b\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n@@\r\n--b--\r\n",
          "--b\nContent-Type: application/json\n\n{\"a\":\"@@\"}\n--b",
          "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"@@\"\r\n\r\n\r\n--b--",
          "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=3D@@=\r\nc\r\n--b--",
          "x\r\n--b\r\nContent-Type: multipart/mixed; "
          "boundary=c\r\n\r\n--c\r\n\r\n@@\r\n--c--\r\n--b--"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static scopetrace::BodyTarget target("multipart/form-data; boundary=b");
  const std::string_view input(reinterpret_cast<const char*>(data),
                               std::min<std::size_t>(size, 65536));
  target.check(scopetrace::with_token(input, target.token()));
  scopetrace::count_accepted();
  return 0;
}
