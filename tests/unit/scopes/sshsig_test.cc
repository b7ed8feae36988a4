// SPDX-License-Identifier: Apache-2.0
// SSHSIG, both directions against the stock ssh-keygen, and where ours is stricter.
#include "scopes/sshsig.h"

#include <gtest/gtest.h>

#include "scopes/wire_string.h"
#include "tests/unit/scopes/forge.h"
#include "tests/unit/scopes/scratch.h"
#include "userspace/base/crypto.h"

namespace scopetrace {
namespace {

constexpr std::string_view kSpace = "approval@scopetrace";
constexpr std::string_view kMessage = "scopetrace-example v1\nid: 1\n";

// A signature blob by parts, so that each can be wrong.
struct BlobParts {
  std::uint32_t version = 1;
  std::string reserved = "";
  std::string hash = "sha512";
  std::string tail = "";
  std::string name_space = std::string(kSpace);
};

ByteVector data_to_sign(const BlobParts& parts) {
  ByteVector data;
  append(data, as_bytes("SSHSIG"));
  put_string(data, parts.name_space);
  put_string(data, parts.reserved);
  put_string(data, parts.hash);
  const Digest short_digest = sha256(as_bytes(kMessage));
  const auto long_digest = sha512(as_bytes(kMessage));
  put_string(data, parts.hash == "sha256" ? Bytes(short_digest) : Bytes(long_digest));
  return data;
}

std::string forge(const BlobParts& parts, const PublicKey& key, Bytes signature) {
  ByteVector blob;
  append(blob, as_bytes("SSHSIG"));
  put_be32(blob, parts.version);
  put_string(blob, key.blob());
  put_string(blob, parts.name_space);
  put_string(blob, parts.reserved);
  put_string(blob, parts.hash);
  put_string(blob, signature);
  append(blob, as_bytes(parts.tail));
  return armour_of(blob);
}

TEST(SshsigTest, VerifiesItsOwnSignature) {
  const SigningKey key = SigningKey::generate();

  const auto signer =
      verify_sshsig(make_sshsig(key, kSpace, as_bytes(kMessage)), kSpace, as_bytes(kMessage));

  ASSERT_TRUE(signer);
  EXPECT_EQ(*signer, key.public_key());
}

TEST(SshsigTest, StockSshKeygenAcceptsOurs) {
  const ScratchFolder scratch;
  const SigningKey key = SigningKey::generate();
  scratch.write("signers",
                "carol namespaces=\"approval@scopetrace\" " + key.public_key().line() + "\n");
  scratch.write("message", kMessage);
  scratch.write("message.sig", make_sshsig(key, kSpace, as_bytes(kMessage)));

  const int status = scratch.run(
      "ssh-keygen -Y verify -f signers -I carol -n approval@scopetrace -s message.sig < message");

  EXPECT_EQ(status, 0);
}

class StockSignatureTest : public testing::TestWithParam<const char*> {};

TEST_P(StockSignatureTest, IsAccepted) {
  const ScratchFolder scratch;
  scratch.write("message", kMessage);
  ASSERT_EQ(scratch.run(std::string("ssh-keygen -q -N '' -f key -t ") + GetParam()), 0);
  ASSERT_EQ(scratch.run("ssh-keygen -Y sign -f key -n approval@scopetrace message"), 0);

  const auto signer = verify_sshsig(scratch.read("message.sig"), kSpace, as_bytes(kMessage));

  ASSERT_TRUE(signer) << signer.error().message();
  EXPECT_EQ(signer->line(), PublicKey::from_line(scratch.read("key.pub"))->line());
}

INSTANTIATE_TEST_SUITE_P(Types, StockSignatureTest, testing::Values("ed25519", "ecdsa -b 256"),
                         [](const auto& test) { return "Row" + std::to_string(test.index); });

TEST(SshsigTest, RefusesRsa) {
  const ScratchFolder scratch;
  scratch.write("message", kMessage);
  ASSERT_EQ(scratch.run("ssh-keygen -q -N '' -f key -t rsa -b 2048"), 0);
  ASSERT_EQ(scratch.run("ssh-keygen -Y sign -f key -n approval@scopetrace message"), 0);

  const auto signer = verify_sshsig(scratch.read("message.sig"), kSpace, as_bytes(kMessage));

  ASSERT_FALSE(signer);
  EXPECT_EQ(signer.error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(signer.error().message(), "key type ssh-rsa is not accepted");
}

TEST(SshsigTest, DemandsTouchWhereStockDoesNot) {
  const ScratchFolder scratch;
  const SigningKey inner = SigningKey::generate();
  const SoftwareToken token(inner);
  const std::string untouched = token.sshsig(kSpace, kMessage, 0);
  scratch.write("signers", "carol " + token.public_key().line() + "\n");
  scratch.write("message", kMessage);
  scratch.write("untouched.sig", untouched);

  const auto refused = verify_sshsig(untouched, kSpace, as_bytes(kMessage));
  const auto touched = verify_sshsig(token.sshsig(kSpace, kMessage, 1), kSpace, as_bytes(kMessage));
  const int stock = scratch.run(
      "ssh-keygen -Y verify -f signers -I carol -n approval@scopetrace -s untouched.sig < message");

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kTampered);
  EXPECT_EQ(refused.error().message(), "the security key was not touched for this signature");
  EXPECT_TRUE(touched);
  EXPECT_EQ(stock, 0) << "stock verification became stricter: say so in docs/formats.md";
}

TEST(SshsigTest, DemandsUserVerificationWhereTheRulesDo) {
  const SigningKey inner = SigningKey::generate();
  const SoftwareToken token(inner);
  const auto check = [&](std::uint8_t flags) {
    const auto parsed = parse_sshsig(token.sshsig(kSpace, kMessage, flags)).value();
    return verify_sshsig(parsed, kSpace, as_bytes(kMessage), {.require_user_verification = true});
  };

  EXPECT_FALSE(check(1));
  EXPECT_TRUE(check(5));
}

TEST(SshsigTest, KeepsFlagsAndCounter) {
  const SigningKey inner = SigningKey::generate();
  const std::string block = SoftwareToken(inner).sshsig(kSpace, kMessage, 5);

  const auto parsed = parse_sshsig(block);

  ASSERT_TRUE(parsed && parsed->signature.fido);
  EXPECT_TRUE(parsed->signature.fido->is_touched());
  EXPECT_TRUE(parsed->signature.fido->is_user_verified());
  EXPECT_EQ(parsed->signature.fido->counter, SoftwareToken::kCounter);
  EXPECT_EQ(format_sshsig(*parsed), block);
}

TEST(SshsigTest, RefusesACertificateWhereAHostSigns) {
  const SigningKey key = SigningKey::generate();
  const std::string block =
      sshsig_as(certify({}, key.public_key(), SigningKey::generate()), key, kSpace, kMessage);

  const auto signer = verify_sshsig(block, kSpace, as_bytes(kMessage));

  ASSERT_FALSE(signer);
  EXPECT_EQ(signer.error().code(), ErrorCode::kUnsupported);
}

TEST(SshsigTest, RefusesOtherNamespace) {
  const SigningKey key = SigningKey::generate();

  const auto signer = verify_sshsig(make_sshsig(key, "request@scopetrace", as_bytes(kMessage)),
                                    kSpace, as_bytes(kMessage));

  ASSERT_FALSE(signer);
  EXPECT_EQ(signer.error().code(), ErrorCode::kTampered);
}

struct BadBlob {
  const char* name;
  BlobParts parts;
};
class StrictBlobTest : public testing::TestWithParam<BadBlob> {};

TEST_P(StrictBlobTest, IsRefused) {
  const SigningKey key = SigningKey::generate();
  const BlobParts& parts = GetParam().parts;
  const std::string armour = forge(parts, key.public_key(), key.sign(data_to_sign(parts)));

  const auto signer = verify_sshsig(armour, kSpace, as_bytes(kMessage));

  ASSERT_FALSE(signer);
  EXPECT_EQ(signer.error().code(), ErrorCode::kCorrupt);
}

INSTANTIATE_TEST_SUITE_P(Faults, StrictBlobTest,
                         testing::Values(BadBlob{"VersionTwo", {.version = 2}},
                                         BadBlob{"ReservedNotEmpty", {.reserved = "x"}},
                                         BadBlob{"Sha256", {.hash = "sha256"}},
                                         BadBlob{"BytesAfterTheSignature",
                                                 {.tail = std::string(1, '\0')}},
                                         BadBlob{"EmptyNamespace", {.name_space = ""}}),
                         [](const auto& test) { return test.param.name; });

struct ArmourEdit {
  const char* name;
  std::string (*edit)(std::string);
};
class StrictArmourTest : public testing::TestWithParam<ArmourEdit> {};

TEST_P(StrictArmourTest, IsRefused) {
  const std::string good = make_sshsig(SigningKey::generate(), kSpace, as_bytes(kMessage));

  const auto parsed = parse_sshsig(GetParam().edit(good));

  ASSERT_TRUE(parse_sshsig(good));
  EXPECT_FALSE(parsed);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, StrictArmourTest,
    testing::Values(
        ArmourEdit{"TextBefore", [](std::string s) { return "x\n" + s; }},
        ArmourEdit{"TextAfter", [](std::string s) { return s + "x\n"; }},
        ArmourEdit{"NoFinalLf", [](std::string s) { return s.substr(0, s.size() - 1); }},
        ArmourEdit{"CarriageReturn", [](std::string s) { return s.insert(s.find('\n'), "\r"); }},
        ArmourEdit{"EmptyLine", [](std::string s) { return s.insert(s.find('\n'), "\n"); }},
        ArmourEdit{"LineSplit", [](std::string s) { return s.insert(s.find('\n') + 11, "\n"); }},
        ArmourEdit{"Twice", [](std::string s) { return s + s; }},
        ArmourEdit{"Empty", [](std::string) { return std::string(); }}),
    [](const auto& test) { return test.param.name; });

TEST(SshsigTest, RefusesEveryEditedByte) {
  const std::string good = make_sshsig(SigningKey::generate(), kSpace, as_bytes(kMessage));

  std::size_t accepted = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string edited = good;
    edited[at] = static_cast<char>(edited[at] ^ 1);
    if (verify_sshsig(edited, kSpace, as_bytes(kMessage))) ++accepted;
  }

  EXPECT_EQ(accepted, 0U);
}

}  // namespace
}  // namespace scopetrace
