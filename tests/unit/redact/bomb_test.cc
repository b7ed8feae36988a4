// SPDX-License-Identifier: Apache-2.0
// Input made to cost much: no line breaks, one character without end, encodings within encodings.
// No wall clock: growth is judged by the ratio of CPU times of two sizes, far from both verdicts.
#include <time.h>

#include <algorithm>
#include <fstream>
#include <ostream>

#include "tests/support/corpus/encode.h"
#include "tests/unit/redact/fixture.h"
#include "userspace/redact/text/redact_text.h"
#include "userspace/redact/text/stream_redactor.h"

namespace scopetrace {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kScale = 16;  // instrumented code is that much slower
#else
constexpr std::size_t kScale = 1;
#endif

constexpr std::size_t kHugeLineBytes = 256'000'000 / kScale;
constexpr std::size_t kStreamBytes = 2'000'000 / kScale;
constexpr std::size_t kSmallText = 32 << 10;
constexpr std::size_t kTextBytes = 8 * kSmallText;
constexpr std::size_t kMaxGrowthBytes = 32 << 20;  // of the process, whatever the input

std::size_t peak_memory_bytes() {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    std::size_t kib = 0;
    if (word == "VmHWM:" && file >> kib) return kib * 1024;
  }
  return 0;
}

// The peak starts anew from what is resident now. Source: proc(5), clear_refs.
void forget_peak_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

std::string repeated(std::string_view pattern, std::size_t size) {
  std::string text;
  while (text.size() < size) text += pattern;
  return text;
}

// Pushes `pattern` over and over until `size` bytes have gone in; returns how many came out.
std::size_t stream_bytes(std::string_view pattern, std::size_t size) {
  Scanner s;
  StreamRedactor stream(s.scanner);
  const std::string piece = repeated(pattern, 1 << 16);
  std::size_t out = 0, most_held = 0;
  for (std::size_t in = 0; in < size; in += piece.size()) {
    out += stream.push(piece).size();
    most_held = std::max(most_held, stream.held_back_bytes());
  }
  EXPECT_LE(most_held, StreamRedactor::kHoldBackBytes);
  return out + stream.finish().size();
}

TEST(BombTest, OneEndlessLineTakesBoundedMemory) {
  forget_peak_memory();
  const std::size_t before = peak_memory_bytes();
  stream_bytes("status=200 took=31 path=/v1/orders ", kHugeLineBytes);
  EXPECT_LE(peak_memory_bytes(), before + kMaxGrowthBytes);
}

TEST(BombTest, OneEndlessRunTakesBoundedMemory) {
  forget_peak_memory();
  const std::size_t before = peak_memory_bytes();
  stream_bytes("x", kHugeLineBytes);
  EXPECT_LE(peak_memory_bytes(), before + kMaxGrowthBytes);
}

struct Pattern {
  std::string name;
  std::string text;
};
void PrintTo(const Pattern& pattern, std::ostream* out) { *out << pattern.name; }

class BombPatternTest : public ::testing::TestWithParam<Pattern> {};

TEST_P(BombPatternTest, StreamEndsInBoundedMemory) {
  forget_peak_memory();
  const std::size_t before = peak_memory_bytes();
  const std::size_t out = stream_bytes(GetParam().text, kStreamBytes);
  EXPECT_LE(peak_memory_bytes(), before + kMaxGrowthBytes);
  EXPECT_LE(out, 16 * kStreamBytes);  // a placeholder is longer than what it replaces
}

// CPU seconds of this thread for one text, the least of some runs.
double cpu_seconds_of(TextScrubber& scrubber, const std::string& text) {
  constexpr int kRuns = 3;
  double least = 1e9;
  for (int run = 0; run < kRuns; ++run) {
    timespec before = {}, after = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    EXPECT_LE(scrubber.redact_text(text).size(), 16 * text.size());
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    least = std::min(least, static_cast<double>(after.tv_sec - before.tv_sec) +
                                static_cast<double>(after.tv_nsec - before.tv_nsec) / 1e9);
  }
  return least;
}

// Eight times the text costs 8 times as much when cost is linear, 64 times when it is quadratic.
TEST_P(BombPatternTest, CostOfOneTextGrowsWithItsSize) {
  constexpr double kMaxRatio = 30;
  constexpr double kNoise = 2e-4;  // seconds; what is faster cannot be told from start-up
  const auto scrubber = *TextScrubber::make(standard_rules(), test_key());
  const double small = cpu_seconds_of(*scrubber, repeated(GetParam().text, kSmallText));
  const double large = cpu_seconds_of(*scrubber, repeated(GetParam().text, kTextBytes));
  EXPECT_LE(large, kMaxRatio * std::max(small, kNoise));
}

std::vector<Pattern> patterns() {
  const std::string prefix = "gh" + std::string("p_");
  return {{"Newlines", "\n"},
          {"Spaces", " "},
          {"Digits", "7"},
          {"GroupedDigits", "4539 "},
          {"AtSigns", "@"},
          {"Addresses", "a@b."},
          {"Schemes", "://"},
          {"UserInfo", "a:b@"},
          {"Urls", "http://a:b"},
          {"Equals", "password="},
          {"Colons", "token:"},
          {"Quotes", "\""},
          {"QuotedNames", "\"token\":"},
          {"Braces", "{\"a\":"},
          {"Brackets", "[[{"},
          {"Backslashes", "\\"},
          {"JsonEscapes", "\\\\\\\""},
          {"CodePoints", "\\u0026"},
          {"Percents", "%25"},
          {"PercentQuotes", "%22token%22%3A"},
          {"Entities", "&quot;"},
          {"Base64", "eyJ"},
          {"Base64Padded", "QUJD==="},
          {"TokenHeads", prefix},
          {"JwtHeads", "eyJhbGciOiJ"},
          {"JwtDots", "eyJ.eyJ."},
          {"KeyBegins", "-----BEGIN PRIVATE KEY-----"},
          {"KeyDashes", "-----"},
          {"Options", " --password"},
          {"ShortOptions", " -p"},
          {"Tags", "<password>"},
          {"Commas", "a,password,"},
          {"Tabs", "token\t"},
          {"Nuls", std::string(1, '\0')},
          {"HighBytes", "\xff\xfe"},
          {"CutUtf8", "\xe2\x82"},
          {"Bearer", "Bearer "},
          {"Cookies", "Cookie: a=b; "},
          {"Inserts", "INSERT INTO t (password) VALUES ("},
          {"Hex", "deadbeef"},
          {"Kinds", "kind: Secret\ndata:\n  a: b\n"},
          {"NetrcLines", "machine a login b password "},
          {"ProgramNames", "kubectl create secret "},
          {"FedPrograms", "| chpasswd "},
          {"CarriageReturns", "password=\r"},
          {"ColonReturns", "password:\r"},
          {"BlockReturns", "token: |\r"},
          {"Statements", "' into ("},
          {"Columns", " into t (password,"},
          {"Phrases", "seed "},
          {"Machines", "machine "},
          {"Manifests", "apiVersion:\n"},
          {"ManifestKinds", "kind: Secret\ndata:\n a: "},
          {"LoginCalls", ".auth("},
          {"Plurals", "tokens: ["},
          {"PluralRows", "passwords: a,"},
          {"Cards", "BEGIN:VCARD\nFN:"},
          {"Patients", "PID|1|"},
          {"Givens", "\"given\":[\""},
          {"AuthorizationParameters", "authorization: x a=\""},
          {"CookieOptions", "curl -b "},
          {"CookieCalls", "setcookie(\""},
          {"AccountHashes", ":::"},
          {"CodeMessages", "1234 is your code"},
          {"Modules", "LoginModule user_a="},
          {"OptionNames", "--name token "},
          {"PgpassPorts", ":5432:"},
          {"Dsn", "u:p@tcp("},
          {"Sentences", "password is "},
          {"OpenData", "<password><![CDATA["},
          {"Placeholders", "[REDACTED:"},
          {"Cells", "| password | "},
          {"Header", "password,password,"},
          {"HeaderLines", "password,password,\n"},
          {"Lists", "[\"password\",\"x\"],"},
          {"Definitions", " -D"},
          {"DefinedNames", " -Dpassword="},
          {"Addressees", "client_ip="},
          {"Forwarded", "x-forwarded-for: "},
          {"Documents", "passport"},
          {"BirthDates", "birth "},
          {"Authorizations", "authorization:"},
          {"ProseQuotes", "token=“"},
          {"Entities34", "token=&#34;"},
          {"SlashedTokens", "QUJDREVGR0hJSktMTU5P/"},
          {"DashedTokens", "QUJDREVGR0hJSktMTU5P-"},
          {"Parts", "form-data; name=\"token\" "},
          {"Pairs", "name=\"token\" value="},
          {"Programs", "curl -u "},
          {"OpenPrograms", "mysql -p'"},
          {"BulkStrings", "AUTH\r\n$9\r\n"},
          {"Logins", "a LOGIN "},
          {"Mechanisms", "AUTH PLAIN "},
          {"Parameters", "arameters: $1 = 'x', "},
          {"KeyCalls", "aes_encrypt('"},
          {"DollarQuotes", "password $a$"},
          {"KeyBlocks", "-----BEGIN PRIVATE KEY-----\n"},
          {"PuttyKeys", "Private-Lines: 1\n"}};
}

INSTANTIATE_TEST_SUITE_P(Patterns, BombPatternTest, ::testing::ValuesIn(patterns()),
                         [](const auto& test) { return test.param.name; });

TEST(BombTest, NestedEncodingsEnd) {
  const auto scrubber = *TextScrubber::make(standard_rules(), test_key());
  for (const std::string_view encoding : {"pct", "json", "b64", "b64url", "xml", "hex"}) {
    std::string text = R"({"password":")" + make_secret(24) + R"("})";
    for (int depth = 0; depth < 12 && text.size() < kTextBytes; ++depth) {
      text = testing::encode(encoding, text);
      EXPECT_LE(scrubber->redact_text(text).size(), 2 * text.size() + 200) << encoding << depth;
    }
  }
}

TEST(BombTest, NestedEncodingsUpToThreeAreSeenThrough) {
  const auto scrubber = *TextScrubber::make(standard_rules(), test_key());
  for (const std::string_view encoding : {"pct", "json", "b64"}) {
    const std::string secret = make_secret(24);
    std::string text = R"({"password":")" + secret + R"("})";
    for (int depth = 1; depth <= 3; ++depth) {
      text = testing::encode(encoding, text);
      EXPECT_NE(scrubber->redact_text("v=" + text), "v=" + text) << encoding << " " << depth;
    }
  }
}

}  // namespace
}  // namespace scopetrace
