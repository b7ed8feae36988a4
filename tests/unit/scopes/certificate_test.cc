// SPDX-License-Identifier: Apache-2.0
// Certificates, as stock ssh-keygen makes them and as it does not.
#include "scopes/certificate.h"

#include <gtest/gtest.h>

#include "scopes/trust.h"
#include "tests/unit/scopes/forge.h"
#include "tests/unit/scopes/scratch.h"

namespace scopetrace {
namespace {

constexpr std::uint64_t kNow = 1'790'000'000;  // 2026-09-21

class StockCertificateTest : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(StockCertificateTest, IsAccepted) {
  const ScratchFolder scratch;
  const auto& [key_type, authority_type] = GetParam();
  ASSERT_EQ(scratch.run(std::string("ssh-keygen -q -N '' -f key -t ") + key_type), 0);
  ASSERT_EQ(scratch.run(std::string("ssh-keygen -q -N '' -f ca -t ") + authority_type), 0);
  ASSERT_EQ(scratch.run("ssh-keygen -q -s ca -I laptop -z 42 -n alice,bob "
                        "-V 20260101000000Z:20270101000000Z key.pub"),
            0);

  const auto identity = SshIdentity::from_line(scratch.read("key-cert.pub"));

  ASSERT_TRUE(identity) << identity.error().message();
  ASSERT_TRUE(identity->certificate);
  const Certificate& certificate = *identity->certificate;
  EXPECT_EQ(identity->key, PublicKey::from_line(scratch.read("key.pub")).value());
  EXPECT_EQ(certificate.authority, PublicKey::from_line(scratch.read("ca.pub")).value());
  EXPECT_EQ(certificate.serial, 42U);
  EXPECT_EQ(certificate.key_id, "laptop");
  EXPECT_EQ(certificate.principals, (std::vector<std::string>{"alice", "bob"}));
  const Status sound = check_certificate(certificate, kNow);
  EXPECT_TRUE(sound) << sound.error().message();
  EXPECT_FALSE(check_certificate(certificate, kNow - 31'536'000));
  EXPECT_TRUE(scratch.read("key-cert.pub").starts_with(identity->line() + " "));
}

INSTANTIATE_TEST_SUITE_P(Types, StockCertificateTest,
                         testing::Values(std::pair{"ed25519", "ed25519"},
                                         std::pair{"ed25519", "ecdsa -b 256"},
                                         std::pair{"ecdsa -b 256", "ed25519"}),
                         [](const auto& test) { return "Row" + std::to_string(test.index); });

TEST(CertificateTest, ReadsAndWritesFidoTypes) {
  const SigningKey inner = SigningKey::generate();
  const SigningKey authority = SigningKey::generate();

  const SshIdentity identity = certify({}, SoftwareToken(inner).public_key(), authority);

  EXPECT_EQ(identity.key, SoftwareToken(inner).public_key());
  EXPECT_TRUE(identity.line().starts_with("sk-ssh-ed25519-cert-v01@openssh.com "));
  EXPECT_TRUE(check_certificate(*identity.certificate, kNow));
}

TEST(CertificateTest, DemandsATouchOfAFidoAuthority) {
  const SigningKey inner = SigningKey::generate();
  const SigningKey key = SigningKey::generate();
  const SoftwareToken token(inner);
  const auto signed_with = [&](std::uint8_t flags) {
    ByteVector blob = certificate_body({}, key.public_key(), token.public_key());
    put_string(blob, Bytes(token.sign(blob, flags).wire(KeyType::kSkEd25519)));
    return check_certificate(parse_certificate(blob).value(), kNow);
  };

  EXPECT_TRUE(signed_with(1));
  EXPECT_FALSE(signed_with(0));
}

TEST(CertificateTest, RefusesAnRsaAuthority) {
  const ScratchFolder scratch;
  ASSERT_EQ(scratch.run("ssh-keygen -q -N '' -f key -t ed25519"), 0);
  ASSERT_EQ(scratch.run("ssh-keygen -q -N '' -f ca -t rsa -b 2048"), 0);
  ASSERT_EQ(scratch.run("ssh-keygen -q -s ca -I laptop -n alice key.pub"), 0);

  const auto identity = SshIdentity::from_line(scratch.read("key-cert.pub"));

  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().code(), ErrorCode::kUnsupported);
}

TEST(CertificateTest, RefusesTruncationAtEveryByte) {
  const SigningKey key = SigningKey::generate();
  const ByteVector whole = certificate_blob({}, key.public_key(), SigningKey::generate());
  ASSERT_TRUE(SshIdentity::from_blob(whole));

  std::size_t accepted = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    if (SshIdentity::from_blob(Bytes(whole).first(size))) ++accepted;
  }

  EXPECT_EQ(accepted, 0U);
}

struct BadFields {
  const char* name;
  void (*change)(CertificateFields&);
};
class CertificateFormTest : public testing::TestWithParam<BadFields> {};

TEST_P(CertificateFormTest, IsRefused) {
  const SigningKey key = SigningKey::generate();
  CertificateFields fields;
  ASSERT_TRUE(parse_certificate(certificate_blob(fields, key.public_key(), key)));

  GetParam().change(fields);

  EXPECT_FALSE(parse_certificate(certificate_blob(fields, key.public_key(), key)));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, CertificateFormTest,
    testing::Values(
        BadFields{"ReservedNotEmpty", [](CertificateFields& f) { f.reserved = "x"; }},
        BadFields{"BytesAfterTheSignature", [](CertificateFields& f) { f.tail = "x"; }},
        BadFields{"TooLong", [](CertificateFields& f) { f.key_id = std::string(4000, 'x'); }},
        BadFields{"TooManyPrincipals", [](CertificateFields& f) { f.principals.resize(257); }}),
    [](const auto& test) { return test.param.name; });

TEST(CertificateTest, CountsByItsAuthoritysLineOnly) {
  const SigningKey key = SigningKey::generate();
  const SigningKey authority = SigningKey::generate();
  const SshIdentity certified =
      certify({.principals = {"alice", "mallory"}}, key.public_key(), authority);
  const std::string space = " namespaces=\"approval@scopetrace\" ";
  const auto by_authority =
      TrustFile::parse("alice,bob cert-authority,namespaces=\"approval@scopetrace\" " +
                       authority.public_key().line() + "\n");
  const auto by_key = TrustFile::parse("alice" + space + key.public_key().line() + "\n");
  ASSERT_TRUE(by_authority && by_key);

  const auto names = by_authority->principals_of(certified, "approval@scopetrace", kNow);

  ASSERT_TRUE(names) << names.error().message();
  EXPECT_EQ(*names, std::vector<std::string>{"alice"}) << "named by line and certificate";
  EXPECT_FALSE(by_authority->principals_of(key.public_key(), "approval@scopetrace", kNow));
  EXPECT_FALSE(by_key->principals_of(certified, "approval@scopetrace", kNow));
  EXPECT_TRUE(by_key->principals_of(key.public_key(), "approval@scopetrace", kNow));
}

}  // namespace
}  // namespace scopetrace
