// SPDX-License-Identifier: Apache-2.0
// Revocations: KRLs as stock ssh-keygen makes them, and such as nobody should believe.
#include "scopes/krl.h"

#include <gtest/gtest.h>

#include "tests/unit/scopes/forge.h"
#include "tests/unit/scopes/scratch.h"

namespace scopetrace {
namespace {

ByteVector section(int type, const ByteVector& data) {
  ByteVector out = {static_cast<std::byte>(type)};
  put_string(out, Bytes(data));
  return out;
}
ByteVector serials(std::initializer_list<std::uint64_t> numbers) {
  ByteVector data;
  for (const std::uint64_t number : numbers) put_be64(data, number);
  return data;
}
ByteVector bitmap(std::uint64_t offset, std::string_view bits) {
  ByteVector data;
  put_be64(data, offset);
  put_string(data, bits);
  return data;
}
// A section of certificates of any authority with one part.
ByteVector certificates(int type, const ByteVector& data) {
  ByteVector all;
  put_string(all, "");
  put_string(all, "");
  append(all, section(type, data));
  return section(1, all);
}
std::string krl(const ByteVector& sections, std::uint32_t version = 1, std::uint64_t flags = 0) {
  ByteVector out;
  append(out, as_bytes(std::string_view("SSHKRL\n\0", 8)));
  put_be32(out, version);
  put_be64(out, 1);
  put_be64(out, 0);
  put_be64(out, flags);
  put_string(out, "");
  put_string(out, "comment");
  append(out, sections);
  return std::string(as_text(out));
}
ByteVector extension(int critical) {
  ByteVector data;
  put_string(data, "x@example");
  data.push_back(static_cast<std::byte>(critical));
  put_string(data, "");
  return data;
}

class SerialTest : public testing::Test {
 protected:
  bool revokes(const RevokedKeys& revoked, std::uint64_t serial) const {
    return revoked.contains(certify({.serial = serial}, key_.public_key(), authority_));
  }
  SigningKey key_ = SigningKey::generate();
  SigningKey authority_ = SigningKey::generate();
};

// ssh-keygen chooses between lists, ranges and bitmaps by what is shortest.
TEST_F(SerialTest, AgreesWithStockOnEverySerial) {
  const ScratchFolder scratch;
  scratch.write("ca.pub", authority_.public_key().line() + "\n");
  scratch.write("specification",
                "serial: 3\nserial: 5\nserial: 64-80\nserial: 90\nserial: 1000-2000\n"
                "serial: 100000\nserial: 18446744073709551615\n");
  ASSERT_EQ(scratch.run("ssh-keygen -kf krl -s ca.pub specification"), 0);
  const auto revoked = RevokedKeys::parse(scratch.read("krl"));
  ASSERT_TRUE(revoked) << revoked.error().message();

  for (const std::uint64_t serial : {3U, 5U, 64U, 65U, 80U, 90U, 1000U, 1500U, 2000U, 100'000U}) {
    EXPECT_TRUE(revokes(*revoked, serial)) << serial;
  }
  EXPECT_TRUE(revokes(*revoked, ~std::uint64_t{0}));
  for (const std::uint64_t serial :
       {0U, 1U, 2U, 4U, 6U, 63U, 81U, 89U, 91U, 999U, 2001U, 99'999U, 100'001U}) {
    EXPECT_FALSE(revokes(*revoked, serial)) << serial;
  }
}

TEST_F(SerialTest, ReadsBitmaps) {
  const auto revoked =
      RevokedKeys::parse(krl(certificates(0x22, bitmap(100, std::string_view("\x02\x05", 2)))));

  ASSERT_TRUE(revoked) << revoked.error().message();
  EXPECT_TRUE(revokes(*revoked, 100));
  EXPECT_FALSE(revokes(*revoked, 101));
  EXPECT_TRUE(revokes(*revoked, 102));
  EXPECT_TRUE(revokes(*revoked, 109));
  EXPECT_FALSE(revokes(*revoked, 110));
  EXPECT_FALSE(revokes(*revoked, 116));
}

TEST_F(SerialTest, OfAnotherAuthorityAreNotRevoked) {
  const ScratchFolder scratch;
  scratch.write("ca.pub", SigningKey::generate().public_key().line() + "\n");
  scratch.write("specification", "serial: 1-1000\nid: alice-laptop\n");
  ASSERT_EQ(scratch.run("ssh-keygen -kf krl -s ca.pub specification"), 0);

  const auto revoked = RevokedKeys::parse(scratch.read("krl"));

  ASSERT_TRUE(revoked) << revoked.error().message();
  EXPECT_FALSE(revokes(*revoked, 7));
}

TEST(RevokedKeysTest, KeysOfTypesThatNeverCountMayBeRevoked) {
  const ScratchFolder scratch;
  ASSERT_EQ(scratch.run("ssh-keygen -q -N '' -f rsa -t rsa -b 2048"), 0);
  ASSERT_EQ(scratch.run("ssh-keygen -kf krl rsa.pub"), 0);

  EXPECT_TRUE(RevokedKeys::parse(scratch.read("krl")));
  EXPECT_TRUE(RevokedKeys::parse(scratch.read("rsa.pub")));
}

TEST(RevokedKeysTest, ACertificateOnTheListRevokesItsKey) {
  const SigningKey key = SigningKey::generate();
  const SshIdentity certified = certify({}, key.public_key(), SigningKey::generate());

  const auto revoked = RevokedKeys::parse("# lost\n" + certified.line() + " laptop\n");

  ASSERT_TRUE(revoked) << revoked.error().message();
  EXPECT_TRUE(revoked->contains(key.public_key()));
  EXPECT_TRUE(revoked->contains(certified));
}

TEST(RevokedKeysTest, AFileThatIsNotThereRevokesNothing) {
  const auto revoked = RevokedKeys::read(ScratchFolder().file("nosuch"));

  ASSERT_TRUE(revoked);
  EXPECT_FALSE(revoked->contains(SigningKey::generate().public_key()));
}

TEST(RevokedKeysTest, RefusesTruncationInsideSections) {
  const std::string header = krl({});
  const std::string whole = krl(certificates(0x20, serials({1, 2, 3})));
  ASSERT_TRUE(RevokedKeys::parse(whole));

  std::size_t accepted = 0;
  for (std::size_t size = 1; size < whole.size(); ++size) {
    if (size == header.size()) continue;  // an empty KRL
    if (RevokedKeys::parse(whole.substr(0, size))) ++accepted;
  }

  EXPECT_EQ(accepted, 0U);
}

struct BadKrl {
  const char* name;
  std::string text;
  ErrorCode code;
};
class BadKrlTest : public testing::TestWithParam<BadKrl> {};

TEST_P(BadKrlTest, IsRefusedWhole) {
  const auto revoked = RevokedKeys::parse(GetParam().text);

  ASSERT_FALSE(revoked);
  EXPECT_EQ(revoked.error().code(), GetParam().code) << revoked.error().message();
}

ByteVector string_of(std::string_view text) {
  ByteVector data;
  put_string(data, text);
  return data;
}

INSTANTIATE_TEST_SUITE_P(
    Faults, BadKrlTest,
    testing::Values(
        BadKrl{"MagicOnly", std::string("SSHKRL\n\0", 8), ErrorCode::kCorrupt},
        BadKrl{"MagicOfText", "SSHKRL\nx", ErrorCode::kCorrupt},
        BadKrl{"VersionTwo", krl({}, 2), ErrorCode::kUnsupported},
        BadKrl{"UnknownFlag", krl({}, 1, 1), ErrorCode::kUnsupported},
        BadKrl{"Signed", krl(section(4, string_of("key"))), ErrorCode::kUnsupported},
        BadKrl{"UnknownSection", krl(section(6, {})), ErrorCode::kUnsupported},
        BadKrl{"CriticalExtension", krl(section(255, extension(1))), ErrorCode::kUnsupported},
        BadKrl{"MalformedExtension", krl(section(255, {})), ErrorCode::kCorrupt},
        BadKrl{"CriticalExtensionOfCertificates", krl(certificates(0x39, extension(1))),
               ErrorCode::kUnsupported},
        BadKrl{"UnknownPartOfCertificates", krl(certificates(0x24, {})), ErrorCode::kUnsupported},
        BadKrl{"SerialZero", krl(certificates(0x20, serials({0}))), ErrorCode::kCorrupt},
        BadKrl{"HalfASerial", krl(certificates(0x20, ByteVector(9))), ErrorCode::kCorrupt},
        BadKrl{"RangeBackwards", krl(certificates(0x21, serials({9, 8}))), ErrorCode::kCorrupt},
        BadKrl{"RangeOfThree", krl(certificates(0x21, serials({1, 2, 3}))), ErrorCode::kCorrupt},
        BadKrl{"NegativeBitmap", krl(certificates(0x22, bitmap(1, "\x80"))), ErrorCode::kCorrupt},
        BadKrl{"BitmapRunsOver", krl(certificates(0x22, bitmap(~std::uint64_t{0}, "\x01"))),
               ErrorCode::kCorrupt},
        BadKrl{"EmptyKeyId", krl(certificates(0x23, string_of(""))), ErrorCode::kCorrupt},
        BadKrl{"ShortFingerprint", krl(section(3, string_of("short"))), ErrorCode::kCorrupt},
        BadKrl{"Sha256OfTwentyBytes", krl(section(5, string_of(std::string(20, 'h')))),
               ErrorCode::kCorrupt},
        BadKrl{"KeyIsNoKey", krl(section(2, string_of("abc"))), ErrorCode::kCorrupt},
        BadKrl{"CertificateAsAKey",
               krl(section(2, string_of(as_text(string_of("ssh-ed25519-cert-v01@openssh.com"))))),
               ErrorCode::kCorrupt}),
    [](const auto& test) { return test.param.name; });

TEST(RevokedKeysTest, SkipsExtensionsThatSayTheyMayBeSkipped) {
  EXPECT_TRUE(RevokedKeys::parse(krl(section(255, extension(0)))));
  EXPECT_TRUE(RevokedKeys::parse(krl(certificates(0x39, extension(0)))));
}

TEST(RevokedKeysTest, IsBounded) {
  EXPECT_FALSE(RevokedKeys::parse(std::string(kMaxRevocationFile + 1, '\n')));
}

}  // namespace
}  // namespace scopetrace
