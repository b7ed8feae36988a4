// SPDX-License-Identifier: Apache-2.0
// Input: server-sent events.
// Property: a token planted at "@@", or in the middle, survives neither whole nor cut, neither as
// text nor as shape, and the output stays in proportion.
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/fuzz_target.h"
#include "tests/support/planted_token.h"

std::vector<std::string> make_seeds() {
  return {"event: a\nid: 1\ndata: {\"b\":\ndata: \"@@\"}\n\n", ": c\n\ndata:@@\r\n\r\ndata: [DONE]",
          "retry: 3\ndata: x\n@@: y\n\n"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static scopetrace::BodyTarget target("text/event-stream");
  const std::string_view input(reinterpret_cast<const char*>(data),
                               std::min<std::size_t>(size, 65536));
  target.check(scopetrace::with_token(input, target.token()));
  scopetrace::count_accepted();
  return 0;
}
