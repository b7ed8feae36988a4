// SPDX-License-Identifier: Apache-2.0
#include "scopes/control_group.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "scopes/approval_rules.h"
#include "scopes/shell.h"
#include "scopes/target.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxMountInfo = 4 << 20;
constexpr std::size_t kMaxFolders = 100'000;
constexpr std::size_t kMaxProcesses = 4096;
constexpr std::size_t kMaxMatches = 8;
constexpr std::size_t kMaxContext = 512;  // as of every value of signed text

std::string describe(const GroupName& group) {
  const char* kind = group.kind == TargetKind::kUnit        ? "unit "
                     : group.kind == TargetKind::kContainer ? "container "
                                                            : "cgroup ";
  return kind + group.name;
}

// Container runtimes keep the monitor of a container in a group with its id, too: no part of it.
bool is_monitor(const std::string& folder_name) {
  return folder_name.find("conmon-") != std::string::npos;
}

bool is_match(const GroupName& group, const std::string& folder_name) {
  if (group.kind == TargetKind::kUnit) return folder_name == group.name;
  if (is_monitor(folder_name)) return false;
  return container_id_of(folder_name).starts_with(group.name);
}

Result<std::vector<std::string>> search(const GroupName& group, const std::string& mount) {
  std::vector<std::string> found;
  std::size_t folders = 0;
  std::error_code error;
  auto at =
      fs::recursive_directory_iterator(mount, fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code gone;
    if (at->is_symlink(gone) || !at->is_directory(gone)) continue;
    if (++folders > kMaxFolders) return fail(ErrorCode::kLimit, "too many control groups");
    if (!is_match(group, at->path().filename())) continue;
    found.push_back(at->path().string().substr(mount.size()));
    at.disable_recursion_pending();  // a group of the same name below belongs to it
    if (found.size() > kMaxMatches) break;
  }
  if (error) return fail(ErrorCode::kIo, mount + ": " + error.message());
  return found;
}

Result<std::string> find_group(const GroupName& group, const std::string& mount) {
  if (group.kind == TargetKind::kCgroup) {
    std::error_code error;
    if (fs::is_directory(mount + group.name, error)) return group.name;
    return fail(Error(ErrorCode::kNotFound, "there is no " + describe(group))
                    .with_hint("paths begin at " + mount + "; cat /proc/PID/cgroup shows one"));
  }
  ST_ASSIGN_OR_RETURN(const std::vector<std::string> found, search(group, mount));
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    const bool is_unit = group.kind == TargetKind::kUnit;
    return fail(
        Error(ErrorCode::kNotFound, describe(group) + " has no control group: is it running?")
            .with_hint(is_unit ? "systemctl status " + group.name
                               : "its full id is in /proc/PID/cgroup of its processes"));
  }
  std::string paths;
  for (const std::string& path : found) paths += " --cgroup " + path;
  return fail(Error(ErrorCode::kUsage, describe(group) + " is not one group, but several")
                  .with_hint("name one of" + paths));
}

// The numbers in one cgroup.procs; 0 stands for a process that this pid namespace does not know.
Status read_members(const std::string& folder, std::set<std::uint32_t>* tgids) {
  const auto text = read_file(folder + "/cgroup.procs", kMaxMountInfo);
  if (!text) {
    // Gone meanwhile; or a threaded group, whose processes stand in the one above.
    const int code = text.error().system_errno();
    return code == ENOENT || code == ENODEV || code == EOPNOTSUPP ? Status() : fail(text.error());
  }
  for (const std::string& line : split_list(*text, '\n')) {
    const auto tgid = parse_decimal(line);
    if (tgid && *tgid != 0 && *tgid <= UINT32_MAX) tgids->insert(static_cast<std::uint32_t>(*tgid));
  }
  if (tgids->size() <= kMaxProcesses) return {};
  return fail(ErrorCode::kLimit, "more than " + std::to_string(kMaxProcesses) + " processes");
}

Result<std::set<std::uint32_t>> list_members(const std::string& folder) {
  std::set<std::uint32_t> tgids;
  ST_RETURN_IF_ERROR(read_members(folder, &tgids));
  std::size_t folders = 0;
  std::error_code error;
  auto at = fs::recursive_directory_iterator(folder, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code gone;
    if (at->is_symlink(gone) || !at->is_directory(gone)) continue;
    if (++folders > kMaxFolders) return fail(ErrorCode::kLimit, "too many control groups");
    ST_RETURN_IF_ERROR(read_members(at->path(), &tgids));
  }
  return tgids;
}

// Looks at processes one by one; an executable that many of them share is read once.
class MemberReader {
 public:
  explicit MemberReader(std::string proc_root) : proc_root_(std::move(proc_root)) {}

  Status read(std::uint32_t tgid) {
    const std::string path = proc_root_ + "/" + std::to_string(tgid) + "/exe";
    const auto program = open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!program) {  // ended, or a kernel thread
      const bool absent =
          program.error().code() == ErrorCode::kNotFound || program.error().system_errno() == ESRCH;
      return absent ? Status() : fail(program.error());
    }
    struct stat facts {};
    if (::fstat(program->get(), &facts) != 0) return fail_errno(path);
    const auto key = std::pair(facts.st_dev, facts.st_ino);
    if (digests_.count(key) == 0) {
      ST_ASSIGN_OR_RETURN(digests_[key], read_program_digest(program->get()));
    }
    const auto line = read_context(tgid, proc_root_);
    if (line) ++lines_[*line];
    tgids_.push_back(tgid);
    return {};
  }

  GroupFacts finish() {
    GroupFacts facts;
    std::set<Digest> distinct;
    for (const auto& [key, digest] : digests_) distinct.insert(digest);
    facts.executables.assign(distinct.begin(), distinct.end());
    facts.context = make_context();
    facts.tgids = std::move(tgids_);
    return facts;
  }

 private:
  // `3 processes: 2 x nginx: worker process; 1 x nginx: master process`.
  std::string make_context() const {
    std::string text =
        std::to_string(tgids_.size()) + (tgids_.size() == 1 ? " process now" : " processes now");
    const char* separator = ": ";
    for (const auto& [line, count] : lines_) {
      const std::string part = separator + std::to_string(count) + " x " + line;
      constexpr std::string_view kCut = "; ...";
      if (text.size() + part.size() + kCut.size() > kMaxContext) {
        return text + std::string(separator == std::string_view(": ") ? ": ..." : kCut);
      }
      text += part;
      separator = "; ";
    }
    return text;
  }

  std::string proc_root_;
  std::map<std::pair<dev_t, ino_t>, Digest> digests_;
  std::map<std::string, std::size_t> lines_;  // redacted command line → processes
  std::vector<std::uint32_t> tgids_;
};

// A container's name in an approval is its whole id, which the folder has.
ApprovalTarget name_target(const GroupName& group, const std::string& path) {
  ApprovalTarget target;
  target.kind = group.kind;
  if (group.kind == TargetKind::kUnit) target.unit = group.name;
  if (group.kind == TargetKind::kContainer) {
    target.group = container_id_of(path.substr(path.rfind('/') + 1));
  }
  if (group.kind == TargetKind::kCgroup) target.group = path;
  return target;
}

tl::unexpected<Error> refuse_name(const std::string& message, const char* hint) {
  return fail(Error(ErrorCode::kUsage, message).with_hint(hint));
}

}  // namespace

std::string group_option(const GroupName& group) {
  const bool is_unit = group.kind == TargetKind::kUnit;
  const char* const other = group.kind == TargetKind::kContainer ? " --container " : " --cgroup ";
  return (is_unit ? " --unit " : other) + quote_for_shell(group.name);
}

std::string describe_group(const ApprovalTarget& target) {
  const bool is_unit = target.kind == TargetKind::kUnit;
  return describe({target.kind, is_unit ? target.unit : target.group});
}

Result<GroupName> parse_group_name(std::string_view text) {
  const auto equals = std::min(text.find('='), text.size());
  const std::string_view kind = text.substr(0, equals);
  const std::string name(text.substr(std::min(equals + 1, text.size())));
  if (kind == "unit") {
    if (is_unit_name(name)) return GroupName{TargetKind::kUnit, name};
    return refuse_name("'" + name + "' is no name of a unit", "such as payments.service");
  }
  if (kind == "container") {
    const bool is_id = name.size() >= 12 && name.size() <= 64 &&
                       name.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (is_id) return GroupName{TargetKind::kContainer, name};
    return refuse_name("'" + name + "' is no id of a container",
                       "12 to 64 hexadecimal digits, as docker ps --no-trunc prints them");
  }
  if (kind == "cgroup" && is_group_path(name)) return GroupName{TargetKind::kCgroup, name};
  return refuse_name("'" + name + "' is no path of a control group",
                     "such as /system.slice/payments.service: no blanks, no dots alone");
}

Result<std::string> find_cgroup_mount(const std::string& proc_root) {
  ST_ASSIGN_OR_RETURN(const std::string text,
                      read_file(proc_root + "/self/mountinfo", kMaxMountInfo));
  for (const std::string& line : split_list(text, '\n')) {
    const auto separator = line.find(" - cgroup2 ");
    if (separator == std::string::npos) continue;
    const auto fields = split_list(line, ' ');
    if (fields.size() > 5 && fields[3] == "/") return fields[4];
  }
  return fail(Error(ErrorCode::kUnsupported, "cgroup v2 is not mounted on this host")
                  .with_hint("name one process: --pid N"));
}

Result<GroupFacts> read_group(const GroupName& group, const std::string& mount,
                              const std::string& proc_root) {
  ST_ASSIGN_OR_RETURN(std::string path, find_group(group, mount));
  ST_ASSIGN_OR_RETURN(const std::set<std::uint32_t> tgids, list_members(mount + path));
  MemberReader reader(proc_root);
  for (const std::uint32_t tgid : tgids) ST_RETURN_IF_ERROR(reader.read(tgid));
  GroupFacts facts = reader.finish();
  facts.target = name_target(group, path);
  facts.path = std::move(path);
  return facts;
}

Result<ApprovalTarget> target_of(const GroupFacts& facts, bool is_any_executable) {
  ApprovalTarget target = facts.target;
  if (is_any_executable) return target;
  if (facts.executables.empty()) {
    return fail(
        Error(ErrorCode::kRefused, facts.path + " has no process whose program could be named")
            .with_hint("start it, or allow every program there: --any-executable"));
  }
  if (facts.executables.size() > kMaxExecutables) {
    return fail(Error(ErrorCode::kRefused,
                      facts.path + " runs " + std::to_string(facts.executables.size()) +
                          " programs; an approval names at most " + std::to_string(kMaxExecutables))
                    .with_hint("name one process (--pid N), a narrower --cgroup PATH, or allow "
                               "every program: --any-executable"));
  }
  target.executables = facts.executables;
  return target;
}

}  // namespace scopetrace
