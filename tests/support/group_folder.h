// SPDX-License-Identifier: Apache-2.0
// A control group (cgroup v2) made by hand, as a target of tests: no systemd, no container runtime.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace scopetrace::testing {

// Makes the folder, and removes it with everybody who is in there. Mounts cgroup v2 below /tmp
// where it is not mounted; that mount stays. Aborts when this machine has no cgroup v2.
class GroupFolder {
 public:
  // `name` is the folder's, below one of this test's own: `payments.service`.
  explicit GroupFolder(const std::string& name);
  ~GroupFolder();
  GroupFolder(const GroupFolder&) = delete;
  GroupFolder& operator=(const GroupFolder&) = delete;

  const std::string& path() const { return path_; }  // below the mount
  std::string folder() const { return mount_ + path_; }
  std::uint64_t id() const;
  // Moves a process into the group, or into a folder below it, which is made.
  void add(pid_t tgid, const std::string& below = "") const;
  // Back to the root of the hierarchy.
  void take_out(pid_t tgid) const;
  // What runs `program` as a member: it moves itself in before it executes the program.
  std::vector<std::string> enter(const std::vector<std::string>& program) const;
  std::vector<pid_t> members() const;
  // Kills all members, waits for their end and removes the folder.
  void remove() const;
  // Makes it again: another id, as when systemd restarts a unit.
  void make() const;

 private:
  std::string mount_;
  std::string parent_;  // below the mount
  std::string path_;
};

}  // namespace scopetrace::testing
