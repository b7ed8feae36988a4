// SPDX-License-Identifier: Apache-2.0
// Input: an XML or HTML body.
// Property: a token planted at "@@", or in the middle, survives neither whole nor cut, neither as
// text nor as shape, and the output stays in proportion.
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/fuzz_target.h"
#include "tests/support/planted_token.h"

std::vector<std::string> make_seeds() {
  return {"<a b=\"c\"><!-- d --><![CDATA[e]]><f>@@</f></a>",
          "<p><name>x</name><value>@@</value></p>",
          "<dict><key>k</key><string>@@</string></dict>",
          "<script>var a = \"@@\";</script>",
          "<add key=\"k\" value=\"@@\"/>",
          "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"@@\">]><a>&b;</a>",
          "<a>&#x41;@@&amp;</a>"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static scopetrace::BodyTarget target("text/xml");
  const std::string_view input(reinterpret_cast<const char*>(data),
                               std::min<std::size_t>(size, 65536));
  target.check(scopetrace::with_token(input, target.token()));
  scopetrace::count_accepted();
  return 0;
}
