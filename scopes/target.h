// SPDX-License-Identifier: Apache-2.0
// Facts about a process and about this host, as the host states them in an approval.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scopes/approval.h"
#include "userspace/base/crypto.h"
#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {

// Everything of a process that an approval names. Source: proc(5).
struct ProcessFacts {
  std::uint32_t tgid = 0;
  std::uint64_t start_ticks = 0;  // field 22 of /proc/PID/stat: clock ticks since boot
  Digest exe{};                   // SHA-256 of the bytes behind /proc/PID/exe
  std::uint32_t uid = 0;          // real user id
  std::string unit = "none";      // systemd unit from the cgroup
  std::string image = "none";     // container id from the cgroup, 64 hexadecimal digits
  std::string context;            // command line by redact_command_line()
};

// kNotFound when there is no such process, or it is not a process but a thread; kIo when /proc
// refuses. The start time is read before and after the rest, so the facts are of one process.
Result<ProcessFacts> read_process(std::uint32_t tgid, const std::string& proc_root = "/proc");
ApprovalTarget target_of(const ProcessFacts& facts);
// The command line of a running process by redact_command_line().
Result<std::string> read_context(std::uint32_t tgid, const std::string& proc_root = "/proc");
// The container id that a cgroup's folder is named after: 64 hexadecimal digits, alone or behind a
// dash, with or without `.scope`. Empty when there is none.
std::string container_id_of(std::string folder_name);

// The program that `command` would start, searched in PATH when it has no slash; for reading.
Result<UniqueFd> open_command(const std::string& command);
// SHA-256 of a program's bytes, whatever the descriptor's position. kRefused for what is no regular
// file.
Result<Digest> read_program_digest(int fd);

// This host and this boot.
struct HostFacts {
  std::string name;     // nodename of uname(2)
  std::string boot_id;  // /proc/sys/kernel/random/boot_id
};
Result<HostFacts> read_host(const std::string& proc_root = "/proc");

// A command line for a reviewer: the program, option names and plain words stay; values after `=`,
// values of options that name a secret, URLs' user parts and queries, and anything that looks like
// a token become [masked]. Printable ASCII, at most 512 bytes.
std::string redact_command_line(const std::vector<std::string>& arguments);

}  // namespace scopetrace
