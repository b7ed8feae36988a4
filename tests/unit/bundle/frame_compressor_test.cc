// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/frame_compressor.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <random>

#include "userspace/base/result.h"
#include "userspace/bundle/reader.h"

namespace scopetrace {
namespace {

std::size_t packed_at_level_3(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3) + 4;  // the checksum
  ST_CHECK(ZSTD_isError(size) == 0);
  return size;
}

// Lines of one form.
std::string exchanges(std::size_t bytes) {
  std::mt19937 random(1);
  std::string text;
  while (text.size() < bytes) {
    text += R"({"type":"http","n":)" + std::to_string(text.size()) +
            R"(,"conn":"7","request":{"method":"POST","target":"/v1/charges/)" +
            std::to_string(random()) + "\"},\"response\":{\"status\":200}}\n";
  }
  return text;
}

// Words in any order: what a small table of matches is bad at.
std::string prose(std::size_t bytes) {
  std::mt19937 random(2);
  std::vector<std::string> words(2000);
  for (std::string& word : words) {
    for (std::size_t i = 0; i < 3 + random() % 6; ++i)
      word += static_cast<char>('a' + random() % 26);
  }
  std::string text;
  while (text.size() < bytes) text += words[random() % words.size()] + ' ';
  return text + '\n';
}

TEST(FrameCompressorTest, PacksWhatItIsGiven) {
  FrameCompressor compressor;
  for (const std::string& text :
       {std::string("{}\n"), exchanges(500'000), prose(300'000), std::string(2 << 20, 'x')}) {
    const ByteVector frame = compressor.compress(as_bytes(text));
    EXPECT_EQ(declared_raw_bytes(frame), text.size());
    EXPECT_EQ(
        FrameDecompressor().decompress(frame, static_cast<std::uint32_t>(text.size())).value_or(""),
        text);
  }
}

TEST(FrameCompressorTest, IsNeverMuchLargerThanLevel3) {
  for (const std::string& text : {exchanges(1 << 20), prose(1 << 20)}) {
    FrameCompressor compressor;
    const std::size_t most = packed_at_level_3(text) * 102 / 100;
    EXPECT_LE(compressor.compress(as_bytes(text)).size(), most);
    EXPECT_LE(compressor.compress(as_bytes(text)).size(), most);  // without a trial
  }
}

TEST(FrameCompressorTest, PacksLinesOfOneFormSmallerThanLevel3) {
  const std::string text = exchanges(1 << 20);
  EXPECT_LT(FrameCompressor().compress(as_bytes(text)).size(), packed_at_level_3(text));
}

TEST(FrameCompressorTest, ChoosesAgainNowAndThen) {
  FrameCompressor compressor;
  const std::string lines = exchanges(FrameCompressor::kLargeFrame);
  const std::string text = prose(FrameCompressor::kLargeFrame);
  const std::size_t chosen = compressor.compress(as_bytes(text)).size();

  FrameCompressor other;
  for (std::uint64_t i = 0; i < FrameCompressor::kTrialEvery; ++i) other.compress(as_bytes(lines));
  EXPECT_EQ(other.compress(as_bytes(text)).size(), chosen);
  EXPECT_EQ(other.compress(as_bytes(text)).size(), chosen);
}

}  // namespace
}  // namespace scopetrace
