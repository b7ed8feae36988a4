// SPDX-License-Identifier: Apache-2.0
#include "tests/forgery/approval_case.h"

#include <filesystem>

namespace scopetrace {
namespace {

constexpr const char* kBoth = "namespaces=\"request@scopetrace,approval@scopetrace\"";

CheckFacts facts_of(const Approval& approval) {
  CheckFacts facts;
  facts.now_s = kTestNow;
  facts.host.name = approval.host;
  facts.host.boot_id = approval.boot_id;
  facts.host_key = approval.host_key;
  ProcessFacts process;
  process.tgid = approval.target.tgid;
  process.start_ticks = approval.target.start_ticks;
  process.uid = approval.target.uid;
  process.exe = approval.target.executables.front();
  facts.process = process;
  facts.redaction = approval.redaction;
  return facts;
}

SigningKey make_ecdsa(const ScratchFolder& scratch) {
  ST_CHECK(scratch.run("ssh-keygen -q -t ecdsa -b 256 -N '' -f ecdsa") == 0);
  return SigningKey::read(scratch.file("ecdsa")).value();
}

Judgement refused(Verdict verdict, const Error& error) { return {verdict, error.message()}; }

Judgement judge_document(const Evidence& evidence, const ApprovalText& document,
                         const Trust& trust) {
  const Status here = check_host(document.approval, evidence.facts.host, evidence.facts.host_key);
  if (!here) return refused(Verdict::kRefused, here.error());
  const Quorum quorum = judge_quorum(document, trust, evidence.policy, evidence.facts.now_s);
  std::string reasons;
  for (const std::string& reason : quorum.reasons) reasons += reason + "\n";
  if (quorum.verdict == QuorumVerdict::kBadSignature) return {Verdict::kBadSignature, reasons};
  if (quorum.verdict == QuorumVerdict::kNotMet) return {Verdict::kNotMet, reasons};
  CheckFacts facts = evidence.facts;
  if (!evidence.uses_folder.empty()) {
    facts.uses_so_far = count_uses(evidence.uses_folder, document.approval).value();
  }
  const Status fits = check_approval(document.approval, facts);
  return fits ? Judgement{} : refused(Verdict::kRefused, fits.error());
}

}  // namespace

Judgement judge(const Evidence& evidence) {
  auto signers = TrustFile::parse(evidence.trust);
  if (!signers) return refused(Verdict::kUnreadable, signers.error());
  auto revoked = RevokedKeys::parse(evidence.revoked);
  if (!revoked) return refused(Verdict::kUnreadable, revoked.error());
  const auto document =
      parse_approval(format_signed_text(evidence.body, evidence.blocks) + evidence.tail);
  if (!document) return refused(Verdict::kUnreadable, document.error());
  return judge_document(evidence, *document, {std::move(*signers), std::move(*revoked)});
}

ForgeryWorld::ForgeryWorld() : ecdsa(make_ecdsa(scratch)) {}

std::string ForgeryWorld::trust_text() const {
  const auto line = [](const char* names, const std::string& options, const PublicKey& key) {
    return std::string(names) + " " + options + " " + key.line() + "\n";
  };
  const std::string host = "namespaces=\"host@scopetrace\"";
  return line("host:prod-pay-07", host, people.host.public_key()) +
         line("host:other", host, other_host.public_key()) +
         line("carol", kBoth, people.carol.public_key()) +
         line("alice", kBoth, people.alice.public_key()) +
         line("bob", kBoth, people.bob.public_key()) +
         line("bob-at-home", kBoth, people.bob_second.public_key()) +
         line("dan,eve", kBoth, people.shared.public_key()) +
         line("alice", kBoth, ecdsa.public_key()) +
         line("alice", kBoth, SoftwareToken(people.alice).public_key()) +
         line("alice", kBoth, SoftwareToken(ecdsa).public_key()) +
         line("alice,bob", "cert-authority,namespaces=\"approval@scopetrace\"",
              authority.public_key());
}

Evidence ForgeryWorld::good(const Approval& approval) const {
  Evidence evidence;
  evidence.body = format_approval(approval).value();
  evidence.blocks = {sign(people.host, kHostNamespace, evidence.body),
                     sign(people.carol, kRequestNamespace, evidence.body),
                     sign(people.alice, kApprovalNamespace, evidence.body),
                     sign(people.bob, kApprovalNamespace, evidence.body)};
  evidence.trust = trust_text();
  evidence.facts = facts_of(approval);
  return evidence;
}

Evidence ForgeryWorld::good() const {
  Approval approval = test_approval(people);
  approval.approvals = 2;
  return good(approval);
}

Evidence ForgeryWorld::signed_by_alice(
    const std::function<std::string(const std::string& body)>& sign_body) const {
  Evidence evidence = good(test_approval(people));
  evidence.blocks.pop_back();
  evidence.blocks.back() = sign_body(evidence.body);
  return evidence;
}

Evidence ForgeryWorld::certified_by(const SigningKey& signer,
                                    const CertificateFields& fields) const {
  return signed_by_alice([&](const std::string& body) {
    return sshsig_as(certify(fields, people.stranger.public_key(), signer), people.stranger,
                     kApprovalNamespace, body);
  });
}

Evidence ForgeryWorld::certified(const CertificateFields& fields) const {
  return certified_by(authority, fields);
}

Evidence ForgeryWorld::fido(const SigningKey& inner, std::uint8_t flags) const {
  return signed_by_alice([&](const std::string& body) {
    return SoftwareToken(inner).sshsig(kApprovalNamespace, body, flags);
  });
}

std::string ForgeryWorld::sign_by_stock(const std::string& type, const std::string& body,
                                        const std::string& options) const {
  const std::string key = "stock-" + std::to_string(std::hash<std::string>()(type));
  if (!std::filesystem::exists(scratch.file(key))) {
    ST_CHECK(scratch.run("ssh-keygen -q -N '' -f " + key + " -t " + type) == 0);
  }
  scratch.write("body", body);
  ST_CHECK(scratch.run("ssh-keygen -Y sign " + options + " -f " + key +
                       " -n approval@scopetrace < body > body.sig") == 0);
  return scratch.read("body.sig");
}

std::string ForgeryWorld::krl(const std::string& specification, const std::string& options) const {
  scratch.write("authority.pub", authority.public_key().line() + "\n");
  scratch.write("specification", specification);
  std::filesystem::remove(scratch.file("krl"));
  ST_CHECK(scratch.run("ssh-keygen -kf krl " + options + " specification") == 0);
  return scratch.read("krl");
}

std::string ForgeryWorld::used(const Evidence& evidence, int times) const {
  std::string folder = scratch.file("uses");
  std::filesystem::create_directories(folder);
  const auto document = parse_approval(format_signed_text(evidence.body, evidence.blocks)).value();
  for (int i = 0; i < times; ++i) {
    ST_CHECK(consume_use(folder, document, {.seconds = 1, .bytes = 1}));
  }
  return folder;
}

}  // namespace scopetrace
