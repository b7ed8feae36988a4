// SPDX-License-Identifier: Apache-2.0
// Control groups (cgroup v2) as targets: a systemd unit, a container or a path, and which processes
// are in it now. Restarts change processes, not the group.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scopes/approval.h"
#include "userspace/base/result.h"

namespace scopetrace {

// A group by the name that people know it by.
struct GroupName {
  TargetKind kind = TargetKind::kUnit;  // kUnit, kContainer or kCgroup
  std::string name;  // `payments.service`; 12 to 64 hexadecimal digits; `/system.slice/x`
};
// `unit=NAME`, `container=ID` or `cgroup=PATH`. kUsage says what is wrong with it; hostile text is
// fine.
Result<GroupName> parse_group_name(std::string_view text);

// The option of the command line that names it, quoted for a shell: ` --unit payments.service`.
std::string group_option(const GroupName& group);

// What is in a group now.
struct GroupFacts {
  ApprovalTarget target;             // with the full container id
  std::string path;                  // below the mount, with a slash in front
  std::vector<std::uint32_t> tgids;  // ascending, at most 4096; kernel threads are not listed
  std::vector<Digest> executables;   // distinct, ascending by value
  std::string context;               // number and redacted command lines, at most 512 bytes
};

// `unit payments.service`, `container 4f0c…`, `cgroup /a/b`, for messages.
std::string describe_group(const ApprovalTarget& target);

// Where cgroup v2 is mounted. Source: proc(5), /proc/PID/mountinfo. kUnsupported where it is not.
Result<std::string> find_cgroup_mount(const std::string& proc_root = "/proc");

// Finds the group and looks at every process in it and below. `mount` is from find_cgroup_mount().
// Processes that end meanwhile are left out. kNotFound when there is no such group; kUsage when
// there are several (the hint names them); kLimit above the bounds; kIo when /proc refuses.
Result<GroupFacts> read_group(const GroupName& group, const std::string& mount,
                              const std::string& proc_root = "/proc");

// The target for a request: the group by its executables as they are now, at least one and at most
// eight, or by any when `is_any_executable`. kRefused says what to do instead.
Result<ApprovalTarget> target_of(const GroupFacts& facts, bool is_any_executable);

}  // namespace scopetrace
