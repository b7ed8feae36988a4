// SPDX-License-Identifier: Apache-2.0
#include "scopes/revocation.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "scopes/approval_rules.h"
#include "scopes/sshsig.h"
#include "userspace/base/clock.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

constexpr KeyRule kKeys[] = {
    {"approval"}, {"body", ValueType::kDigestOrNone}, {"by"},
    {"reason"},   {"time", ValueType::kSeconds},      {"nonce"},
};

bool has_person(const std::vector<std::string>& principals, const Policy& policy,
                std::string_view person) {
  return std::any_of(principals.begin(), principals.end(), [&](const std::string& principal) {
    return policy.person_of(principal) == person;
  });
}

// A file with this content that did not exist before, and its folder's entry, both on disk.
Status write_new_durably(const std::string& folder, const std::string& path,
                         std::string_view content) {
  ST_ASSIGN_OR_RETURN(const UniqueFd fd,
                      open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  Status written = write_all(fd.get(), as_bytes(content));
  if (written && ::fsync(fd.get()) != 0) written = fail_errno("fsync " + path);
  if (!written) return written;  // the file stays: its existence revokes, whatever is in it
  ST_ASSIGN_OR_RETURN(const UniqueFd parent, open_file(folder, O_RDONLY | O_DIRECTORY));
  if (::fsync(parent.get()) != 0) return fail_errno("fsync " + folder);
  return {};
}

}  // namespace

const SignedTextSchema kRevocationSchema = {"revoke", kKeys};

Result<std::string> format_revocation(const Revocation& revocation) {
  const std::vector<SignedField> fields = {
      {"approval", revocation.approval},
      {"body", revocation.body ? format_digest(*revocation.body) : "none"},
      {"by", revocation.by},
      {"reason", revocation.reason},
      {"time", format_seconds(revocation.time_s)},
      {"nonce", revocation.nonce}};
  return build_signed_body(kRevocationSchema, fields);
}

Result<RevocationText> parse_revocation(std::string_view text) {
  RevocationText document;
  ST_ASSIGN_OR_RETURN(document.text, parse_signed_text(text, kRevocationSchema));
  Revocation& revocation = document.revocation;
  revocation.approval = document.text.value("approval");
  revocation.body = parse_digest(document.text.value("body"));
  revocation.by = document.text.value("by");
  revocation.reason = document.text.value("reason");
  revocation.time_s = parse_seconds(document.text.value("time")).value();
  revocation.nonce = document.text.value("nonce");
  if (is_uuid(revocation.approval)) return document;
  return fail(ErrorCode::kCorrupt, "revocation: approval is no id");
}

Status check_revocation(const RevocationText& document, const Trust& trust, const Policy& policy,
                        const ApprovalParties& parties, std::uint64_t now_s) {
  if (document.text.blocks.size() != 1) {
    return fail(ErrorCode::kRefused, "revocation: has more than one signature");
  }
  ST_ASSIGN_OR_RETURN(const SshSignature signature, parse_sshsig(document.text.blocks.front()));
  ST_RETURN_IF_ERROR(verify_sshsig(signature, kRevokeNamespace, as_bytes(document.text.body)));
  const auto principals = trust.principals_of(signature.signer, kRevokeNamespace, now_s);
  if (!principals) return fail(ErrorCode::kRefused, principals.error().message());
  if (std::find(principals->begin(), principals->end(), document.revocation.by) ==
      principals->end()) {
    return fail(ErrorCode::kRefused, "revocation: is not signed by " + document.revocation.by);
  }
  const std::string_view person = policy.person_of(document.revocation.by);
  if (has_person(parties, policy, person) || policy.may_revoke(person)) return {};
  return fail(ErrorCode::kRefused, "revocation: " + document.revocation.by +
                                       " has neither asked for nor approved it, and is none of "
                                       "policy's revokers");
}

Result<bool> install_revocation(const std::string& folder, const RevocationText& document) {
  ST_RETURN_IF_ERROR(make_folders(folder, 0700));
  const std::string path = revocation_path(folder, document.revocation.approval);
  const Status made =
      write_new_durably(folder, path, format_signed_text(document.text.body, document.text.blocks));
  if (made) return true;
  if (made.error().code() == ErrorCode::kExists) return false;
  return fail(made.error());
}

std::string revocation_path(const std::string& folder, std::string_view approval_id) {
  return folder + "/" + std::string(approval_id);
}

Status check_not_revoked(const std::string& folder, std::string_view approval_id) {
  const std::string path = revocation_path(folder, approval_id);
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) return {};
  const auto text = read_file(path, kMaxSignedText);
  const auto document = text ? parse_revocation(*text) : fail(text.error());
  if (!document) return fail(ErrorCode::kRefused, "approval was revoked");
  const Revocation& revocation = document->revocation;
  return fail(ErrorCode::kRefused, "approval was revoked by " + revocation.by + " at " +
                                       format_seconds(revocation.time_s) + ": " +
                                       revocation.reason);
}

}  // namespace scopetrace
