// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/secret_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <memory>

#include "userspace/base/file.h"

namespace scopetrace {
namespace {

constexpr const char* kFolders[] = {"run/secrets", "var/run/secrets", "run/credentials"};
constexpr int kMaxDepth = 3;  // kubernetes.io/serviceaccount/token

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

// Names resolve inside the target's root, whatever links it has planted.
UniqueFd open_inside(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(O_RDONLY | O_CLOEXEC | flags);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how))));
}

// The file type of what a name leads to, found without opening it: a device may act on being
// opened.
mode_t type_inside(const UniqueFd& named) {
  struct stat facts {};
  return named && ::fstat(named.get(), &facts) == 0 ? facts.st_mode & S_IFMT : 0;
}

// Opens what an O_PATH descriptor names, and nothing that has taken its name since.
UniqueFd reopen(const UniqueFd& named) {
  const std::string path = "/proc/self/fd/" + std::to_string(named.get());
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
}

// Opens what lies below `path`; depth and number are bounded.
void collect(int root, const std::string& path, int depth, std::vector<UniqueFd>& files) {
  const UniqueFd folder = open_inside(root, path, O_DIRECTORY);
  if (!folder) return;
  const Folder entries(::fdopendir(::fcntl(folder.get(), F_DUPFD_CLOEXEC, 0)));
  if (!entries) return;
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == ".." || files.size() >= kMaxSecretFiles) continue;
    const std::string below = path + "/" + name;
    const UniqueFd named = open_inside(root, below, O_PATH);
    const mode_t type = type_inside(named);
    if (type == S_IFDIR && depth < kMaxDepth) collect(root, below, depth + 1, files);
    if (type != S_IFREG) continue;
    if (UniqueFd file = reopen(named)) files.push_back(std::move(file));
  }
}

}  // namespace

Result<UniqueFd> open_environment(std::uint32_t tgid, const std::string& proc_root) {
  return open_file(proc_root + "/" + std::to_string(tgid) + "/environ", O_RDONLY);
}

std::vector<UniqueFd> open_secret_files(std::uint32_t tgid, const std::string& proc_root) {
  std::vector<UniqueFd> files;
  const auto root =
      open_file(proc_root + "/" + std::to_string(tgid) + "/root", O_PATH | O_DIRECTORY);
  if (!root) return files;
  for (const char* folder : kFolders) collect(root->get(), folder, 1, files);
  return files;
}

}  // namespace scopetrace
