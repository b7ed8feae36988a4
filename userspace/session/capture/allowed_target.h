// SPDX-License-Identifier: Apache-2.0
// The target as it is now: a process, a command that the front end holds, or a control group.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "scopes/approval_check.h"
#include "scopes/control_group.h"
#include "scopes/target.h"
#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"
#include "userspace/session/capture/host_side.h"
#include "userspace/session/front/front_channel.h"

namespace scopetrace {

struct AllowedGroup {
  GroupFacts facts;
  std::string folder;    // as this program sees it
  std::uint64_t id = 0;  // of the folder, as the kernel knows it
};

struct AllowedTarget {
  ProcessFacts process;        // its tgid is of the initial pid namespace; empty of a group
  std::uint32_t own_tgid = 0;  // the same process as this program sees it, in /proc
  UniqueFd pidfd;              // of the process
  bool is_command = false;     // started by this attach
  std::optional<AllowedGroup> group;
};

// The number of a process in the initial pid namespace, by its number here. kNotFound when there is
// none; kUnsupported when this program may not ask the kernel, which outside that namespace it
// must.
Result<std::uint32_t> find_initial_tgid(std::uint32_t own_tgid);

// Whether this program may take a group as target: kUnsupported outside the initial namespaces of
// processes and cgroups.
Status check_group_namespaces();

// Gathers the facts. kNotFound when there is no such process or group; kUnsupported for a group
// where cgroup v2 is not mounted or this program is not in the host's own namespaces; kRefused for
// a command that the peer did not start.
Result<AllowedTarget> look_at_target(const CaptureRequest& request, const Peer& peer);

// What check_approval() compares with the approval's target line.
void fill_target_facts(const AllowedTarget& target, CheckFacts& facts);

// The process is still the one that was allowed, running the same program: its facts are read and
// its executable is hashed again. A group's folder is still the one that the programs know as
// `group_id`, or is gone and will be known when it comes back.
Status check_same_target(const AllowedTarget& target, std::uint64_t group_id);

}  // namespace scopetrace
