// SPDX-License-Identifier: Apache-2.0
#include "scopes/host_rotation.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <optional>

#include "scopes/sshsig.h"
#include "scopes/trust.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

constexpr KeyRule kKeys[] = {{"host"}, {"old"}, {"new"}};
const SignedTextSchema kRotateSchema = {"rotate", kKeys};

std::string next_path(const Folders& folders) { return folders.host_key() + ".next"; }

Result<std::string> rotation_body(const std::string& host, const std::string& old_line,
                                  const std::string& new_line) {
  const std::vector<SignedField> fields = {{"host", host}, {"old", old_line}, {"new", new_line}};
  return build_signed_body(kRotateSchema, fields);
}

// An armoured block as one printable line, and back.
std::string one_line(std::string block) {
  for (char& c : block) {
    if (c == '\n') c = '|';
  }
  return block;
}
std::string many_lines(std::string_view line) {
  std::string block(line);
  for (char& c : block) {
    if (c == '|') c = '\n';
  }
  return block;
}

Status sync_folder(const std::string& folder) {
  ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(folder, O_RDONLY | O_DIRECTORY));
  if (::fsync(fd.get()) != 0) return fail_errno("fsync " + folder);
  return {};
}

// Puts the key beside the old one in force, public half first: a crash in between is seen by
// finish_rotation(), which finds the private half still there.
Status put_in_force(const Folders& folders) {
  const std::string next = next_path(folders), current = folders.host_key();
  const std::string next_public = next + ".pub", current_public = current + ".pub";
  if (::rename(next_public.c_str(), current_public.c_str()) != 0 && errno != ENOENT) {
    return fail_errno("rename " + next_public);
  }
  if (::rename(next.c_str(), current.c_str()) != 0) return fail_errno("rename " + next);
  return sync_folder(folders.state());
}

Status forget_next(const Folders& folders) {
  const std::string next = next_path(folders);
  ::unlink((next + ".pub").c_str());
  if (::unlink(next.c_str()) != 0 && errno != ENOENT) return fail_errno("remove " + next);
  return {};
}

// The new key of the last rotation in the ledger; empty when there was none.
Result<std::string> last_rotated_to(const Folders& folders) {
  std::string line;
  ST_RETURN_IF_ERROR(find_in_ledger(folders.ledger(), ledger_needle("event", kRotatedEvent),
                                    [&](const LedgerRecord& entry) -> Status {
                                      if (entry.event == kRotatedEvent) line = entry.value("new");
                                      return {};
                                    }));
  return line;
}

}  // namespace

Result<PublicKey> rotate_host_key(const Folders& folders, const std::string& host) {
  ST_RETURN_IF_ERROR(finish_rotation(folders));
  ST_ASSIGN_OR_RETURN(const SigningKey old_key, read_host_key(folders));
  const SigningKey new_key = SigningKey::generate();
  ST_RETURN_IF_ERROR(write_key_pair(new_key, next_path(folders), host_principal(host)));
  const std::string old_line = old_key.public_key().line(), new_line = new_key.public_key().line();
  ST_ASSIGN_OR_RETURN(const std::string body, rotation_body(host, old_line, new_line));
  const auto sign = [&](const SigningKey& key) {
    return one_line(make_sshsig(key, kAuditNamespace, as_bytes(body)));
  };
  ST_ASSIGN_OR_RETURN(Ledger ledger, Ledger::open(folders.ledger(), host, old_key));
  ST_RETURN_IF_ERROR(ledger.append({std::string(kRotatedEvent),
                                    {{"host", host},
                                     {"old", old_line},
                                     {"new", new_line},
                                     {"old_signature", sign(old_key)},
                                     {"new_signature", sign(new_key)}}}));
  ST_RETURN_IF_ERROR(put_in_force(folders));
  // The head by the new key, so that a ledger without further entries verifies by it.
  ST_ASSIGN_OR_RETURN(const Ledger renewed,
                      Ledger::take_over(folders.ledger(), new_key, old_key.public_key()));
  ST_RETURN_IF_ERROR(renewed.head());
  return new_key.public_key();
}

Status finish_rotation(const Folders& folders) {
  if (::access(next_path(folders).c_str(), F_OK) != 0) return {};
  ST_ASSIGN_OR_RETURN(const SigningKey next, SigningKey::read(next_path(folders)));
  ST_ASSIGN_OR_RETURN(const std::string known, last_rotated_to(folders));
  if (known != next.public_key().line()) return forget_next(folders);
  ST_ASSIGN_OR_RETURN(const SigningKey old_key, read_host_key(folders));
  ST_RETURN_IF_ERROR(put_in_force(folders));
  const auto renewed = Ledger::take_over(folders.ledger(), next, old_key.public_key());
  return renewed ? Status() : fail(renewed.error());
}

Result<PublicKey> follow_rotation(const LedgerRecord& entry, const PublicKey& current) {
  ST_ASSIGN_OR_RETURN(const PublicKey old_key, PublicKey::from_line(entry.value("old")));
  ST_ASSIGN_OR_RETURN(PublicKey new_key, PublicKey::from_line(entry.value("new")));
  if (!(old_key == current)) {
    return fail(ErrorCode::kTampered, "a rotation is from another key than the host's");
  }
  ST_ASSIGN_OR_RETURN(const std::string body, rotation_body(std::string(entry.value("host")),
                                                            old_key.line(), new_key.line()));
  const auto check = [&](const PublicKey& key, std::string_view signature) -> Status {
    ST_ASSIGN_OR_RETURN(const PublicKey signer,
                        verify_sshsig(many_lines(signature), kAuditNamespace, as_bytes(body)));
    if (signer == key) return {};
    return fail(ErrorCode::kTampered, "a rotation is not signed by both keys");
  };
  ST_RETURN_IF_ERROR(check(old_key, entry.value("old_signature")));
  ST_RETURN_IF_ERROR(check(new_key, entry.value("new_signature")));
  return new_key;
}

}  // namespace scopetrace
