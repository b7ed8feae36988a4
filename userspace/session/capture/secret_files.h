// SPDX-License-Identifier: Apache-2.0
// Sources of secret values that the redactor may learn. Opened here, read only there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {

inline constexpr std::size_t kMaxSecretFiles = 64;  // opened in one target

// The environment that the process was started with.
Result<UniqueFd> open_environment(std::uint32_t tgid, const std::string& proc_root = "/proc");

// Regular files in the folders where container runtimes and systemd mount secrets, as the target
// sees them: run/secrets, var/run/secrets and one folder deeper. No path leaves the target's root;
// what cannot be opened is left out.
std::vector<UniqueFd> open_secret_files(std::uint32_t tgid, const std::string& proc_root = "/proc");

}  // namespace scopetrace
