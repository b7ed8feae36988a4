// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/content_coding.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include "tests/support/deflate.h"
#include "userspace/protocol/body.h"

namespace scopetrace {
namespace {

std::string zstd_of(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

// "hello" as one uncompressed brotli meta-block and the empty last one (RFC 7932 section 9.2).
std::string brotli_of_hello() { return std::string("\x21\x10\x00\x04hello\x03", 10); }

HttpBody collect(const std::string& wire, const std::vector<std::string>& codings,
                 std::size_t piece_bytes, bool is_whole = true) {
  BodyCollector collector;
  collector.begin(codings);
  for (std::size_t at = 0; at < wire.size(); at += piece_bytes) {
    collector.add(as_bytes(std::string_view(wire).substr(at, piece_bytes)));
  }
  return collector.take(is_whole);
}

struct CodingCase {
  const char* name;
  std::vector<std::string> codings;
  std::string wire;
  std::string content;
};
void PrintTo(const CodingCase& c, std::ostream* out) { *out << c.name; }

class ContentCodingTest : public testing::TestWithParam<CodingCase> {};

TEST_P(ContentCodingTest, DecodesForEveryPieceSize) {
  for (std::size_t piece = 1; piece <= GetParam().wire.size(); ++piece) {
    const HttpBody body = collect(GetParam().wire, GetParam().codings, piece);
    ASSERT_EQ(body.state, BodyState::kComplete) << body.reason << " in pieces of " << piece;
    ASSERT_EQ(body.content, GetParam().content);
    ASSERT_EQ(body.decoded_bytes, GetParam().content.size());
  }
}

TEST_P(ContentCodingTest, RefusesEveryTruncationOfAWholeMessage) {
  if (GetParam().codings.empty()) return;
  for (std::size_t size = 1; size + 1 < GetParam().wire.size(); ++size) {
    const HttpBody body = collect(GetParam().wire.substr(0, size), GetParam().codings, 4096);
    EXPECT_TRUE(body.state != BodyState::kComplete || body.content != GetParam().content) << size;
  }
}

const std::string kText = "{\"name\": \"value\", \"list\": [1, 2, 3, 4, 5, 6, 7, 8, 9]}";

INSTANTIATE_TEST_SUITE_P(
    Codings, ContentCodingTest,
    testing::Values(
        CodingCase{"Identity", {}, kText, kText},
        CodingCase{"Gzip", {"gzip"}, deflated(kText, kGzipBits), kText},
        CodingCase{"GzipMembers",
                   {"gzip"},
                   deflated(kText, kGzipBits) + deflated(kText, kGzipBits),
                   kText + kText},
        CodingCase{"DeflateWithZlibHeader", {"deflate"}, deflated(kText, kZlibBits), kText},
        CodingCase{"DeflateRaw", {"deflate"}, deflated(kText, kRawDeflateBits), kText},
        CodingCase{"Zstd", {"zstd"}, zstd_of(kText), kText},
        CodingCase{"Brotli", {"br"}, brotli_of_hello(), "hello"},
        CodingCase{"GzipThenZstd", {"gzip", "zstd"}, zstd_of(deflated(kText, kGzipBits)), kText}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(BodyCollectorTest, GivesUpAnUnknownCoding) {
  const HttpBody body = collect("some bytes", {"compress"}, 4);

  EXPECT_EQ(body.state, BodyState::kUndecodable);
  EXPECT_EQ(body.reason, "unknown content coding");
  EXPECT_EQ(body.content, "");
  EXPECT_EQ(body.wire_bytes, 10U);
}

TEST(BodyCollectorTest, GivesUpABrokenCodingAndForgetsWhatItGave) {
  std::string wire = deflated(kText + kText, kGzipBits);
  wire[wire.size() - 6] = static_cast<char>(wire[wire.size() - 6] ^ 0x55);  // the CRC

  const HttpBody body = collect(wire, {"gzip"}, 7);

  EXPECT_EQ(body.state, BodyState::kUndecodable);
  EXPECT_EQ(body.reason, "broken content coding");
  EXPECT_EQ(body.content, "");
}

TEST(BodyCollectorTest, KeepsTheBeginningOfAMessageThatBrokeOff) {
  const HttpBody body = collect("only this", {}, 4, false);

  EXPECT_EQ(body.state, BodyState::kCut);
  EXPECT_EQ(body.content, "only this");
}

TEST(BodyCollectorTest, StopsDecodingABomb) {
  const std::string wire = zstd_of(std::string(32 << 20, '\0'));

  const HttpBody body = collect(wire, {"zstd"}, wire.size());

  EXPECT_EQ(body.state, BodyState::kUndecodable);
  EXPECT_EQ(body.reason, "over the decoding ratio");
  EXPECT_EQ(body.content, "");
}

TEST(BodyCollectorTest, RefusesAZstdWindowAboveTheLimit) {
  // Magic, a frame header with a window of 1 GiB, and a raw last block of one byte.
  const std::string wire("\x28\xb5\x2f\xfd\x00\xa0\x09\x00\x00x", 10);

  const HttpBody body = collect(wire, {"zstd"}, wire.size());

  EXPECT_EQ(body.state, BodyState::kUndecodable);
}

TEST(AddCodingsTest, LeavesIdentityAndChunkedOut) {
  std::vector<std::string> codings;

  add_codings(" GZip , identity,,br, chunked", codings);

  EXPECT_EQ(codings, (std::vector<std::string>{"gzip", "br"}));
}

}  // namespace
}  // namespace scopetrace
