// SPDX-License-Identifier: Apache-2.0
// Keys, both directions against the stock ssh-keygen.
#include "scopes/ssh_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/unit/scopes/scratch.h"
#include "userspace/base/crypto.h"

namespace scopetrace {
namespace {

TEST(SigningKeyTest, StockSshKeygenReadsOurFile) {
  const ScratchFolder scratch;
  const SigningKey key = SigningKey::generate();
  ASSERT_TRUE(write_key_pair(key, scratch.file("key"), "host:a"));
  scratch.write("message", "text\n");

  const int derived = scratch.run("ssh-keygen -y -f key > derived.pub");
  const int fingerprinted = scratch.run("ssh-keygen -l -f key.pub | grep -F '" +
                                        key.public_key().fingerprint() + " host:a'");
  const int encrypted = scratch.run("ssh-keygen -q -p -N secret-word -P '' -f key");

  EXPECT_EQ(derived, 0);
  EXPECT_EQ(PublicKey::from_line(scratch.read("derived.pub")), key.public_key());
  EXPECT_EQ(fingerprinted, 0);
  EXPECT_EQ(encrypted, 0);
}

TEST(SigningKeyTest, WritesFileForItsOwnerOnly) {
  const ScratchFolder scratch;
  ASSERT_TRUE(write_key_pair(SigningKey::generate(), scratch.file("key"), "c"));

  struct stat facts {};
  ASSERT_EQ(::stat(scratch.file("key").c_str(), &facts), 0);

  EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST(SigningKeyTest, NeverOverwrites) {
  const ScratchFolder scratch;
  ASSERT_TRUE(write_key_pair(SigningKey::generate(), scratch.file("key"), "c"));

  const Status again = write_key_pair(SigningKey::generate(), scratch.file("key"), "c");

  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::kExists);
}

TEST(SigningKeyTest, ReadsBackWhatItWrote) {
  const ScratchFolder scratch;
  const SigningKey key = SigningKey::generate();
  ASSERT_TRUE(write_key_pair(key, scratch.file("key"), "c"));

  const auto read = SigningKey::read(scratch.file("key"));
  const auto half = read_public_key(scratch.file("key"));

  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->public_key(), key.public_key());
  ASSERT_TRUE(half);
  EXPECT_EQ(*half, key.public_key());
}

class StockKeyTest : public testing::TestWithParam<const char*> {};

TEST_P(StockKeyTest, IsReadAndSigns) {
  const ScratchFolder scratch;
  ASSERT_EQ(scratch.run(std::string("ssh-keygen -q -N '' -f key -t ") + GetParam()), 0);

  const auto key = SigningKey::read(scratch.file("key"));

  ASSERT_TRUE(key) << key.error().message();
  EXPECT_EQ(key->public_key(), read_public_key(scratch.file("key.pub")).value());
  EXPECT_FALSE(key->sign(as_bytes("text")).empty());
}

INSTANTIATE_TEST_SUITE_P(Types, StockKeyTest, testing::Values("ed25519", "ecdsa -b 256"),
                         [](const auto& test) { return "Row" + std::to_string(test.index); });

TEST(SigningKeyTest, RefusesEncryptedKeyWithRemedy) {
  const ScratchFolder scratch;
  ASSERT_EQ(scratch.run("ssh-keygen -q -N secret-word -f key -t ed25519"), 0);

  const auto key = SigningKey::read(scratch.file("key"));
  const auto half = read_public_key(scratch.file("key"));

  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code(), ErrorCode::kUnsupported);
  EXPECT_NE(key.error().message().find("is encrypted"), std::string::npos);
  EXPECT_NE(key.error().hint().find("ssh-keygen -Y sign"), std::string::npos);
  EXPECT_TRUE(half) << "the public half of an encrypted key is readable";
}

TEST(SigningKeyTest, RefusesKeyThatOthersMayRead) {
  const ScratchFolder scratch;
  ASSERT_TRUE(write_key_pair(SigningKey::generate(), scratch.file("key"), "c"));
  ASSERT_EQ(::chmod(scratch.file("key").c_str(), 0640), 0);

  const auto key = SigningKey::read(scratch.file("key"));

  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code(), ErrorCode::kRefused);
}

TEST(SigningKeyTest, RefusesTruncationAtEveryByte) {
  const std::string text = SigningKey::generate().to_openssh("c");

  std::size_t accepted = 0;
  for (std::size_t size = 0; size < text.size(); ++size) {
    if (SigningKey::parse(std::string_view(text).substr(0, size))) ++accepted;
  }

  EXPECT_EQ(accepted, 0U);
}

struct BadLine {
  const char* name;
  const char* line;
};
class PublicKeyLineTest : public testing::TestWithParam<BadLine> {};

TEST_P(PublicKeyLineTest, IsRefused) { EXPECT_FALSE(PublicKey::from_line(GetParam().line)); }

INSTANTIATE_TEST_SUITE_P(
    Faults, PublicKeyLineTest,
    testing::Values(BadLine{"Empty", ""}, BadLine{"TypeOnly", "ssh-ed25519"},
                    BadLine{"BadBase64", "ssh-ed25519 AAAA*"},
                    BadLine{"EmptyBlob", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAAA=="},
                    BadLine{"OtherTypeInBlob", "ecdsa-sha2-nistp256 AAAAC3NzaC1lZDI1NTE5AAAAAA=="}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace scopetrace
