// SPDX-License-Identifier: Apache-2.0
#include "scopes/target.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "scopes/approval_rules.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxProcFile = 64 << 10;
constexpr std::size_t kReadPiece = 1 << 16;
constexpr std::size_t kStartField = 22;  // of /proc/PID/stat, counted from 1; proc(5)

Result<UniqueFd> open_program(const std::string& path) {
  return open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

// Field 22 of the stat line. The name in field 2 may hold anything, so count from the last ')'.
std::optional<std::uint64_t> parse_start(std::string_view stat) {
  const auto name_end = stat.rfind(") ");
  if (name_end == std::string_view::npos) return std::nullopt;
  const auto fields = split_list(stat.substr(name_end + 2), ' ');
  constexpr std::size_t kIndex = kStartField - 3;  // the first is field 3
  return fields.size() > kIndex ? parse_decimal(fields[kIndex]) : std::nullopt;
}

// The value of `<name>:` in a status file, without blanks in front.
std::string_view status_value(std::string_view status, std::string_view name) {
  const auto at = status.find("\n" + std::string(name) + ":\t");
  if (at == std::string_view::npos) return {};
  const auto begin = at + name.size() + 3;
  return status.substr(begin, status.find('\n', begin) - begin);
}

Result<std::uint64_t> read_start(const std::string& folder, std::uint32_t tgid) {
  const auto gone = [&] {
    return fail(ErrorCode::kNotFound, "no such process: pid " + std::to_string(tgid));
  };
  const auto stat = read_file(folder + "/stat", kMaxProcFile);
  if (!stat) return gone();
  const auto start = parse_start(*stat);
  if (!start) return gone();
  return *start;
}

Status read_status(const std::string& folder, ProcessFacts* facts) {
  ST_ASSIGN_OR_RETURN(const std::string status, read_file(folder + "/status", kMaxProcFile));
  const auto tgid = parse_decimal(status_value(status, "Tgid"));
  if (tgid != facts->tgid) {
    return fail(
        Error(ErrorCode::kNotFound, std::to_string(facts->tgid) + " is a thread, not a process")
            .with_hint("use --pid " + std::to_string(tgid.value_or(0))));
  }
  const auto uid_line = status_value(status, "Uid");
  const auto uid = parse_decimal(uid_line.substr(0, uid_line.find('\t')));
  if (!uid) return fail(ErrorCode::kCorrupt, folder + "/status: no Uid");
  facts->uid = static_cast<std::uint32_t>(*uid);
  return {};
}

bool is_hex64(std::string_view text) { return text.size() == 64 && from_hex(text).has_value(); }

// Finds unit and container id: the last part of each form, the lines of cgroup v1 before that of v2
// (`0::`), which comes last and wins.
void read_cgroup(std::string_view cgroup, ProcessFacts* facts) {
  for (const std::string& line : split_list(cgroup, '\n')) {
    for (const std::string& part : split_list(line, '/')) {
      if (part.ends_with(".service") && is_unit_name(part)) facts->unit = part;
      const std::string id = container_id_of(part);
      if (!id.empty()) facts->image = id;
    }
  }
}

std::vector<std::string> split_arguments(std::string_view cmdline) {
  if (cmdline.ends_with('\0')) cmdline.remove_suffix(1);
  return cmdline.empty() ? std::vector<std::string>{} : split_list(cmdline, '\0');
}

std::string find_in_path(const std::string& command) {
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split_list(path == nullptr ? "/usr/bin:/bin" : path, ':')) {
    std::string candidate = folder + "/" + command;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return command;
}

}  // namespace

Result<ProcessFacts> read_process(std::uint32_t tgid, const std::string& proc_root) {
  const std::string folder = proc_root + "/" + std::to_string(tgid);
  ProcessFacts facts;
  facts.tgid = tgid;
  ST_ASSIGN_OR_RETURN(facts.start_ticks, read_start(folder, tgid));
  ST_RETURN_IF_ERROR(read_status(folder, &facts));
  ST_ASSIGN_OR_RETURN(const UniqueFd program, open_program(folder + "/exe"));
  ST_ASSIGN_OR_RETURN(facts.exe, read_program_digest(program.get()));
  ST_ASSIGN_OR_RETURN(facts.context, read_context(tgid, proc_root));
  const auto cgroup = read_file(folder + "/cgroup", kMaxProcFile);
  if (cgroup) read_cgroup(*cgroup, &facts);
  ST_ASSIGN_OR_RETURN(const std::uint64_t start_after, read_start(folder, tgid));
  if (start_after == facts.start_ticks) return facts;
  return fail(ErrorCode::kNotFound,
              "pid " + std::to_string(tgid) + " was replaced while it was read");
}

ApprovalTarget target_of(const ProcessFacts& facts) {
  return {TargetKind::kProcess, facts.tgid, facts.start_ticks, facts.uid, facts.unit,
          facts.image,          "",         {facts.exe}};
}

Result<std::string> read_context(std::uint32_t tgid, const std::string& proc_root) {
  ST_ASSIGN_OR_RETURN(const std::string cmdline,
                      read_file(proc_root + "/" + std::to_string(tgid) + "/cmdline", 4 << 20));
  return redact_command_line(split_arguments(cmdline));
}

std::string container_id_of(std::string folder_name) {
  if (folder_name.ends_with(".scope")) folder_name.resize(folder_name.size() - 6);
  const auto dash = folder_name.rfind('-');
  const std::string id = dash == std::string::npos ? folder_name : folder_name.substr(dash + 1);
  return is_hex64(id) ? id : "";
}

Result<UniqueFd> open_command(const std::string& command) {
  const bool has_slash = command.find('/') != std::string::npos;
  return open_program(has_slash ? command : find_in_path(command)).map_error([](Error error) {
    return std::move(error).with_context("command");
  });
}

Result<Digest> read_program_digest(int fd) {
  struct stat facts {};
  if (::fstat(fd, &facts) != 0) return fail_errno("program");
  if (!S_ISREG(facts.st_mode)) return fail(ErrorCode::kRefused, "the program is no regular file");
  Sha256 hash;
  std::vector<std::byte> buffer(kReadPiece);
  for (off_t at = 0;;) {
    const ssize_t n = ::pread(fd, buffer.data(), buffer.size(), at);
    if (n == 0) return hash.digest();
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read program");
    hash.update(Bytes(buffer).first(static_cast<std::size_t>(n)));
    at += n;
  }
}

Result<HostFacts> read_host(const std::string& proc_root) {
  HostFacts facts;
  utsname names{};
  if (::uname(&names) != 0) return fail_errno("uname");
  facts.name = names.nodename;
  ST_ASSIGN_OR_RETURN(facts.boot_id, read_file(proc_root + "/sys/kernel/random/boot_id", 64));
  if (facts.boot_id.ends_with('\n')) facts.boot_id.pop_back();
  return facts;
}

}  // namespace scopetrace
