// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/signed_body.h"

#include "scopes/sshsig.h"

namespace scopetrace {

std::string_view body_of(std::string_view text) {
  const std::size_t end = text.find("\n\n");
  return text.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

Result<SignedBody> open_signed_body(std::string_view text, std::string_view name_space) {
  const std::string_view body = body_of(text);
  if (body.empty()) return fail(ErrorCode::kCorrupt, "text has no signature");
  ST_ASSIGN_OR_RETURN(PublicKey key,
                      verify_sshsig(text.substr(body.size() + 1), name_space, as_bytes(body)));
  return SignedBody{body, std::move(key)};
}

}  // namespace scopetrace
