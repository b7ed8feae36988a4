// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/host_side.h"

#include <sys/auxv.h>
#include <unistd.h>

#include "scopes/host_rotation.h"
#include "scopes/trust.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxEntryValue = 256;  // bytes of one value in the ledger

Status check_root(const std::string& root) {
  if (root.empty()) return {};
  if (::getauxval(AT_SECURE) != 0) {
    return fail(ErrorCode::kRefused, "--root is refused where scopetrace is installed set-uid");
  }
  if (::access(Folders().policy().c_str(), F_OK) == 0) {
    return fail(Error(ErrorCode::kRefused,
                      "--root is refused: this host has a policy, " + Folders().policy()));
  }
  return {};
}

}  // namespace

Result<HostSide> read_host_side(const std::string& root) {
  ST_RETURN_IF_ERROR(check_root(root));
  const Folders folders(root);
  ST_RETURN_IF_ERROR(
      check_trust_path(folders.policy(), TrustPathRule::kCapture, root).map_error([](Error error) {
        return std::move(error).with_hint("scopetrace init sets this host up");
      }));
  ST_ASSIGN_OR_RETURN(Policy policy, read_policy(folders.policy()));
  ST_RETURN_IF_ERROR(finish_rotation(folders));
  ST_ASSIGN_OR_RETURN(SigningKey host_key, read_host_key(folders));
  ST_ASSIGN_OR_RETURN(HostFacts host, read_host());
  return HostSide{folders, std::move(policy), std::move(host_key), std::move(host)};
}

std::string printable_ascii(std::string_view text) {
  std::string shown(text.substr(0, kMaxEntryValue));
  for (char& c : shown) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return shown;
}

}  // namespace scopetrace
