// SPDX-License-Identifier: Apache-2.0
#include "userspace/probe/uprobe_link.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "userspace/probe/libbpf_log.h"

namespace scopetrace {
namespace {

constexpr std::uint32_t kFlagReturn = 1;  // BPF_F_UPROBE_MULTI_RETURN

// union bpf_attr of BPF_LINK_CREATE with its uprobe_multi member, as of Linux 6.6.
struct LinkCreate {
  std::uint32_t program_fd;
  std::uint32_t target_fd;
  std::uint32_t attach_type;
  std::uint32_t flags;
  std::uint64_t path;
  std::uint64_t offsets;
  std::uint64_t reference_counters;
  std::uint64_t cookies;
  std::uint32_t count;
  std::uint32_t multi_flags;
  std::uint32_t tgid;
  std::uint32_t reserved;
};
static_assert(sizeof(LinkCreate) == 64, "layout of union bpf_attr");

std::uint64_t address_of(const void* pointer) { return reinterpret_cast<std::uint64_t>(pointer); }

}  // namespace

Result<UniqueFd> link_uprobes(int program_fd, std::uint32_t kind, const UprobeSites& sites,
                              bool at_return) {
  LinkCreate attributes{};
  attributes.program_fd = static_cast<std::uint32_t>(program_fd);
  attributes.attach_type = kind;
  attributes.path = address_of(sites.path.c_str());
  attributes.offsets = address_of(sites.offsets.data());
  attributes.cookies = address_of(sites.cookies.data());
  attributes.count = static_cast<std::uint32_t>(sites.offsets.size());
  attributes.multi_flags = at_return ? kFlagReturn : 0;
  attributes.tgid = sites.tgid;
  const long fd = ::syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof(attributes));
  if (fd < 0) return fail_bpf("attach uprobes", errno);
  return UniqueFd(static_cast<int>(fd));  // link descriptors are close-on-exec from the start
}

}  // namespace scopetrace
