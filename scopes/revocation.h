// SPDX-License-Identifier: Apache-2.0
// Revocations: signed text that ends an approval for good. Once installed on the host it cannot be
// taken back: the file's existence is the revocation, and nothing removes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scopes/policy.h"
#include "scopes/signed_text.h"
#include "scopes/trust.h"
#include "userspace/base/crypto.h"

namespace scopetrace {

// The fields of `scopetrace-revoke v1`, in the order of the text.
struct Revocation {
  std::string approval;        // its id
  std::optional<Digest> body;  // digest of its body; absent when only the id was known
  std::string by;              // principal of the signer
  std::string reason;
  std::uint64_t time_s = 0;  // seconds since the epoch, as the signer states it
  std::string nonce;         // 32 hexadecimal digits
};

extern const SignedTextSchema kRevocationSchema;

// The body to sign under revoke@scopetrace. kUsage names the first field that breaks a rule.
Result<std::string> format_revocation(const Revocation& revocation);

struct RevocationText {
  Revocation revocation;
  SignedText text;
};
// Parses a document with its signature, which is not looked at. kCorrupt names the fault.
Result<RevocationText> parse_revocation(std::string_view text);

// Who may revoke: the people who asked for or approved an approval, as principals.
using ApprovalParties = std::vector<std::string>;

// Verifies the signature and that its signer may revoke: one of the parties, by person, or one of
// policy's revokers. kRefused and kTampered say why not.
Status check_revocation(const RevocationText& document, const Trust& trust, const Policy& policy,
                        const ApprovalParties& parties, std::uint64_t now_s);

// Keeps a checked revocation in the folder, on disk when it returns. The answer is false when the
// approval was revoked already.
Result<bool> install_revocation(const std::string& folder, const RevocationText& document);

// The file whose existence revokes this approval.
std::string revocation_path(const std::string& folder, std::string_view approval_id);
// kRefused with who, when and why when the approval is revoked; also when that cannot be found out.
Status check_not_revoked(const std::string& folder, std::string_view approval_id);

}  // namespace scopetrace
