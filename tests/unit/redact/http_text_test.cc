// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/http_text.h"

#include "tests/support/deflate.h"
#include "tests/unit/redact/fixture.h"
#include "userspace/redact/body/http_head_text.h"

namespace scopetrace {
namespace {

struct HttpScrub {
  std::string operator()(const std::string& bytes) const { return redactor->redact(bytes); }
  std::unique_ptr<HttpTextRedactor> redactor =
      *HttpTextRedactor::make(standard_rules(), test_key());
};

std::string hex_of(std::size_t value) {
  std::string out;
  for (; value > 0; value /= 16) out.insert(out.begin(), "0123456789abcdef"[value % 16]);
  return out.empty() ? "0" : out;
}

std::string in_chunks(const std::string& body, std::size_t size,
                      const std::string& extension = "") {
  std::string out;
  for (std::size_t at = 0; at < body.size(); at += size) {
    const std::string piece = body.substr(at, size);
    out += hex_of(piece.size()) + extension + "\r\n" + piece + "\r\n";
  }
  return out + "0\r\n";
}

const std::string kPost = "POST /v1/login?page=2 HTTP/1.1\r\nHost: api.example.com\r\n";

TEST(HttpTextTest, KeepsStartLineAndFieldsByteForByte) {
  const std::string message =
      "GET /a/b?x=1&y=%20z HTTP/1.1\r\nhOST:api.example.com\r\nAccept :  text/html\r\n"
      "X-Unknown:\tfolded\r\n  value\r\nno colon here\r\nETag: \"5d8c72a5edda8\"\r\n\r\n";
  EXPECT_EQ(HttpScrub()(message), message);
}

TEST(HttpTextTest, RedactsTargetAndCredentials) {
  const std::string secret = make_secret(30);
  const std::string out =
      HttpScrub()("GET /cb?code=" + secret + "&page=2 HTTP/1.1\nAuthorization: Bearer " + secret +
                  "\nCookie: theme=dark; sid=" + secret + "\n\n");
  EXPECT_FALSE(contains(out, secret)) << out;
  EXPECT_TRUE(contains(out, "&page=2 HTTP/1.1\nAuthorization: Bearer [REDACTED:")) << out;
  EXPECT_TRUE(contains(out, "Cookie: theme=dark; sid=[REDACTED:cookie:")) << out;
}

TEST(HttpTextTest, RedactsBodyOfStatedLength) {
  const std::string secret = make_secret(24);
  const std::string body = "{\"user\":\"jo\",\"password\":\"" + secret + "\"}";
  const std::string out = HttpScrub()(kPost + "Content-Type: application/json\r\nContent-Length: " +
                                      std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_FALSE(contains(out, secret));
  EXPECT_TRUE(contains(out, "{\"user\":\"jo\",\"password\":\"[REDACTED:")) << out;
  EXPECT_TRUE(contains(out, "Content-Length: " + std::to_string(body.size()))) << out;
}

TEST(HttpTextTest, JoinsChunksWhateverTheirSize) {
  const std::string secret = make_secret(40);
  const std::string body = "{\"user\":\"jo\",\"api_key\":\"" + secret + "\"}";
  HttpScrub scrub;
  for (std::size_t size = 1; size <= body.size(); ++size) {
    const std::string out = scrub(kPost + "Transfer-Encoding: chunked\r\n\r\n" +
                                  in_chunks(body, size, ";ext=1") + "X-Sum: 12\r\n\r\n");
    EXPECT_FALSE(contains(out, secret)) << size;
    EXPECT_TRUE(contains(out, "{\"user\":\"jo\",\"api_key\":\"[REDACTED:")) << out;
    EXPECT_TRUE(out.ends_with("\"}\r\nX-Sum: 12\r\n")) << out;
  }
}

TEST(HttpTextTest, RedactsTrailers) {
  const std::string secret = make_secret(40);
  const std::string out =
      HttpScrub()(kPost + "Transfer-Encoding: chunked\r\n\r\n" + in_chunks("hello", 9) +
                  "X-Auth-Token: " + secret + "\r\n\r\n");
  EXPECT_TRUE(contains(out, "hello\r\nX-Auth-Token: [REDACTED:")) << out;
}

TEST(HttpTextTest, DecodesCodingsInARow) {
  const std::string secret = make_secret(24);
  const std::string body = "{\"user\":\"jo\",\"password\":\"" + secret + "\"}";
  const std::string coded = deflated(deflated(body, kZlibBits), kGzipBits);
  const std::string out =
      HttpScrub()("HTTP/1.1 200 OK\r\nContent-Encoding: deflate, gzip, identity\r\n\r\n" + coded);
  EXPECT_EQ(out.find("HTTP/1.1 200 OK\r\nContent-Encoding: deflate, gzip, identity\r\n\r\n{"), 0U);
  EXPECT_TRUE(contains(out, "\"user\":\"jo\",\"password\":\"[REDACTED:")) << out;
}

TEST(HttpTextTest, WithholdsWhatItCannotDecode) {
  const std::string coded = deflated(std::string(500, 'x') + make_secret(80), kGzipBits);
  const std::string cut = coded.substr(0, coded.size() - 20);
  HttpScrub scrub;
  EXPECT_EQ(scrub("HTTP/1.1 200\r\nContent-Encoding: gzip\r\n\r\n" + cut),
            "HTTP/1.1 200\r\nContent-Encoding: gzip\r\n\r\n[WITHHELD:" +
                std::to_string(cut.size()) + ":content-coding-cut-short]");
  EXPECT_TRUE(scrub("HTTP/1.1 200\r\nContent-Encoding: own\r\n\r\n" + coded)
                  .ends_with(":unknown-content-coding]"));
  EXPECT_TRUE(scrub("HTTP/1.1 200\r\nContent-Encoding: br\r\n\r\n\xff\xfe\xfd\x80 raw")
                  .ends_with("[WITHHELD:8:broken-content-coding]"));
}

TEST(HttpTextTest, ReadsTextThatIsDecodedAlready) {
  const std::string secret = make_secret(24);
  const std::string out = HttpScrub()(
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
      "{\"a\":1,\"password\":\"" +
      secret + "\"}");
  EXPECT_TRUE(contains(out, "{\"a\":1,\"password\":\"[REDACTED:")) << out;
}

TEST(HttpTextTest, TakesMessagesAfterOneAnother) {
  const std::string secret = make_secret(24);
  const std::string body = "token=" + secret;
  const std::string out = HttpScrub()(
      kPost + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body + "HTTP/1.1 100 Continue\r\n\r\n" +
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokGET /next HTTP/1.1\r\nX-Echo: " + secret +
      "\r\n\r\n");
  EXPECT_FALSE(contains(out, secret)) << out;
  EXPECT_TRUE(contains(out, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")) << out;
  EXPECT_TRUE(contains(out, "\r\n\r\nokGET /next HTTP/1.1\r\nX-Echo: [REDACTED:")) << out;
}

TEST(HttpTextTest, WrongLengthsLoseNothing) {
  const std::string secret = make_secret(24);
  const std::string body = "{\"user\":\"jo\",\"password\":\"" + secret + "\"}";
  HttpScrub scrub;
  for (const char* length : {"0", "5", "30", "9999", "x"}) {
    const std::string out = scrub(kPost + "Content-Length: " + length + "\r\n\r\n" + body +
                                  "HTTP/1.1 204\r\nX-A: b\r\n\r\n");
    EXPECT_FALSE(contains(out, secret)) << length << out;
    EXPECT_TRUE(contains(out, "\"user\":\"jo\"")) << length << out;
    EXPECT_TRUE(out.ends_with("HTTP/1.1 204\r\nX-A: b\r\n\r\n")) << length << out;
  }
}

TEST(HttpTextTest, ResponseToHeadHasNoBody) {
  const std::string message =
      "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n";
  EXPECT_EQ(HttpScrub()(message), message);
}

TEST(HttpTextTest, TakesListsOfPseudoHeaders) {
  const std::string secret = make_secret(30);
  const std::string out =
      HttpScrub()(":method: POST\n:path: /a?access_token=" + secret +
                  "&b=1\n:authority: api.example.com\ncookie: sid=" + secret +
                  "\ncontent-type: application/json\n\n{\"password\":\"" + secret + "\"}");
  EXPECT_FALSE(contains(out, secret)) << out;
  EXPECT_TRUE(contains(out, ":method: POST\n:path: /a?access_token=[REDACTED:")) << out;
  EXPECT_TRUE(contains(out, "&b=1\n:authority: api.example.com\ncookie: sid=[REDACTED:")) << out;
}

TEST(HttpTextTest, KeepsAbsoluteTargetsAndConnect) {
  const std::string secret = make_secret(12);
  HttpScrub scrub;
  EXPECT_EQ(scrub("CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n"),
            "CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n");
  const std::string out = scrub("GET http://u:" + secret + "@h.example/p?q=1 HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(out.starts_with("GET http://u:[REDACTED:url-password:")) << out;
  EXPECT_TRUE(out.ends_with("@h.example/p?q=1 HTTP/1.1\r\n\r\n")) << out;
}

TEST(HttpTextTest, ScansInputWithoutHeadAsText) {
  const std::string secret = make_secret(24);
  HttpScrub scrub;
  EXPECT_TRUE(scrub("just text, password=" + secret + " end").ends_with(" end"));
  EXPECT_FALSE(contains(scrub("just text, password=" + secret + " end"), secret));
  EXPECT_EQ(scrub(std::string("\x00\x01\x02\xff", 4)), "[WITHHELD:4:binary]");
  EXPECT_EQ(scrub(""), "");
}

TEST(HttpTextTest, LimitOfTheInputCutsNoToken) {
  const std::string token = make_token();
  std::string input(HttpTextRedactor::kMaxInput - 24, '\n');
  const std::string out = HttpScrub()(input + " {\"a\":\"" + token + "\"}");
  EXPECT_TRUE(out.ends_with("\n [WITHHELD:48:over-the-size-limit]")) << out.substr(out.size() - 90);
}

TEST(HttpTextTest, RedactingTwiceIsRedactingOnce) {
  const std::string secret = make_secret(24);
  const std::string body = deflated("{\"user\":\"jo\",\"password\":\"" + secret + "\"}", kGzipBits);
  HttpScrub scrub;
  const std::string once =
      scrub(kPost + "Authorization: Basic am86cGFzc3dvcmQx\r\nContent-Encoding: gzip\r\n" +
            "Transfer-Encoding: chunked\r\n\r\n" + in_chunks(body, 7) +
            "\r\nHTTP/1.1 200 OK\r\nSet-Cookie: sid=" + secret + "; Path=/\r\n\r\n");
  EXPECT_EQ(scrub(once), once);
}

TEST(HttpHeadTextTest, ListWhoseFirstLineCannotBeAFieldIsNoHead) {
  const std::string nul(1, '\0');
  EXPECT_FALSE(read_head_text(":path: /" + nul + "\n\n").has_value());
  EXPECT_FALSE(read_head_text(":method: GET\n " + nul + "\n").has_value());
  EXPECT_EQ(read_head_text(":path: /\nx: " + nul + "\n")->raw, ":path: /\n");
}

TEST(HttpHeadTextTest, WhatIsRefusedIsTakenOnce) {
  const std::string secret = make_secret(24);
  const std::string refused = ":path: /" + std::string(1, '\0') + "\n";
  const std::string out = HttpScrub()(refused + refused + "x password=" + secret + "\n");
  EXPECT_FALSE(contains(out, secret)) << out;
}

TEST(HttpHeadTextTest, HeadWithoutEndStopsAtItsLimits) {
  const std::string start = "GET / HTTP/1.1\r\n";
  std::string many = start, fields = start;
  while (many.size() < 2 * kMaxHeadText) many += "x: " + std::string(4096, 'y') + "\r\n";
  for (std::size_t i = 0; i < kMaxFields + 10; ++i) fields += "x: y\r\n";
  EXPECT_LE(read_head_text(many)->raw.size(), kMaxHeadText);
  EXPECT_EQ(read_head_text(fields)->head.fields.size(), kMaxFields);
}

TEST(HttpHeadTextTest, LimitOfAHeadCutsNoToken) {
  const std::string token = make_token();
  std::string head = "GET / HTTP/1.1\r\n";
  while (head.size() < kMaxHeadText - 8192) head += "x: " + std::string(4096, 'y') + "\r\n";
  head += "x: " + std::string(kMaxHeadText - head.size() - 24, 'y') + ' ';
  const std::string out = HttpScrub()(head + token + "\r\n\r\n");
  EXPECT_FALSE(contains(out, token.substr(0, 12)));
  EXPECT_FALSE(contains(out, token.substr(24)));
}

}  // namespace
}  // namespace scopetrace
