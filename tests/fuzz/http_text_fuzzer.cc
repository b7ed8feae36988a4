// SPDX-License-Identifier: Apache-2.0
// Input: the bytes of HTTP messages.
// Property: a token planted at "@@", or in the middle, survives in no form, also not where it is
// cut into chunks or compressed; the output stays in proportion.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/deflate.h"
#include "tests/support/fuzz_target.h"
#include "tests/support/planted_token.h"
#include "userspace/redact/body/http_text.h"

namespace {

using namespace scopetrace;

// `body` in chunks of seven bytes, as the answer to nothing.
std::string in_chunks(const std::string& body) {
  std::string out = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < body.size(); at += 7) {
    const std::string piece = body.substr(at, 7);
    out += std::to_string(piece.size()) + "\r\n" + piece + "\r\n";
  }
  return out + "0\r\n\r\n";
}

std::string compressed(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + deflated(body, kGzipBits);
}

}  // namespace

std::vector<std::string> make_seeds() {
  return {
      "GET /a?b=@@ HTTP/1.1\r\nHost: h\r\nCookie: a=b; c=d\r\n\r\n",
      "HTTP/1.1 200 OK\nContent-Length: 9\nSet-Cookie: a=b; Path=/\n\n@@\nGET / HTTP/1.1\n\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-T: @@\r\n\r\n",
      ":method: POST\n:path: /a?b=@@\ncontent-type: application/json\n\n{\"a\":1}",
      "HTTP/1.1 200\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n@@\r\n--b--",
      "GET http://u:@@@h/ HTTP/1.0\r\nAuthorization: Digest a=\"b\", response=\"c\"\r\n x\r\n\r\n",
      "{\"a\":\"@@\"}",
      "<a>@@</a>"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto redactor =
      *HttpTextRedactor::make(*RuleSet::parse(standard_profile()), ByteVector(32));
  static const std::string token = make_planted_token();
  const std::string_view input(reinterpret_cast<const char*>(data),
                               std::min<std::size_t>(size, 16384));
  const std::string planted = with_token(input, token);
  for (const std::string& bytes : {planted, in_chunks(planted), compressed(planted)}) {
    check_redacted(redactor->redact(bytes), token, bytes.size() + planted.size());
  }
  count_accepted();
  return 0;
}
