// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/libraries.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "userspace/base/file.h"
#include "userspace/resolve/kernel_tls.h"

namespace scopetrace {
namespace {

constexpr std::array<const char*, 8> kFolders{
    "usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib64", "lib64", "usr/lib", "lib",
    "usr/local/lib64",          "usr/local/lib"};
constexpr std::array<const char*, 11> kLibraryFiles{
    "libssl.so.3",      "libssl.so.1.1",    "libssl.so.10",     "libgnutls.so.30",
    "libnspr4.so",      "libwolfssl.so.35", "libwolfssl.so.42", "libmbedtls.so.14",
    "libmbedtls.so.12", "libmbedtls.so.13", "libmbedtls.so.21"};

// Opens a path that the target controls: below its root, no magic links, nothing but a regular
// file, and that only after it was seen to be one (opening a device may act on it).
Result<UniqueFd> open_in_root(int root_fd, const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const UniqueFd found(
      static_cast<int>(::syscall(SYS_openat2, root_fd, path.c_str(), &how, sizeof(how))));
  if (!found) return fail_errno(ErrorCode::kNotFound, "open in the target's root");
  struct stat status {};
  if (::fstat(found.get(), &status) != 0) return fail_errno("stat in the target's root");
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::kCorrupt, "not a regular file");
  return open_file("/proc/self/fd/" + std::to_string(found.get()),
                   O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

// Collects the files of one process.
class Finder {
 public:
  Finder(std::string proc_folder, UniqueFd root)
      : proc_(std::move(proc_folder)), root_(std::move(root)) {}

  Status add_executable() {
    ST_ASSIGN_OR_RETURN(UniqueFd fd, open_file(proc_ + "/exe", O_RDONLY | O_NONBLOCK));
    TlsFile file;
    file.kind = TlsFileKind::kExecutable;
    file.library = "executable";
    file.is_mapped = true;
    file.path = executable_path();
    return add(std::move(file), std::move(fd));
  }

  // A mapping of a file that is known already only adds its range.
  void add_mapping(ExecutableMapping mapping) {
    use_own_identity(mapping);
    const FileRange range{mapping.file_offset, mapping.end - mapping.start};
    if (TlsFile* known = find(mapping.device, mapping.inode)) {
      known->executable_ranges.push_back(range);
      known->is_deleted = mapping.is_deleted;
      return;
    }
    const std::string_view library = classify_library(mapping.path);
    if (library.empty() || !has_room()) return;
    open_mapping(mapping, library);
    if (TlsFile* added = find(mapping.device, mapping.inode)) {
      added->executable_ranges.push_back(range);
    }
  }

  // Each TLS library in the usual folders that is not mapped: a later import has no blind window.
  void add_unmapped() {
    for (const char* folder : kFolders) {
      for (const char* name : kLibraryFiles) {
        if (has_room()) add_unmapped_file(std::string(folder) + "/" + name);
      }
    }
  }

  // A program may leave TLS to the kernel; whether it is this one cannot be seen from outside.
  void add_kernel_tls() {
    const auto text = read_file(proc_ + "/net/tls_stat", kMaxTlsStatBytes);
    if (!text || count_kernel_tls(*text) == 0) return;
    TlsFile file;
    file.kind = TlsFileKind::kUncovered;
    file.library = "kernel TLS in this network namespace";
    result_.files.push_back(std::move(file));
  }

  TlsFiles take() { return std::move(result_); }

 private:
  bool has_room() const { return result_.files.size() < kMaxTlsFiles; }

  TlsFile* find(dev_t device, ino_t inode) {
    const auto found = std::find_if(
        result_.files.begin(), result_.files.end(),
        [&](const TlsFile& file) { return file.device == device && file.inode == inode; });
    return found == result_.files.end() ? nullptr : &*found;
  }

  std::string executable_path() const {
    std::array<char, 4096> path;
    const ssize_t size = ::readlink((proc_ + "/exe").c_str(), path.data(), path.size());
    return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : std::string();
  }

  // Takes a file over unless it is there already.
  Status add(TlsFile file, UniqueFd fd) {
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return fail_errno("stat library");
    if (find(status.st_dev, status.st_ino) != nullptr) return {};
    file.device = status.st_dev;
    file.inode = status.st_ino;
    file.fd = std::move(fd);
    result_.files.push_back(std::move(file));
    return {};
  }

  void open_mapping(const ExecutableMapping& mapping, std::string_view library) {
    TlsFile file;
    file.library = library;
    file.path = mapping.path;
    file.is_mapped = true;
    file.is_deleted = mapping.is_deleted;
    file.kind = kind_of_library(library);
    if (file.kind == TlsFileKind::kUncovered) {
      file.device = mapping.device;
      file.inode = mapping.inode;
      result_.files.push_back(std::move(file));
      return;
    }
    Result<UniqueFd> fd = open_mapped_file(mapping);
    const Status added = fd ? add(std::move(file), std::move(*fd)) : fail(std::move(fd).error());
    if (!added) add_problem(library, added.error());
  }

  std::string map_file(const ExecutableMapping& mapping) const {
    std::array<char, 64> name;
    std::snprintf(name.data(), name.size(), "/map_files/%lx-%lx",
                  static_cast<unsigned long>(mapping.start),
                  static_cast<unsigned long>(mapping.end));
    return proc_ + name.data();
  }

  // On overlay file systems, as containers have them, maps names the file below: its device is not
  // the one that stat tells.
  void use_own_identity(ExecutableMapping& mapping) const {
    struct stat status {};
    if (::stat(map_file(mapping).c_str(), &status) != 0) return;
    mapping.device = status.st_dev;
    mapping.inode = status.st_ino;
  }

  // map_files is exactly the mapped file, even when deleted; it needs CAP_CHECKPOINT_RESTORE. The
  // path is the same file only if device and inode say so.
  Result<UniqueFd> open_mapped_file(const ExecutableMapping& mapping) const {
    Result<UniqueFd> direct = open_file(map_file(mapping), O_RDONLY | O_NONBLOCK);
    if (direct) return direct;
    ST_ASSIGN_OR_RETURN(UniqueFd fd, open_in_root(root_.get(), mapping.path));
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return fail_errno("stat library");
    if (status.st_dev != mapping.device || status.st_ino != mapping.inode) {
      return fail(ErrorCode::kNotFound, "the path is another file than the mapped one");
    }
    return fd;
  }

  void add_unmapped_file(const std::string& path) {
    Result<UniqueFd> fd = open_in_root(root_.get(), path);
    if (!fd) return;  // not there: the usual case
    auto ranges = read_code_ranges(fd->get());
    TlsFile file;
    file.library = classify_library(path);
    if (!ranges) return add_problem(file.library, ranges.error());
    file.path = "/" + path;
    file.executable_ranges = std::move(*ranges);
    const std::string library = file.library;
    const Status added = add(std::move(file), std::move(*fd));
    if (!added) add_problem(library, added.error());
  }

  void add_problem(std::string_view library, const Error& error) {
    if (result_.problems.size() >= kMaxTlsFiles) return;
    result_.problems.push_back(std::string(library) + ": " + error.message());
  }

  std::string proc_;  // /proc/TGID
  UniqueFd root_;
  TlsFiles result_;
};

}  // namespace

Result<TlsFiles> find_tls_files(std::uint32_t tgid, const std::string& proc_root) {
  const std::string proc_folder = proc_root + "/" + std::to_string(tgid);
  ST_ASSIGN_OR_RETURN(const std::string maps, read_file(proc_folder + "/maps", kMaxMapsBytes));
  ST_ASSIGN_OR_RETURN(UniqueFd root, open_file(proc_folder + "/root", O_PATH | O_DIRECTORY));
  Finder finder(proc_folder, std::move(root));
  ST_RETURN_IF_ERROR(finder.add_executable());
  for (const ExecutableMapping& mapping : parse_maps(maps)) finder.add_mapping(mapping);
  finder.add_unmapped();
  finder.add_kernel_tls();
  return finder.take();
}

Result<UniqueFd> open_debug_file(std::uint32_t tgid, const std::string& build_id_hex,
                                 const std::string& proc_root) {
  if (build_id_hex.size() < 4) return fail(ErrorCode::kCorrupt, "build id is too short");
  const std::string root_path = proc_root + "/" + std::to_string(tgid) + "/root";
  ST_ASSIGN_OR_RETURN(const UniqueFd root, open_file(root_path, O_PATH | O_DIRECTORY));
  return open_in_root(root.get(), "usr/lib/debug/.build-id/" + build_id_hex.substr(0, 2) + "/" +
                                      build_id_hex.substr(2) + ".debug");
}

}  // namespace scopetrace
