// SPDX-License-Identifier: Apache-2.0
#include "userspace/sandbox/landlock.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "userspace/base/unique_fd.h"

namespace scopetrace {
namespace {

// struct landlock_ruleset_attr as of ABI 6; Debian 12's header ends at ABI 2.
struct RulesetAttributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};
constexpr std::uint32_t kCreateRulesetVersion = 1;  // LANDLOCK_CREATE_RULESET_VERSION

// Every right that exists in this ABI: 13 file rights in ABI 1, then refer, truncate and ioctl.
std::uint64_t all_file_rights(std::uint32_t abi) {
  const unsigned count = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;
  return (std::uint64_t{1} << count) - 1;
}

RulesetAttributes all_rights(std::uint32_t abi) {
  return {.handled_access_fs = all_file_rights(abi),
          .handled_access_net = abi >= 4 ? 0b11U : 0U,  // bind and connect TCP
          .scoped = abi >= 6 ? 0b11U : 0U};             // abstract Unix sockets, signals
}

// Bytes of the structure that a kernel of this ABI knows.
std::size_t attribute_bytes(std::uint32_t abi) {
  return (abi >= 6 ? 3 : abi >= 4 ? 2 : 1) * sizeof(std::uint64_t);
}

}  // namespace

Result<std::uint32_t> restrict_by_landlock() {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, kCreateRulesetVersion);
  if (version < 0) {
    if (errno == ENOSYS || errno == EOPNOTSUPP) return 0;
    return fail_errno("ask for landlock");
  }
  const auto abi = static_cast<std::uint32_t>(version);
  const RulesetAttributes attributes = all_rights(abi);
  const UniqueFd rules(
      static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, attribute_bytes(abi), 0)));
  if (!rules) return fail_errno("make landlock rules");
  if (syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) return fail_errno("landlock");
  return abi;
}

}  // namespace scopetrace
