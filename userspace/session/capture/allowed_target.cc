// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/allowed_target.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "userspace/base/file.h"
#include "userspace/probe/identity.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxStatusBytes = 64 * 1024;     // of /proc/PID/status
constexpr ino_t kInitialCgroupNamespace = 0xeffffffb;  // PROC_CGROUP_INIT_INO of the kernel

Result<UniqueFd> open_process(std::uint32_t tgid) {
  UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, tgid, 0)));
  if (fd) return fd;
  if (errno == ESRCH || errno == EINVAL) {
    return fail(ErrorCode::kNotFound, "no process has pid " + std::to_string(tgid));
  }
  return fail_errno("pid " + std::to_string(tgid));
}

// A command that the front end holds: nobody may pass a running process off as one.
Status check_held(std::uint32_t tgid, const Peer& peer) {
  const std::string path = "/proc/" + std::to_string(tgid) + "/status";
  ST_ASSIGN_OR_RETURN(const std::string status, read_file(path, kMaxStatusBytes));
  const std::string front = std::to_string(peer.tgid) + "\n";
  const bool is_traced = status.find("\nTracerPid:\t" + front) != std::string::npos;
  const bool is_child = status.find("\nPPid:\t" + front) != std::string::npos;
  if (is_traced && is_child) return {};
  return fail(ErrorCode::kRefused,
              "pid " + std::to_string(tgid) + " was not started by this attach");
}

Result<std::uint64_t> read_group_id(const std::string& folder) {
  struct stat facts {};
  if (::stat(folder.c_str(), &facts) != 0) return fail_errno(folder);
  return static_cast<std::uint64_t>(facts.st_ino);
}

Result<AllowedGroup> look_at_group(const std::string& text) {
  ST_ASSIGN_OR_RETURN(const GroupName name, parse_group_name(text));
  ST_ASSIGN_OR_RETURN(const std::string mount, find_cgroup_mount());
  ST_RETURN_IF_ERROR(check_group_namespaces());
  AllowedGroup group;
  ST_ASSIGN_OR_RETURN(group.facts, read_group(name, mount));
  group.folder = mount + group.facts.path;
  ST_ASSIGN_OR_RETURN(group.id, read_group_id(group.folder));
  return group;
}

Status check_same_group(const AllowedGroup& group, std::uint64_t known_id) {
  const auto id = read_group_id(group.folder);
  if (!id && id.error().code() == ErrorCode::kNotFound) return {};
  if (!id) return fail(id.error());
  if (*id == known_id) return {};
  return fail(Error(ErrorCode::kNotFound,
                    describe_group(group.facts.target) + " was restarted while probes were placed")
                  .with_hint("run this again"));
}

Status check_same_process(const AllowedTarget& target) {
  ST_ASSIGN_OR_RETURN(const ProcessFacts now, read_process(target.own_tgid));
  if (now.start_ticks == target.process.start_ticks && now.exe == target.process.exe) return {};
  return fail(ErrorCode::kRefused,
              "pid " + std::to_string(target.own_tgid) + " runs another program than a moment ago");
}

}  // namespace

// Paths and levels of groups are told to the kernel as the host counts them.
Status check_group_namespaces() {
  struct stat facts {};
  const bool is_initial = own_pid_namespace() == 0 && ::stat("/proc/self/ns/cgroup", &facts) == 0 &&
                          facts.st_ino == kInitialCgroupNamespace;
  if (is_initial) return {};
  return fail(Error(ErrorCode::kUnsupported,
                    "units, containers and cgroups are captured from the host, not from within a "
                    "container")
                  .with_hint("run this on the host, or name one process: --pid N"));
}

Result<std::uint32_t> find_initial_tgid(std::uint32_t own_tgid) {
  if (own_pid_namespace() == 0) return own_tgid;
  ST_ASSIGN_OR_RETURN(const ProcessIdentity identity, read_identity(own_tgid));
  return identity.tgid;
}

Result<AllowedTarget> look_at_target(const CaptureRequest& request, const Peer& peer) {
  AllowedTarget target;
  if (!request.group.empty()) {
    ST_ASSIGN_OR_RETURN(target.group, look_at_group(request.group));
    return target;
  }
  target.own_tgid = request.tgid;
  target.is_command = request.is_command;
  ST_ASSIGN_OR_RETURN(target.pidfd, open_process(request.tgid));
  ST_ASSIGN_OR_RETURN(target.process, read_process(request.tgid));
  ST_ASSIGN_OR_RETURN(target.process.tgid, find_initial_tgid(request.tgid));
  if (request.is_command) ST_RETURN_IF_ERROR(check_held(request.tgid, peer));
  return target;
}

void fill_target_facts(const AllowedTarget& target, CheckFacts& facts) {
  if (target.group) {
    facts.group = target.group->facts;
  } else if (target.is_command) {
    facts.command_exe = target.process.exe;
  } else {
    facts.process = target.process;
  }
}

Status check_same_target(const AllowedTarget& target, std::uint64_t group_id) {
  if (target.group) return check_same_group(*target.group, group_id);
  return check_same_process(target);
}

}  // namespace scopetrace
