// SPDX-License-Identifier: Apache-2.0
#include "scopes/host.h"

namespace scopetrace {

Result<SigningKey> read_host_key(const Folders& folders) {
  auto key = SigningKey::read(folders.host_key());
  if (key || key.error().code() != ErrorCode::kNotFound) return key;
  return fail(std::move(key).error().with_context("host key").with_hint("scopetrace init"));
}

Result<Trust> read_trust(const Folders& folders) {
  const Status path =
      check_trust_path(folders.allowed_signers(), TrustPathRule::kCapture, folders.root());
  if (!path) {
    if (path.error().code() != ErrorCode::kNotFound) return fail(path.error());
    return fail(Error(path.error()).with_context("trust file").with_hint("scopetrace init"));
  }
  Trust trust;
  ST_ASSIGN_OR_RETURN(trust.signers, TrustFile::read(folders.allowed_signers()));
  const Status revoked =
      check_trust_path(folders.revoked_keys(), TrustPathRule::kCapture, folders.root());
  if (!revoked && revoked.error().code() != ErrorCode::kNotFound) return fail(revoked.error());
  ST_ASSIGN_OR_RETURN(trust.revoked, RevokedKeys::read(folders.revoked_keys()));
  return trust;
}

}  // namespace scopetrace
