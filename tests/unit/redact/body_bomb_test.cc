// SPDX-License-Identifier: Apache-2.0
// Bodies made to cost much: compression, nesting, very many parts, marks that never end.
#include <time.h>

#include <algorithm>
#include <ostream>

#include "tests/support/deflate.h"
#include "tests/unit/redact/body_fixture.h"
#include "userspace/redact/body/http_text.h"

namespace scopetrace {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kScale = 8;  // instrumented code is that much slower
#else
constexpr std::size_t kScale = 1;
#endif
constexpr std::size_t kSmall = (32 << 10) / kScale;
constexpr std::size_t kLarge = 8 * kSmall;
constexpr double kMaxGrowth = 8 * 5;  // 8 when linear, 64 when quadratic
constexpr double kTooFast = 0.004;    // seconds that are too short to be compared

std::string repeated(const std::string& pattern, std::size_t size) {
  std::string text;
  while (text.size() < size) text += pattern;
  return text;
}

std::string http(const std::string& bytes) {
  static auto* redactor =
      new std::unique_ptr<HttpTextRedactor>(*HttpTextRedactor::make(standard_rules(), test_key()));
  return (*redactor)->redact(bytes);
}

TEST(BodyBombTest, CompressionBombIsWithheld) {
  const std::string bomb = deflated(std::string(64 << 20, 'a'), kGzipBits);
  const std::string out = http("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + bomb);
  EXPECT_TRUE(contains(out, "[WITHHELD:" + std::to_string(bomb.size()) + ":over-the-")) << out;
}

TEST(BodyBombTest, CompressionIsUndoneOnceWithoutAField) {
  const std::string inner = deflated("password=hunter22abc", kGzipBits);
  EXPECT_EQ(redact_as("", deflated(inner, kGzipBits)), "<binary>");
  EXPECT_TRUE(contains(redact_as("", inner), "password=[REDACTED"));
}

TEST(BodyBombTest, ManyCompressedPartsStayBounded) {
  const std::string part = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n" +
                           deflated(std::string(1 << 20, 'a'), kGzipBits) + "\r\n";
  const std::string body = repeated(part, (1 << 20) / kScale);
  EXPECT_LE(redact_as("multipart/form-data; boundary=b", body).size(), 20 * body.size());
}

TEST(BodyBombTest, HundredThousandPartsAreTaken) {
  const std::string part = "--b\r\nContent-Disposition: form-data; name=\"pin\"\r\n\r\n1234\r\n";
  std::string body;
  for (std::size_t i = 0; i < 100'000 / kScale; ++i) body += part;
  const std::string out = redact_as("multipart/form-data; boundary=b", body + "--b--");
  EXPECT_FALSE(contains(out, "1234"));
  EXPECT_TRUE(out.ends_with("--b--"));
}

TEST(BodyBombTest, DeepNestingIsRefusedOrFlat) {
  std::string message = proto_bytes(1, "text here");
  for (int i = 0; i < 2000; ++i) message = proto_bytes(1, message);
  EXPECT_LE(redact_as("application/x-protobuf", message).size(), 64 * message.size());
  const std::string brackets(200'000, '[');
  EXPECT_EQ(redact_as("application/json", brackets), brackets);
  const std::string elements = repeated("<a>", 300'000);
  EXPECT_EQ(redact_as("text/xml", elements), elements);
  const std::string secret = make_secret(12);
  EXPECT_FALSE(contains(redact_as("text/xml", elements + "<pin>" + secret + "</pin>"), secret));
}

struct Bomb {
  std::string name;
  std::string type;
  std::string before;
  std::string pattern;
};
void PrintTo(const Bomb& bomb, std::ostream* out) { *out << bomb.name; }

class BodyBombPatternTest : public ::testing::TestWithParam<Bomb> {};

double cpu_seconds_of(const Bomb& bomb, std::size_t size) {
  const std::string body = bomb.before + repeated(bomb.pattern, size);
  double least = 1e9;
  for (int run = 0; run < 3; ++run) {
    timespec before = {}, after = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    const std::string out = bomb.type == "http" ? http(body) : redact_as(bomb.type, body);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    EXPECT_LE(out.size(), 64 * body.size() + 1024);
    const auto seconds = static_cast<double>(after.tv_sec - before.tv_sec) +
                         static_cast<double>(after.tv_nsec - before.tv_nsec) / 1e9;
    least = std::min(least, seconds);
  }
  return least;
}

TEST_P(BodyBombPatternTest, TimeGrowsWithSizeOnly) {
  const double small = std::max(cpu_seconds_of(GetParam(), kSmall), kTooFast);
  EXPECT_LE(cpu_seconds_of(GetParam(), kLarge), kMaxGrowth * small);
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, BodyBombPatternTest,
    ::testing::Values(
        Bomb{"StatusLines", "http", "", "HTTP/1.1 200 OK\n"},
        Bomb{"StatusLinesInOneLine", "http", "x ", "HTTP/1.1 200 OK "},
        Bomb{"Protocols", "http", "x", "HTTP/"}, Bomb{"Requests", "http", "", "GET / HTTP/1.1\n\n"},
        Bomb{"Fields", "http", "GET / HTTP/1.1\n", "a:b\n"},
        Bomb{"Folds", "http", "GET / HTTP/1.1\na:", " b\n"},
        Bomb{"HeadsWithoutEnd", "http", "", "HTTP/1.1 200 OK\na: b\n"},
        Bomb{"SmallChunks", "http", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n", "1\na\n"},
        Bomb{"PseudoLines", "http", "x\n", ":a\n"},
        Bomb{"Pairs", "application/x-www-form-urlencoded", "", "a=b&"},
        Bomb{"Ampersands", "application/x-www-form-urlencoded", "", "&"},
        Bomb{"Percents", "application/x-www-form-urlencoded", "a=", "%5B"},
        Bomb{"Values", "application/json", "[", "{\"value\":1},"},
        Bomb{"ValuesInOne", "application/json", "{\"a\":1", ",\"value\":1"},
        Bomb{"Escapes", "application/json", "[\"", "\\u005b"},
        Bomb{"Brackets", "application/json", "{\"a\":\"", "[{"},
        Bomb{"Variables", "application/json",
             "{\"query\":\"query{a(b:$c)}\",\"variables\":{\"x\":1", ",\"y\":2"},
        Bomb{"Lines", "application/json", "{}\n", "{x\n"},
        Bomb{"Elements", "text/xml", "", "<value>"},
        Bomb{"EndTags", "text/xml", repeated("<a>", 300), "</b>"},
        Bomb{"Attributes", "text/xml", "<a ", "b=\"c\" "},
        Bomb{"OpenTags", "text/xml", "<a>", "<b"}, Bomb{"Comments", "text/xml", "<a>", "<!-- "},
        Bomb{"References", "text/xml", "<a>", "&#x41;&"},
        Bomb{"Scripts", "text/html", "<a>", "<script>"},
        Bomb{"DataLines", "text/event-stream", "", "data:{\n"},
        Bomb{"Events", "text/event-stream", "", "data: a\n\n"},
        Bomb{"Quotes", "application/graphql", "query{", "\"\"\""},
        Bomb{"Arguments", "application/graphql", "query{", "pin:1 "},
        Bomb{"Marks", "multipart/form-data; boundary=b", "", "--b\r\n"},
        Bomb{"NearMarks", "multipart/form-data; boundary=b", "--b\r\n", "--b-"},
        Bomb{"Messages", "application/x-protobuf", "", std::string("\x0a\x02\x0a\x00", 4)},
        Bomb{"Frames", "application/grpc", "", std::string(5, '\0')}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace scopetrace
