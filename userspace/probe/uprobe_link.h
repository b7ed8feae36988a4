// SPDX-License-Identifier: Apache-2.0
// uprobe_multi links by bpf(2) itself: libbpf 1.1 does not know them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {

// Values of enum bpf_attach_type that Debian's headers lack. Source: include/uapi/linux/bpf.h.
inline constexpr std::uint32_t kAttachUprobeMulti = 48;
inline constexpr std::uint32_t kAttachUprobeSession = 57;

// One link over many sites of one file.
struct UprobeSites {
  std::string path;
  std::vector<std::uint64_t> offsets;  // bytes from the start of the file
  std::vector<std::uint64_t> cookies;  // as many
  std::uint32_t tgid = 0;              // 0: every process that maps the file
};

// Attaches `program_fd`. The probes last as long as the descriptor. `at_return` is for kind
// kAttachUprobeMulti only.
Result<UniqueFd> link_uprobes(int program_fd, std::uint32_t kind, const UprobeSites& sites,
                              bool at_return);

}  // namespace scopetrace
