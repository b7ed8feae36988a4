// SPDX-License-Identifier: Apache-2.0
// Whose keys count for what: the allowed_signers file. What is revoked: scopes/krl.h.
//
// The format is OpenSSH's, read strictly: where stock ssh-keygen skips a line that it cannot parse
// or honours a wildcard, the whole file is refused here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scopes/krl.h"
#include "scopes/sshsig.h"

namespace scopetrace {

// Namespaces of signatures. On an approval: host@, request@, approval@.
inline constexpr std::string_view kHostNamespace = "host@scopetrace";
inline constexpr std::string_view kRequestNamespace = "request@scopetrace";
inline constexpr std::string_view kApprovalNamespace = "approval@scopetrace";
inline constexpr std::string_view kSessionNamespace = "session@scopetrace";
inline constexpr std::string_view kSealNamespace = "seal@scopetrace";
inline constexpr std::string_view kBundleNamespace = "bundle@scopetrace";
inline constexpr std::string_view kAuditNamespace = "audit@scopetrace";
inline constexpr std::string_view kRevokeNamespace = "revoke@scopetrace";
inline constexpr std::string_view kReviewNamespace = "review@scopetrace";
inline constexpr std::string_view kClockNamespace = "clock@scopetrace";

// The principal of a host in the trust file.
inline std::string host_principal(std::string_view host) { return "host:" + std::string(host); }

// One line of the file: these principals may sign under these namespaces with this key, or, on a
// line of an authority, with keys that it has certified for them.
struct TrustLine {
  std::vector<std::string> principals;         // exact names, never patterns
  std::vector<std::string> namespaces;         // exact names, at least one
  std::optional<std::uint64_t> valid_after_s;  // seconds since the epoch; valid from this second …
  std::optional<std::uint64_t> valid_before_s;  // … up to and including this one
  PublicKey key;
  std::string comment;
  bool is_authority = false;  // option cert-authority
};

// The parsed allowed_signers file.
class TrustFile {
 public:
  // kCorrupt names the line and its fault. Blank lines and lines that begin with # are skipped.
  static Result<TrustFile> parse(std::string_view text);
  // Reads and parses. Whether the file itself may be trusted is check_trust_path().
  static Result<TrustFile> read(const std::string& path);

  const std::vector<TrustLine>& lines() const { return lines_; }
  // Every principal for whom this key counts under this namespace at this time. A key that comes
  // with a certificate counts by lines of authorities only, and only for the principals that both
  // the line and the certificate name; a plain key by the other lines only. kUntrusted says why
  // there is none: unknown key or authority, other namespace, not yet valid, expired, or the rule
  // of check_certificate() that was broken.
  Result<std::vector<std::string>> principals_of(const SshIdentity& signer,
                                                 std::string_view name_space,
                                                 std::uint64_t at_s) const;
  // The same question for one principal, such as host_principal(name).
  Status check(std::string_view principal, const SshIdentity& signer, std::string_view name_space,
               std::uint64_t at_s) const;

 private:
  std::vector<TrustLine> lines_;
};

// The line of the file for these values, without LF.
std::string format_trust_line(const TrustLine& line);

// Everything that decides whether a signature counts.
struct Trust {
  TrustFile signers;
  RevokedKeys revoked;

  // The principals of a signer that is neither unknown, expired nor revoked; else kUntrusted.
  Result<std::vector<std::string>> principals_of(const SshIdentity& signer,
                                                 std::string_view name_space,
                                                 std::uint64_t at_s) const;
};

// Where a file that decides about trust may lie.
enum class TrustPathRule {
  kCapture,  // it and every parent folder root's, not writable by others
  kVerify    // it is the caller's or root's and not writable by others; parents are not looked at
};
// kRefused names the first path that others could change. Below `root` (empty: nowhere) a folder
// that is root's and sticky, such as /tmp, is accepted as a parent. Symbolic links are refused.
Status check_trust_path(const std::string& path, TrustPathRule rule, const std::string& root = "");

}  // namespace scopetrace
