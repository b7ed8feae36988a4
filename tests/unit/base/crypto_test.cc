// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/crypto.h"

#include <gtest/gtest.h>

namespace scopetrace {
namespace {

// Vector: FIPS 180-4, "abc".
constexpr const char* kAbcDigest =
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(CryptoTest, DigestOfPiecesIsTheDigestOfTheWhole) {
  Sha256 hash;
  hash.update(as_bytes("a"));
  hash.update(as_bytes("bc"));

  EXPECT_EQ(format_digest(hash.digest()), kAbcDigest);
  EXPECT_EQ(hash.digest(), sha256(as_bytes("abc")));
}

TEST(CryptoTest, DigestCanBeTakenInTheMiddle) {
  Sha256 hash;
  hash.update(as_bytes("abc"));
  const Digest before = hash.digest();
  hash.update(as_bytes("d"));

  EXPECT_EQ(before, sha256(as_bytes("abc")));
  EXPECT_EQ(hash.digest(), sha256(as_bytes("abcd")));
}

TEST(CryptoTest, HmacFollowsRfc4231Case2) {
  EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(CryptoTest, ParsesOnlyItsOwnDigestForm) {
  EXPECT_EQ(parse_digest(kAbcDigest), sha256(as_bytes("abc")));
  EXPECT_FALSE(parse_digest("sha256:ba78"));
  EXPECT_FALSE(parse_digest(std::string("sha512:") + std::string(64, 'a')));
  EXPECT_FALSE(parse_digest(std::string("sha256:") + std::string(64, 'A')));
}

TEST(CryptoTest, Uuid7StartsWithItsTimeAndStatesItsVersion) {
  const std::string id = make_uuid7(0x0192f3c47a10ULL * 1'000'000);

  ASSERT_EQ(id.size(), 36U);
  EXPECT_EQ(id.substr(0, 15), "0192f3c4-7a10-7");
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
  EXPECT_NE(id, make_uuid7(0x0192f3c47a10ULL * 1'000'000));
}

}  // namespace
}  // namespace scopetrace
