// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/front/opener_threads.h"

#include <gtest/gtest.h>

#include "userspace/bundle/frame_compressor.h"

namespace scopetrace {
namespace {

constexpr std::size_t kRawBytes = 300'000;  // two of them are more than is opened without threads

class OpenerThreadsTest : public testing::TestWithParam<unsigned> {
 protected:
  // A seal over `count` lines from `first` on, as its signer would say.
  CheckedSeal seal_of(const std::string& raw, std::uint64_t first, std::uint64_t count) {
    CheckedSeal checked;
    checked.seal.first = first;
    checked.seal.count = count;
    checked.data = compressor_.compress(as_bytes(raw));
    checked.seal.frame = SealedFrame{.offset = 0,
                                     .compressed = static_cast<std::uint32_t>(checked.data.size()),
                                     .raw = static_cast<std::uint32_t>(raw.size()),
                                     .digest = {}};
    return checked;
  }
  static std::string one_line(std::size_t i) {
    return std::string(kRawBytes, static_cast<char>('a' + i % 26)) + "\n";
  }

  LeafSalt salt_{};
  FrameCompressor compressor_;
  OpenerThreads opener_{salt_, GetParam()};
};

TEST_P(OpenerThreadsTest, HandsSealsBackInOrder) {
  constexpr std::size_t kSeals = 40;
  std::size_t popped = 0;
  const auto pop = [&] {
    const OpenedSeal opened = opener_.pop();
    ASSERT_TRUE(opened.result);
    EXPECT_EQ(opened.raw, one_line(popped));
    ASSERT_EQ(opened.leaves.size(), 1U);
    EXPECT_EQ(opened.leaves[0], leaf_hash(salt_, popped, opened.raw));
    ++popped;
  };

  for (std::size_t i = 0; i < kSeals; ++i) {
    opener_.push(seal_of(one_line(i), i, 1));
    while (opener_.is_full()) pop();
  }
  while (!opener_.is_empty()) pop();

  EXPECT_EQ(popped, kSeals);
}

TEST_P(OpenerThreadsTest, IsFullBeforeItHoldsMuch) {
  std::size_t held = 0;
  for (std::size_t i = 0; !opener_.is_full(); ++i) {
    opener_.push(seal_of(one_line(i), i, 1));
    held += kRawBytes;
  }
  EXPECT_LE(held, OpenerThreads::kMostBytes + kRawBytes);
  while (!opener_.is_empty()) EXPECT_TRUE(opener_.pop().result);
  EXPECT_FALSE(opener_.is_full());
}

TEST_P(OpenerThreadsTest, TellsWhatIsWrongOfTheRightSeal) {
  opener_.push(seal_of(one_line(0), 0, 1));
  opener_.push(seal_of("no end", 1, 1));
  opener_.push(seal_of("one\ntwo\n", 1, 3));
  opener_.push(seal_of("one\ntwo\n", 1, 1));
  CheckedSeal cut = seal_of(one_line(3), 1, 1);
  cut.data.resize(cut.data.size() / 2);
  opener_.push(std::move(cut));
  opener_.push(seal_of(one_line(4), 1, 1));

  std::vector<std::string> said;
  while (!opener_.is_empty()) {
    const OpenedSeal opened = opener_.pop();
    said.push_back(opened.result ? "good" : opened.result.error().message());
  }
  EXPECT_EQ(said, (std::vector<std::string>{
                      "good", "the last line has no end", "seal: another number of lines",
                      "seal: another number of lines",
                      "data frame does not decompress to its declared size", "good"}));
}

TEST_P(OpenerThreadsTest, PassesIdleSealsOnAmongOthers) {
  opener_.push(seal_of(one_line(0), 0, 1));
  opener_.push({});
  opener_.push(seal_of(one_line(1), 1, 1));

  EXPECT_EQ(opener_.pop().leaves.size(), 1U);
  EXPECT_TRUE(opener_.pop().leaves.empty());
  EXPECT_EQ(opener_.pop().leaves.size(), 1U);
}

TEST_P(OpenerThreadsTest, MayGoWhileSealsAreBeingOpened) {
  for (std::size_t i = 0; !opener_.is_full(); ++i) opener_.push(seal_of(one_line(i), i, 1));
}

INSTANTIATE_TEST_SUITE_P(Threads, OpenerThreadsTest, testing::Values(0U, 1U, 3U),
                         [](const auto& test) { return "Of" + std::to_string(test.param); });

}  // namespace
}  // namespace scopetrace
