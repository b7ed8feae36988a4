// SPDX-License-Identifier: Apache-2.0
// Forged approvals, each with its verdict. A row says what is genuine and how it is forged; the
// genuine one must be accepted first. Rows that forge at every offset give many forgeries.
#include <gtest/gtest.h>

#include <ostream>

#include "tests/forgery/approval_case.h"

namespace scopetrace {
namespace {

using World = const ForgeryWorld&;

// One row. `reason` is part of the refusal; with kAnything every verdict but kAccepted is right.
struct Forgery {
  const char* name;
  std::function<Evidence(World)> genuine;
  std::function<std::vector<Evidence>(World, Evidence)> forge;
  std::optional<Verdict> verdict;
  const char* reason;
};
// NOLINTNEXTLINE(readability-identifier-naming): the name is GoogleTest's
void PrintTo(const Forgery& row, std::ostream* out) { *out << row.name; }

constexpr std::optional<Verdict> kAnything;
constexpr auto kUnreadable = Verdict::kUnreadable;
constexpr auto kBadSignature = Verdict::kBadSignature;
constexpr auto kNotMet = Verdict::kNotMet;
constexpr auto kRefused = Verdict::kRefused;

// Genuine evidence.
Evidence good(World world) { return world.good(); }
Evidence alone(World world) {
  return world.signed_by_alice([&](const std::string& body) {
    return world.sign(world.people.alice, kApprovalNamespace, body);
  });
}
Evidence certified(World world) { return world.certified(); }
Evidence touched(World world) { return world.fido(world.people.alice, 1); }
Evidence touched_ecdsa(World world) { return world.fido(world.ecdsa, 1); }
Evidence verified(World world) {
  Evidence evidence = world.fido(world.people.alice, 5);
  evidence.policy.is_user_verification_required = true;
  return evidence;
}

// One forgery: `change` edits a copy of the genuine evidence.
using Change = std::function<void(World, Evidence&)>;
std::function<std::vector<Evidence>(World, Evidence)> one(const Change& change) {
  return [change](World world, Evidence evidence) {
    change(world, evidence);
    return std::vector{std::move(evidence)};
  };
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}
// Replaces in the body: the signatures are of the old one.
auto body_edit(const char* from, const char* to) {
  return one([=](World, Evidence& e) { replace(e.body, from, to); });
}
// Replaces in the body and signs the new one with every key: only the grammar can refuse.
auto resigned(const std::function<void(std::string&)>& edit) {
  return one([=](World world, Evidence& e) {
    edit(e.body);
    e.blocks = {world.sign(world.people.host, kHostNamespace, e.body),
                world.sign(world.people.carol, kRequestNamespace, e.body),
                world.sign(world.people.alice, kApprovalNamespace, e.body),
                world.sign(world.people.bob, kApprovalNamespace, e.body)};
  });
}
auto resigned_edit(const char* from, const char* to) {
  return resigned([=](std::string& body) { replace(body, from, to); });
}
// The last block is by this key instead.
auto last_by(SigningKey TestPeople::*key, std::string_view name_space = kApprovalNamespace) {
  return one([=](World world, Evidence& e) {
    e.blocks.back() = world.sign(world.people.*key, name_space, e.body);
  });
}
auto last_by_stock(const char* type, const char* options = "") {
  return one([=](World world, Evidence& e) {
    e.blocks.back() = world.sign_by_stock(type, e.body, options);
  });
}
// The last block is by one FIDO key with these flags.
auto last_by_fido(bool ecdsa, std::uint8_t flags, const char* application = "ssh:") {
  return one([=](World world, Evidence& e) {
    const SigningKey& inner = ecdsa ? world.ecdsa : world.people.alice;
    const SoftwareToken token(inner, application);
    ByteVector blob;
    append(blob, as_bytes("SSHSIG"));
    put_be32(blob, 1);
    put_string(blob, Bytes(token.blob()));
    put_string(blob, kApprovalNamespace);
    put_string(blob, "");
    put_string(blob, "sha512");
    const auto type = ecdsa ? KeyType::kSkEcdsaP256 : KeyType::kSkEd25519;
    const SignatureBlob signature = token.sign(sshsig_data(kApprovalNamespace, e.body), flags);
    put_string(blob, Bytes(signature.wire(type)));
    e.blocks.back() = armour_of(blob);
  });
}
auto certificate_with(const std::function<void(CertificateFields&)>& change) {
  return one([=](World world, Evidence& e) {
    CertificateFields fields;
    change(fields);
    e.blocks.back() = world.certified(fields).blocks.back();
  });
}
// The whole trust file, or the first text in it, is another.
auto trust_edit(const char* from, const char* to) {
  return one([=](World, Evidence& e) { replace(e.trust, from, to); });
}
auto trust_added(const char* before_key) {
  return one([=](World world, Evidence& e) {
    e.trust += before_key + world.people.stranger.public_key().line() + "\n";
  });
}
// The last block is by a stranger, whom an additional line of the trust file names with options.
auto by_a_stranger(const char* before_key) {
  return one([=](World world, Evidence& e) {
    e.trust += before_key + world.people.stranger.public_key().line() + "\n";
    e.blocks.back() = world.sign(world.people.stranger, kApprovalNamespace, e.body);
  });
}
auto revoked_by(const std::function<std::string(World)>& revoked) {
  return one([=](World world, Evidence& e) { e.revoked = revoked(world); });
}

// Every byte of one part changed, once in its lowest and once in its highest bit.
std::vector<std::string> edits_of(const std::string& text) {
  std::vector<std::string> edits;
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const int bit : {0x01, 0x80}) {
      edits.push_back(text);
      edits.back()[at] = static_cast<char>(edits.back()[at] ^ bit);
    }
  }
  return edits;
}
std::vector<Evidence> every_body_byte(World, const Evidence& evidence) {
  std::vector<Evidence> all;
  for (std::string& edit : edits_of(evidence.body)) {
    all.push_back(evidence);
    all.back().body = std::move(edit);
  }
  return all;
}
std::vector<Evidence> every_armour_byte(World, const Evidence& evidence) {
  std::vector<Evidence> all;
  for (std::size_t block = 0; block < evidence.blocks.size(); ++block) {
    for (std::string& edit : edits_of(evidence.blocks[block])) {
      all.push_back(evidence);
      all.back().blocks[block] = std::move(edit);
    }
  }
  return all;
}
std::vector<Evidence> every_blob_byte(World, const Evidence& evidence) {
  std::vector<Evidence> all;
  for (std::size_t block = 0; block < evidence.blocks.size(); ++block) {
    const ByteVector blob = blob_of(evidence.blocks[block]);
    for (const std::string& edit : edits_of(std::string(as_text(blob)))) {
      all.push_back(evidence);
      all.back().blocks[block] = armour_of(as_bytes(edit));
    }
  }
  return all;
}
std::vector<Evidence> every_length(World, const Evidence& evidence) {
  std::vector<Evidence> all;
  const std::string& last = evidence.blocks.back();
  for (std::size_t size = 1; size < last.size(); ++size) {
    all.push_back(evidence);
    all.back().blocks.back() = last.substr(0, size);
  }
  return all;
}

// A signature over twenty bytes that it calls the SHA-1 of the text.
std::string sha1_signature(World world) {
  ByteVector data;
  append(data, as_bytes("SSHSIG"));
  put_string(data, kApprovalNamespace);
  put_string(data, "");
  put_string(data, "sha1");
  put_string(data, std::string(20, 'd'));
  ByteVector blob;
  append(blob, as_bytes("SSHSIG"));
  put_be32(blob, 1);
  put_string(blob, world.people.alice.public_key().blob());
  put_string(blob, kApprovalNamespace);
  put_string(blob, "");
  put_string(blob, "sha1");
  put_string(blob, Bytes(world.people.alice.sign(data)));
  return armour_of(blob);
}

const Forgery kText[] = {
    {"EveryByteOfTheBody", good, every_body_byte, kAnything, ""},
    {"EveryByteOfTheArmour", good, every_armour_byte, kAnything, ""},
    {"EveryByteOfTheBlob", good, every_blob_byte, kAnything, ""},
    {"EveryByteOfACertificate", certified, every_blob_byte, kAnything, ""},
    {"EveryByteOfAFidoSignature", touched, every_blob_byte, kAnything, ""},
    {"EveryLengthOfTheLastBlock", good, every_length, kUnreadable, ""},
    {"LongerCapture", good, body_edit("max-seconds: 900", "max-seconds: 999"), kBadSignature,
     "does not fit the text"},
    {"KeysReordered", good, resigned([](std::string& body) {
       replace(body, "children: no\ninbound: no\n", "inbound: no\nchildren: no\n");
     }),
     kUnreadable, ""},
    {"KeyRepeated", good, resigned_edit("children: no\n", "children: no\nchildren: yes\n"),
     kUnreadable, ""},
    {"KeyMissing", good, resigned_edit("children: no\n", ""), kUnreadable, ""},
    {"KeyUnknown", good, resigned_edit("children: no\n", "children: no\nmore: yes\n"), kUnreadable,
     ""},
    {"CarriageReturns", good, resigned([](std::string& body) {
       for (std::size_t at = 0; (at = body.find('\n', at)) != std::string::npos; at += 2)
         body.insert(at, "\r");
     }),
     kUnreadable, ""},
    {"NonAscii", good, resigned_edit("Stripe", "Str\xC3\xAFpe"), kUnreadable, ""},
    {"RightToLeftOverride", good, resigned_edit("Stripe", "\xE2\x80\xAEStripe"), kUnreadable, ""},
    {"Tab", good, resigned_edit("Stripe ", "Stripe\t"), kUnreadable, ""},
    {"NulByte", good, resigned([](std::string& body) { body[body.find("Stripe")] = '\0'; }),
     kUnreadable, ""},
    {"TrailingBlank", good, resigned_edit("children: no\n", "children: no \n"), kUnreadable, ""},
    {"LeadingZero", good, resigned_edit("max-seconds: 900", "max-seconds: 0900"), kUnreadable, ""},
    {"AnotherVersion", good, resigned_edit("approval v1", "approval v2"), kUnreadable, ""},
    {"AnotherKind", good, resigned_edit("scopetrace-approval", "scopetrace-review"), kUnreadable,
     ""},
    {"TextAfterTheLastBlock", good, one([](World, Evidence& e) { e.tail = "approved\n"; }),
     kUnreadable, "no BEGIN line"},
    {"EmptyLineAfterTheLastBlock", good, one([](World, Evidence& e) { e.tail = "\n"; }),
     kUnreadable, "no BEGIN line"},
    {"SeventeenBlocks", good, one([](World, Evidence& e) { e.blocks.resize(17, e.blocks.back()); }),
     kUnreadable, "more than 16"},
    {"NoBlock", good, one([](World, Evidence& e) { e.blocks.clear(); }), kUnreadable,
     "no signature"},
    {"AStrangersBlockIsNoApproval", good, last_by(&TestPeople::stranger), kNotMet,
     "is not in the trust file"},
};

const Forgery kSignatures[] = {
    {"NamespaceOfARequest", alone, last_by(&TestPeople::alice, kRequestNamespace), kNotMet, ""},
    {"NamespaceOfAnotherKind", alone, last_by(&TestPeople::alice, kReviewNamespace), kNotMet, ""},
    {"NamespaceOfAnotherProgram", alone, last_by(&TestPeople::alice, "file"), kNotMet, ""},
    {"Rsa2048", alone, last_by_stock("rsa -b 2048"), kUnreadable, "ssh-rsa is not accepted"},
    {"Rsa4096", alone, last_by_stock("rsa -b 4096"), kUnreadable, "ssh-rsa is not accepted"},
    {"Dsa", alone, last_by_stock("dsa"), kUnreadable, "ssh-dss is not accepted"},
    {"Ecdsa384", alone, last_by_stock("ecdsa -b 384"), kUnreadable, "nistp384 is not accepted"},
    {"Ecdsa521", alone, last_by_stock("ecdsa -b 521"), kUnreadable, "nistp521 is not accepted"},
    {"HashSha256", alone, last_by_stock("ed25519", "-O hashalg=sha256"), kUnreadable,
     "hash is not sha512"},
    {"HashSha1", alone,
     one([](World world, Evidence& e) { e.blocks.back() = sha1_signature(world); }), kUnreadable,
     "hash is not sha512"},
    {"FidoEd25519Untouched", touched, last_by_fido(false, 0), kBadSignature, "was not touched"},
    {"FidoEcdsaUntouched", touched_ecdsa, last_by_fido(true, 0), kBadSignature, "was not touched"},
    {"FidoVerifiedButUntouched", touched, last_by_fido(false, 4), kBadSignature, "was not touched"},
    {"FidoForAWebSite", touched, last_by_fido(false, 1, "https://corp.example"), kUnreadable,
     "not made for ssh"},
    {"FidoWithoutUserVerification", verified, last_by_fido(false, 1), kBadSignature,
     "PIN or biometrics"},
    {"FidoEcdsaWithoutUserVerification", verified, last_by_fido(true, 1), kBadSignature,
     "PIN or biometrics"},
    {"FidoSignatureOfThePlainKey", touched, one([](World world, Evidence& e) {
       const SshIdentity token(SoftwareToken(world.people.alice).public_key());
       SignatureBlob plain =
           parse_signature_blob(world.people.alice.public_key(),
                                world.people.alice.sign(sshsig_data(kApprovalNamespace, e.body)))
               .value();
       plain.fido = FidoFacts{1, 1};
       e.blocks.back() = format_sshsig({token, std::string(kApprovalNamespace), plain});
     }),
     kBadSignature, "does not fit"},
};

const Forgery kTrustFile[] = {
    {"WildcardPrincipal", good, trust_added("*@corp.example namespaces=\"approval@scopetrace\" "),
     kUnreadable, "wildcard"},
    {"WildcardPrincipalOfAnAuthority", good,
     trust_added("* cert-authority,namespaces=\"approval@scopetrace\" "), kUnreadable, "wildcard"},
    {"WildcardNamespace", good, trust_added("mallory namespaces=\"*@scopetrace\" "), kUnreadable,
     "wildcard"},
    {"GarbageLine", good, one([](World, Evidence& e) { e.trust += "garbage\n"; }), kUnreadable,
     "line 12"},
    {"LineWithoutNamespaces", good, trust_added("mallory "), kUnreadable, "namespaces="},
    {"AuthorityWithoutNamespaces", good, trust_added("mallory cert-authority "), kUnreadable,
     "namespaces="},
    {"TimeWithoutZ", good,
     trust_added("mallory namespaces=\"approval@scopetrace\",valid-before=\"20270101\" "),
     kUnreadable, "with Z"},
    {"ExpiredLine", good,
     by_a_stranger("frank namespaces=\"approval@scopetrace\",valid-before=\"20200101Z\" "), kNotMet,
     "was valid only until"},
    {"LineNotYetValid", good,
     by_a_stranger("frank namespaces=\"approval@scopetrace\",valid-after=\"20900101Z\" "), kNotMet,
     "is valid only after"},
    {"LineForAnotherNamespace", good, by_a_stranger("frank namespaces=\"review@scopetrace\" "),
     kNotMet, "is not accepted for approval@scopetrace"},
    {"AuthorityKeyAsAPerson", good, one([](World world, Evidence& e) {
       e.blocks.back() = world.sign(world.authority, kApprovalNamespace, e.body);
     }),
     kNotMet, "is not in the trust file"},
};

std::string alice_line(World world) { return world.people.alice.public_key().line() + "\n"; }
std::string authority_line(World world) { return world.authority.public_key().line() + "\n"; }
constexpr const char* kOfAuthority = "-s authority.pub";

const Forgery kRevoked[] = {
    {"RevokedByList", good, revoked_by(alice_line), kNotMet, "is revoked"},
    {"RevokedByKey", good, revoked_by([](World world) { return world.krl(alice_line(world)); }),
     kNotMet, "is revoked"},
    {"RevokedByHash", good, revoked_by([](World world) {
       return world.krl("hash: " + world.people.alice.public_key().fingerprint() + "\n");
     }),
     kNotMet, "is revoked"},
    {"RevokedBySha1", good,
     revoked_by([](World world) { return world.krl("sha1: " + alice_line(world)); }), kNotMet,
     "is revoked"},
    {"CertifiedKeyRevoked", certified, revoked_by([](World world) {
       return world.krl(world.people.stranger.public_key().line() + "\n");
     }),
     kNotMet, "is revoked"},
    {"RevokedBySerial", certified,
     revoked_by([](World world) { return world.krl("serial: 7\n", kOfAuthority); }), kNotMet,
     "is revoked: serial 7"},
    {"RevokedBySerialRange", certified,
     revoked_by([](World world) { return world.krl("serial: 5-900000\n", kOfAuthority); }), kNotMet,
     "is revoked: serial 7"},
    {"RevokedBySerialBitmap", certified, revoked_by([](World world) {
       return world.krl("serial: 3\nserial: 5\nserial: 7\nserial: 10\n", kOfAuthority);
     }),
     kNotMet, "is revoked: serial 7"},
    {"RevokedBySerialOfAnyAuthority", certified,
     revoked_by([](World world) { return world.krl("serial: 7\n", "-s none"); }), kNotMet,
     "is revoked: serial 7"},
    {"RevokedByKeyId", certified,
     revoked_by([](World world) { return world.krl("id: alice-laptop\n", kOfAuthority); }), kNotMet,
     "by its key id"},
    {"AuthorityRevokedByKrl", certified,
     revoked_by([](World world) { return world.krl(authority_line(world)); }), kNotMet,
     "its authority is"},
    {"AuthorityRevokedByList", certified, revoked_by(authority_line), kNotMet, "its authority is"},
    {"KrlCutShort", good, revoked_by([](World world) {
       const std::string krl = world.krl(authority_line(world));
       return krl.substr(0, krl.size() - 1);
     }),
     kUnreadable, "malformed KRL"},
    {"KrlWithBytesAfterIt", good,
     revoked_by([](World world) { return world.krl(authority_line(world)) + "x"; }), kUnreadable,
     "malformed KRL"},
    {"KrlWithAnUnknownSection", good, revoked_by([](World world) {
       return world.krl(authority_line(world)) + std::string("\x09\0\0\0\0", 5);
     }),
     kUnreadable, "unknown type 9"},
    {"KrlWithACriticalExtension", good, revoked_by([](World world) {
       return world.krl(authority_line(world)) +
              std::string("\xff\0\0\0\x0a\0\0\0\x01x\x01\0\0\0\0", 15);
     }),
     kUnreadable, "critical extension"},
    {"GarbageInTheListOfRevokedKeys", good, revoked_by([](World) { return "alice\n"; }),
     kUnreadable, "line 1"},
};

const Forgery kCertificates[] = {
    {"CertificateExpired", certified,
     certificate_with([](CertificateFields& f) { f.valid_before_s = kTestNow; }), kNotMet,
     "expired at"},
    {"CertificateNotYetValid", certified,
     certificate_with([](CertificateFields& f) { f.valid_after_s = kTestNow + 1; }), kNotMet,
     "is valid only after"},
    {"HostCertificate", certified,
     certificate_with([](CertificateFields& f) { f.type = kHostCertificate; }), kNotMet,
     "is not a user certificate"},
    {"UnknownCriticalOption", certified,
     certificate_with([](CertificateFields& f) { f.critical_option = "force-command"; }), kNotMet,
     "critical option force-command"},
    {"PrincipalNotOfTheLine", certified,
     certificate_with([](CertificateFields& f) { f.principals = {"mallory"}; }), kNotMet,
     "may not certify"},
    {"PrincipalIsTheHost", certified,
     certificate_with([](CertificateFields& f) { f.principals = {"host:prod-pay-07"}; }), kNotMet,
     "may not certify"},
    {"WildcardPrincipalInTheCertificate", certified,
     certificate_with([](CertificateFields& f) { f.principals = {"*"}; }), kNotMet,
     "may not certify"},
    {"NoPrincipals", certified,
     certificate_with([](CertificateFields& f) { f.principals.clear(); }), kNotMet,
     "names no principals"},
    {"SeveralPeopleInOneCertificate", certified, certificate_with([](CertificateFields& f) {
       f.principals = {"alice", "bob"};
     }),
     kNotMet, "belongs to several people"},
    {"AuthorityNotTrusted", certified, one([](World world, Evidence& e) {
       e.blocks.back() = world.certified_by(world.other_authority, {}).blocks.back();
     }),
     kNotMet, "is not in the trust file"},
    {"AuthoritysSignatureForged", certified, one([](World world, Evidence& e) {
       ByteVector blob =
           certificate_body({}, world.people.stranger.public_key(), world.authority.public_key());
       put_string(blob, Bytes(world.other_authority.sign(blob)));
       e.blocks.back() = sshsig_as(SshIdentity(parse_certificate(blob).value()),
                                   world.people.stranger, kApprovalNamespace, e.body);
     }),
     kNotMet, "does not fit the certificate"},
    {"CertificateOfAnotherKey", certified, one([](World world, Evidence& e) {
       const SshIdentity alices = certify({}, world.people.alice.public_key(), world.authority);
       e.blocks.back() = sshsig_as(alices, world.people.stranger, kApprovalNamespace, e.body);
     }),
     kBadSignature, "does not fit the text"},
    {"SelfSigned", certified, one([](World world, Evidence& e) {
       e.blocks.back() = world.certified_by(world.people.stranger, {}).blocks.back();
     }),
     kNotMet, "is not in the trust file"},
    {"CertifiedByAPerson", certified, one([](World world, Evidence& e) {
       e.blocks.back() = world.certified_by(world.people.alice, {}).blocks.back();
     }),
     kNotMet, "is not in the trust file"},
    {"CertifiedForAnotherNamespace", certified,
     trust_edit("cert-authority,namespaces=\"approval@", "cert-authority,namespaces=\"review@"),
     kNotMet, "is not accepted for"},
    {"AuthoritysLineExpired", certified,
     trust_edit("cert-authority,", "cert-authority,valid-before=\"20200101Z\","), kNotMet,
     "was valid only until"},
    {"OneKeyPlainAndCertified", good, one([](World world, Evidence& e) {
       const SshIdentity as_bob =
           certify({.principals = {"bob"}}, world.people.alice.public_key(), world.authority);
       e.blocks.back() = sshsig_as(as_bob, world.people.alice, kApprovalNamespace, e.body);
     }),
     kNotMet, "the key has signed already"},
};

const Forgery kPeople[] = {
    {"RequesterApproves", good, last_by(&TestPeople::carol), kNotMet, "has signed already"},
    {"RequesterApprovesWithASecondKey", good, one([](World world, Evidence& e) {
       e.trust += "carol namespaces=\"approval@scopetrace\" " +
                  world.people.stranger.public_key().line() + "\n";
       e.blocks.back() = world.sign(world.people.stranger, kApprovalNamespace, e.body);
     }),
     kNotMet, "is the requester"},
    {"OnePersonTwice", good, last_by(&TestPeople::alice), kNotMet, "has signed already"},
    {"OnePersonWithTwoKeys", good, one([](World world, Evidence& e) {
       e.blocks.back() = world.sign(world.ecdsa, kApprovalNamespace, e.body);
     }),
     kNotMet, "alice has approved already"},
    {"OnePersonUnderTwoPrincipals", good, one([](World world, Evidence& e) {
       e.blocks[2] = world.sign(world.people.bob_second, kApprovalNamespace, e.body);
     }),
     kNotMet, "bob has approved already"},
    {"TwoPeopleWithOneKey", good, last_by(&TestPeople::shared), kNotMet,
     "belongs to several people"},
    {"ApproverMissing", good, one([](World, Evidence& e) { e.blocks.pop_back(); }), kNotMet,
     "1 of 2"},
    {"RequesterMissing", good,
     one([](World, Evidence& e) { e.blocks.erase(e.blocks.begin() + 1); }), kNotMet,
     "requester's signature is missing"},
    {"RequestedByAnother", good, one([](World world, Evidence& e) {
       e.blocks[1] = world.sign(world.people.alice, kRequestNamespace, e.body);
     }),
     kNotMet, "requester's signature is missing"},
    {"BlocksOfAnotherApproval", good, one([](World world, Evidence& e) {
       Approval other = test_approval(world.people);
       other.approvals = 2;
       other.nonce = std::string(32, 'b');
       e.blocks = world.good(other).blocks;
     }),
     kBadSignature, "does not fit the text"},
};

const Forgery kHosts[] = {
    {"HostBlockMissing", good, one([](World, Evidence& e) { e.blocks.erase(e.blocks.begin()); }),
     kNotMet, "target facts unproved"},
    {"HostBlockOfAnotherHost", good, one([](World world, Evidence& e) {
       e.blocks[0] = world.sign(world.other_host, kHostNamespace, e.body);
     }),
     kNotMet, "target facts unproved"},
    {"HostBlockOfAPerson", good, one([](World world, Evidence& e) {
       e.blocks[0] = world.sign(world.people.alice, kHostNamespace, e.body);
     }),
     kNotMet, "target facts unproved"},
    {"OnAnotherHost", good, one([](World, Evidence& e) { e.facts.host.name = "prod-pay-08"; }),
     kRefused, "names host"},
    {"OnARestartedHost", good,
     one([](World, Evidence& e) { e.facts.host.boot_id = "00000000-0000-4000-8000-000000000000"; }),
     kRefused, "host was restarted"},
    {"OnAHostWithAnotherKey", good, one([](World world, Evidence& e) {
       e.facts.host_key = world.other_host.public_key().fingerprint();
     }),
     kRefused, "names host key"},
    {"ForARestartedProcess", good,
     one([](World, Evidence& e) { e.facts.process->start_ticks += 1; }), kRefused,
     "the process was restarted"},
    {"ForAnotherExecutable", good,
     one([](World, Evidence& e) { e.facts.process->exe = sha256(as_bytes("other")); }), kRefused,
     "names executable"},
    {"UnderAnotherRuleSet", good,
     one([](World, Evidence& e) { e.facts.redaction = sha256(as_bytes("weaker")); }), kRefused,
     "rule set"},
    {"BeforeItsTime", good, one([](World, Evidence& e) { e.facts.now_s = kTestNow - 61; }),
     kRefused, "is not valid before"},
    {"AfterItsTime", good, one([](World, Evidence& e) { e.facts.now_s = kTestNow + 3601; }),
     kRefused, "expired at"},
    {"UsedUp", good, one([](World world, Evidence& e) { e.uses_folder = world.used(e, 1); }),
     kRefused, "is used up"},
};

class ApprovalForgeryTest : public testing::TestWithParam<Forgery> {
 protected:
  static World world() {
    static const ForgeryWorld shared;
    return shared;
  }
};

TEST_P(ApprovalForgeryTest, GetsItsVerdict) {
  const Forgery& row = GetParam();
  const Evidence genuine = row.genuine(world());
  const Judgement before = judge(genuine);
  ASSERT_EQ(before.verdict, Verdict::kAccepted) << before.reason;

  const std::vector<Evidence> forgeries = row.forge(world(), genuine);

  ASSERT_FALSE(forgeries.empty());
  for (std::size_t i = 0; i < forgeries.size(); ++i) {
    const Judgement after = judge(forgeries[i]);
    ASSERT_NE(after.verdict, Verdict::kAccepted) << "forgery " << i;
    ASSERT_EQ(after.verdict, row.verdict.value_or(after.verdict)) << after.reason;
    ASSERT_NE(after.reason.find(row.reason), std::string::npos) << after.reason;
  }
}

std::string name_of(const testing::TestParamInfo<Forgery>& row) { return row.param.name; }
INSTANTIATE_TEST_SUITE_P(Text, ApprovalForgeryTest, testing::ValuesIn(kText), name_of);
INSTANTIATE_TEST_SUITE_P(Signatures, ApprovalForgeryTest, testing::ValuesIn(kSignatures), name_of);
INSTANTIATE_TEST_SUITE_P(TrustFile, ApprovalForgeryTest, testing::ValuesIn(kTrustFile), name_of);
INSTANTIATE_TEST_SUITE_P(Revoked, ApprovalForgeryTest, testing::ValuesIn(kRevoked), name_of);
INSTANTIATE_TEST_SUITE_P(Certificates, ApprovalForgeryTest, testing::ValuesIn(kCertificates),
                         name_of);
INSTANTIATE_TEST_SUITE_P(People, ApprovalForgeryTest, testing::ValuesIn(kPeople), name_of);
INSTANTIATE_TEST_SUITE_P(Hosts, ApprovalForgeryTest, testing::ValuesIn(kHosts), name_of);

}  // namespace
}  // namespace scopetrace
