// SPDX-License-Identifier: Apache-2.0
// A valid approval, people with keys, and documents signed by them.
#pragma once

#include <string>
#include <vector>

#include "scopes/approval.h"
#include "scopes/policy.h"
#include "scopes/sshsig.h"
#include "scopes/trust.h"

namespace scopetrace {

inline constexpr std::uint64_t kTestNow = 1'790'000'000;  // seconds since the epoch

// Keys and the trust file that names them. bob has two keys; dan and eve share one.
struct TestPeople {
  SigningKey host = SigningKey::generate();
  SigningKey carol = SigningKey::generate();
  SigningKey alice = SigningKey::generate();
  SigningKey bob = SigningKey::generate();
  SigningKey bob_second = SigningKey::generate();
  SigningKey shared = SigningKey::generate();
  SigningKey expired = SigningKey::generate();
  SigningKey future = SigningKey::generate();
  SigningKey stranger = SigningKey::generate();
  SigningKey revoked = SigningKey::generate();

  Trust trust() const {
    const auto line = [](const std::string& names, const std::string& options,
                         const SigningKey& key) {
      return names + " " + options + " " + key.public_key().line() + "\n";
    };
    const std::string both = "namespaces=\"request@scopetrace,approval@scopetrace\"";
    const std::string text =
        line("host:prod-pay-07", "namespaces=\"host@scopetrace\"", host) +
        line("carol", both, carol) + line("alice", both, alice) + line("bob", both, bob) +
        line("bob-at-home", both, bob_second) + line("dan", both, shared) +
        line("eve", both, shared) + line("frank", both + ",valid-before=\"20200101Z\"", expired) +
        line("grace", both + ",valid-after=\"20900101Z\"", future) + line("heidi", both, revoked);
    return {TrustFile::parse(text).value(),
            RevokedKeys::parse(revoked.public_key().line() + "\n").value()};
  }
};

inline Policy test_policy() {
  Policy policy;
  policy.people = {{"bob-at-home", "bob"}};
  return policy;
}

inline Approval test_approval(const TestPeople& people) {
  Approval a;
  a.id = "0192f3c4-7a10-7c3e-9d55-2f1e6a7b8c9d";
  a.requester = "carol";
  a.reason = "Stripe webhooks time out";
  a.host = "prod-pay-07";
  a.host_key = people.host.public_key().fingerprint();
  a.boot_id = "5d0b6f0e-0000-4000-8000-000000000000";
  a.target.tgid = 4211;
  a.target.start_ticks = 8812345;
  a.target.uid = 1001;
  a.target.executables = {sha256(as_bytes("exe"))};
  a.context = "python3 -m payments.worker";
  a.third_parties = {"api.stripe.com"};
  a.requests = {{RequestKind::kHeader, "x-request-id", "req_8fK2"}};
  a.redaction = sha256(as_bytes("rules"));
  a.not_before_s = kTestNow - 60;
  a.not_after_s = kTestNow + 3600;
  a.approvals = 1;
  a.policy = sha256(as_bytes("policy"));
  a.nonce = std::string(32, 'a');
  return a;
}

struct TestSigner {
  const SigningKey* key;
  std::string_view name_space;
};
inline std::string signed_document(const Approval& approval,
                                   const std::vector<TestSigner>& signers) {
  const std::string body = format_approval(approval).value();
  std::vector<std::string> blocks;
  blocks.reserve(signers.size());
  for (const TestSigner& signer : signers) {
    blocks.push_back(make_sshsig(*signer.key, signer.name_space, as_bytes(body)));
  }
  return format_signed_text(body, blocks);
}

}  // namespace scopetrace
