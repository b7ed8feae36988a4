// SPDX-License-Identifier: Apache-2.0
// Streams of no known protocol, and records.
#include <random>

#include "tests/unit/redact/idle_state.h"
#include "tests/unit/redact/wire_fixture.h"
#include "userspace/redact/wire/wire_record.h"

namespace scopetrace {
namespace {

TEST(WireStreamTest, UnknownTextIsRedactedAsText) {
  const std::string secret = make_secret(24);
  const WireResult result = tell("hello world\npassword=" + secret + "\nbye now\n");
  EXPECT_EQ(result.protocol, "unknown");
  EXPECT_TRUE(result.text.starts_with("hello world\npassword=[REDACTED:")) << result.text;
  EXPECT_TRUE(contains(result.text, "\nbye now\n")) << result.text;
}

TEST(WireStreamTest, UnknownBinaryKeepsPrintableRunsAndLengths) {
  const std::string bytes = "\x01\x02" + std::string(3, '\0') +
                            "visible text\x01"
                            "abc\x02\x03"
                            "gr\xc3\xbc\xc3\x9f dich\xff\n";
  const std::string text = tell(bytes).text;
  EXPECT_EQ(text,
            " [binary 5 bytes] visible text [binary 6 bytes] gr\xc3\xbc\xc3\x9f dich "
            "[binary 2 bytes] ")
      << text;
}

TEST(WireStreamTest, RunBehindASensitiveNameIsReplaced) {
  const std::string secret = make_secret(20);
  const std::string bytes = std::string("\x01\x08", 2) + "password" + std::string("\0\0\x09", 3) +
                            secret + std::string("\0\x04name\0\x05", 8) + "carol" +
                            std::string(3, '\0');
  expect_safe(bytes, "unknown", secret);
  EXPECT_TRUE(contains(tell(bytes).text, "carol")) << tell(bytes).text;
}

TEST(WireStreamTest, IdleStreamOwnsAtMostAKibibyte) {
  for (const std::string bytes :
       {"PING\r\nPING\r\n", "EHLO a\r\n", "\x01\x02\x03 some\xff\n", "word\n"}) {
    const auto make_idle = [&] {
      auto stream = std::make_unique<WireStream>(wire_scanner(), WireDetail::kRedacted);
      std::string out;
      stream->push(bytes, out);
      return stream;
    };
    const std::size_t each = idle_bytes_each(make_idle);
    EXPECT_GE(each, sizeof(WireStream)) << bytes;
    EXPECT_LE(each, 1024U) << bytes;
  }
}

TEST(WireStreamTest, GapMakesTokensSecret) {
  const std::string token = make_secret(16);
  Scanner s;
  WireStream stream(s.scanner, WireDetail::kRedacted);
  std::string out;
  stream.push("plain words " + token + " more\n", out);
  EXPECT_TRUE(contains(out, token));
  out.clear();
  stream.lose(out);
  stream.push("plain words " + token + " more\n", out);
  stream.finish(out);
  EXPECT_TRUE(contains(out, "plain words [REDACTED:generic-secret:")) << out;
  EXPECT_TRUE(contains(out, " more\n")) << out;
}

TEST(WireStreamTest, NeverHoldsMoreThanABound) {
  Scanner s;
  WireStream stream(s.scanner, WireDetail::kRedacted);
  std::string out;
  const std::string piece(50'000, 'A');
  stream.push("EHLO a\r\n", out);
  for (int i = 0; i < 40; ++i) stream.push(piece, out);
  EXPECT_LE(stream.held_back_bytes(), 4 * WireStream::kMaxMessage);
}

TEST(WireStreamTest, RandomBytesDoNotDependOnCuts) {
  std::mt19937_64 random(3);
  std::size_t different = 0;
  for (int i = 0; i < 200; ++i) {
    std::string bytes(random() % 300, ' ');
    for (char& c : bytes) c = static_cast<char>(random() % (i % 2 == 0 ? 256 : 64));
    different += tell(bytes).text != tell_pieces(bytes, 1 + random() % 40).text;
  }
  EXPECT_EQ(different, 0U);
}

TEST(WireStreamTest, BeginsThatMayBecomeAProtocolDoNotDependOnCuts) {
  const std::string kafka = big(15, 4) + big(18, 2) + big(3, 2) + big(1, 4);
  const std::string query = "\1\2 select one, two, three from a where b";
  const std::string begins[] = {kafka + big(5, 2) + "abcd\n",
                                kafka + big(5, 2) + "abcde",
                                "Q" + big(query.size() + 5, 4) + nul(query),
                                "Q" + big(query.size() + 4, 4) + query,
                                "*-1\r\n*1\r\n$4\r\nPING\r\n",
                                std::string(32, 'a') + " 1",
                                "CONNECT {}\r\nPUB a 18446744073709551614\r\nx\r\nPING\r\n"};
  for (const std::string& begin : begins) {
    const std::string whole = tell(begin).text;
    for (std::size_t piece = 1; piece < begin.size(); ++piece) {
      EXPECT_EQ(tell_pieces(begin, piece).text, whole) << piece;
    }
  }
}

TEST(WireRecordTest, TellsKnownProtocolsOnly) {
  Scanner s;
  const std::string password = make_secret(12);
  const std::string record = "p" + big(password.size() + 5, 4) + nul(password);
  const auto told = redact_wire_record(s.scanner, as_bytes(record));
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->starts_with("PasswordMessage password=[REDACTED:")) << *told;
  EXPECT_FALSE(redact_wire_record(s.scanner, as_bytes(std::string("\1\2\3\4\5\6\7\x88"))));
  EXPECT_FALSE(redact_wire_record(s.scanner, {}));
}

}  // namespace
}  // namespace scopetrace
