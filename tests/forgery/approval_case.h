// SPDX-License-Identifier: Apache-2.0
// An approval, all that decides about it, and the verdict: what the table of forgeries is made of.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scopes/approval_check.h"
#include "scopes/quorum.h"
#include "scopes/uses.h"
#include "tests/unit/scopes/approval_builder.h"
#include "tests/unit/scopes/forge.h"
#include "tests/unit/scopes/scratch.h"

namespace scopetrace {

enum class Verdict {
  kAccepted,
  kUnreadable,    // the approval, the trust file or the revocations break their format
  kBadSignature,  // somebody changed something
  kNotMet,        // signatures lack or do not count
  kRefused        // not for this host, process or moment, or used up
};

// Everything of one decision; the document is put together from body and blocks.
struct Evidence {
  std::string body;
  std::vector<std::string> blocks;
  std::string tail;     // after the last block
  std::string trust;    // the allowed_signers file
  std::string revoked;  // the revoked_keys file
  Policy policy = test_policy();
  CheckFacts facts;
  std::string uses_folder;  // of earlier uses
};

// The same decision as at attach: read, host, quorum, approval, uses.
struct Judgement {
  Verdict verdict = Verdict::kAccepted;
  std::string reason;
};
Judgement judge(const Evidence& evidence);

// Keys, people and an authority that all cases share: making keys takes time.
class ForgeryWorld {
 public:
  ForgeryWorld();

  // An approval that carol asks for and alice and bob approve, and that counts.
  Evidence good() const;
  // The same of another approval.
  Evidence good(const Approval& approval) const;
  // Of an approval that alice signs alone, in the given way.
  Evidence signed_by_alice(const std::function<std::string(const std::string& body)>& sign) const;
  // Alice signs with a certificate of `authority`, made of these fields.
  Evidence certified(const CertificateFields& fields = {}) const;
  Evidence certified_by(const SigningKey& signer, const CertificateFields& fields) const;
  // Alice signs with a FIDO key; flags 1 is a touch.
  Evidence fido(const SigningKey& inner, std::uint8_t flags) const;

  std::string sign(const SigningKey& key, std::string_view name_space,
                   const std::string& body) const {
    return make_sshsig(key, name_space, as_bytes(body));
  }
  // A block by a key of this type (as for `ssh-keygen -t`), made by stock ssh-keygen.
  std::string sign_by_stock(const std::string& type, const std::string& body,
                            const std::string& options = "") const;
  // A KRL that `ssh-keygen -k` makes of this specification; `options` may name an authority.
  std::string krl(const std::string& specification, const std::string& options = "") const;
  // A fresh folder in which the approval was used so often.
  std::string used(const Evidence& evidence, int times) const;

  TestPeople people;
  SigningKey authority = SigningKey::generate();
  SigningKey other_authority = SigningKey::generate();
  SigningKey other_host = SigningKey::generate();
  ScratchFolder scratch;
  SigningKey ecdsa;  // made by ssh-keygen

 private:
  std::string trust_text() const;
};

}  // namespace scopetrace
