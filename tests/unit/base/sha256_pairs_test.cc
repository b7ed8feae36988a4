// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/sha256_pairs.h"

#include <gtest/gtest.h>

#include <random>

namespace scopetrace {
namespace {

// Messages of these sizes, hashed together and one by one by libcrypto.
void expect_right(const std::vector<std::size_t>& sizes) {
  std::mt19937 random(1);
  std::vector<ByteVector> messages;
  for (const std::size_t size : sizes) {
    ByteVector& message = messages.emplace_back(size);
    for (std::byte& byte : message) byte = static_cast<std::byte>(random());
  }
  std::vector<Digest> digests(messages.size());
  Sha256Pairs pairs;
  for (std::size_t i = 0; i < messages.size(); ++i) pairs.add({messages[i]}, digests[i]);
  pairs.finish();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    EXPECT_EQ(digests[i], sha256(messages[i])) << i << ", of " << messages[i].size() << " bytes";
  }
}

TEST(Sha256PairsTest, HashesEveryLengthAroundABlock) {
  std::vector<std::size_t> sizes;
  for (std::size_t size = 0; size <= 260; ++size) sizes.push_back(size);
  expect_right(sizes);
}

TEST(Sha256PairsTest, HashesPartnersOfVeryDifferentLengths) {
  expect_right({0, 100'000, 1, 2, 3, 64, 5'000, 55, 56, 1'000'000, 0});
}

TEST(Sha256PairsTest, HashesOneAlone) { expect_right({77}); }

TEST(Sha256PairsTest, TakesAMessageInParts) {
  Digest digest;
  Sha256Pairs pairs;
  pairs.add({as_bytes("a"), as_bytes(""), as_bytes("bc")}, digest);
  pairs.finish();
  EXPECT_EQ(to_hex(digest), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256PairsTest, MayBeUsedAgainAfterItsEnd) {
  Digest digest;
  Sha256Pairs pairs;
  for (const char* text : {"first", "second", "third"}) {
    pairs.add({as_bytes(text)}, digest);
    pairs.finish();
    EXPECT_EQ(digest, sha256(as_bytes(text)));
  }
}

TEST(HmacSha256Test, OfEachIsOfOne) {
  const HmacSha256 mac(as_bytes("a key"));
  std::vector<HmacSha256::Number> numbers(5);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i][3] = static_cast<std::byte>(i);
  std::vector<Digest> macs(numbers.size());

  mac.of_each(numbers, macs);

  for (std::size_t i = 0; i < numbers.size(); ++i) {
    EXPECT_EQ(macs[i], hmac_sha256(as_bytes("a key"), numbers[i])) << i;
  }
}

}  // namespace
}  // namespace scopetrace
