// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/libraries.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <tuple>

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

// Collects the files of one process.
class Finder {
 public:
  Finder(const std::string& proc_folder, LookupLimits limits)
      : proc_(proc_folder), lookups_(proc_folder, limits) {}

  Status add_executable() {
    Result<LookedFile> found = lookups_.open_own("/exe");
    if (is_late(found)) {
      add_problem("executable", found.error().message(), true);
      return {};
    }
    if (!found) return fail(std::move(found).error());
    TlsFile file;
    file.kind = TlsFileKind::kExecutable;
    file.library = "executable";
    file.is_mapped = true;
    file.path = executable_path();
    add(std::move(file), std::move(*found));
    return {};
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
    for (const char* folder : kFolders) add_unmapped_of(folder);
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

  template <class T>
  static bool is_late(const Result<T>& result) {
    return !result && result.error().code() == ErrorCode::kLimit;
  }

  // Takes a file over unless it is there already.
  void add(TlsFile file, LookedFile found) {
    const auto [device, inode] = found.identity;
    if (find(device, inode) != nullptr) return;
    file.device = device;
    file.inode = inode;
    file.fd = std::move(found.fd);
    result_.files.push_back(std::move(file));
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
    Result<LookedFile> found = open_mapped_file(mapping);
    if (is_late(found)) {
      late_devices_.try_emplace(mapping.device, found.error().message());
      return add_problem(mapping.path, found.error().message(), true);
    }
    if (!found) return add_unopened(library, found.error(), true);
    add(std::move(file), std::move(*found));
  }

  static std::string map_file(const ExecutableMapping& mapping) {
    std::array<char, 64> name;
    std::snprintf(name.data(), name.size(), "/map_files/%lx-%lx",
                  static_cast<unsigned long>(mapping.start),
                  static_cast<unsigned long>(mapping.end));
    return name.data();
  }

  // On overlay file systems, as containers have them, maps names the file below: its device is not
  // the one that stat tells.
  void use_own_identity(ExecutableMapping& mapping) {
    if (late_devices_.contains(mapping.device)) return;
    const Result<FileIdentity> identity = lookups_.identify_own(map_file(mapping));
    if (is_late(identity)) late_devices_.try_emplace(mapping.device, identity.error().message());
    if (identity) std::tie(mapping.device, mapping.inode) = *identity;
  }

  // map_files is exactly the mapped file, even when deleted; it needs CAP_CHECKPOINT_RESTORE. The
  // path is the same file only if device and inode say so.
  Result<LookedFile> open_mapped_file(const ExecutableMapping& mapping) {
    const auto late = late_devices_.find(mapping.device);
    if (late != late_devices_.end()) return fail(ErrorCode::kLimit, late->second);
    Result<LookedFile> direct = lookups_.open_own(map_file(mapping));
    if (direct || is_late(direct)) return direct;
    ST_ASSIGN_OR_RETURN(LookedFile found, lookups_.open_in_root(mapping.path));
    if (found.identity != FileIdentity(mapping.device, mapping.inode)) {
      return fail(ErrorCode::kNotFound, "the path is another file than the mapped one");
    }
    return found;
  }

  // A folder with one file that does not answer is not asked for another.
  void add_unmapped_of(const std::string& folder) {
    for (const char* name : kLibraryFiles) {
      if (!has_room()) return;
      const Status looked = add_unmapped_file(folder + "/" + name);
      if (!looked) return add_problem("/" + folder, looked.error().message(), false);
    }
  }

  // An error: it does not answer, or is not looked at at all.
  Status add_unmapped_file(const std::string& path) {
    Result<LookedFile> found = lookups_.open_in_root(path);
    if (is_late(found)) return fail(found.error());
    if (!found) return {};  // not there: the usual case
    auto ranges = lookups_.code_of_last();
    if (is_late(ranges)) return fail(ranges.error());
    TlsFile file;
    file.library = classify_library(path);
    if (!ranges) {
      add_unopened(file.library, ranges.error(), false);
      return {};
    }
    file.path = "/" + path;
    file.executable_ranges = std::move(*ranges);
    add(std::move(file), std::move(*found));
    return {};
  }

  void add_unopened(std::string_view library, const Error& error, bool is_mapped) {
    add_problem(std::string(library) + ": " + error.message(), "could not be opened", is_mapped);
  }

  void add_problem(std::string name, std::string reason, bool is_mapped) {
    if (result_.problems.size() >= kMaxTlsFiles) return;
    result_.problems.push_back({std::move(name), std::move(reason), is_mapped});
  }

  std::string proc_;  // /proc/TGID
  Lookups lookups_;
  std::map<dev_t, std::string> late_devices_;  // of mapped files that did not answer; what was said
  TlsFiles result_;
};

}  // namespace

Result<TlsFiles> find_tls_files(std::uint32_t tgid, const std::string& proc_root,
                                LookupLimits limits) {
  const std::string proc_folder = proc_root + "/" + std::to_string(tgid);
  ST_ASSIGN_OR_RETURN(const std::string maps, read_file(proc_folder + "/maps", kMaxMapsBytes));
  Finder finder(proc_folder, limits);
  ST_RETURN_IF_ERROR(finder.add_executable());
  for (const ExecutableMapping& mapping : parse_maps(maps)) finder.add_mapping(mapping);
  finder.add_unmapped();
  finder.add_kernel_tls();
  return finder.take();
}

Result<UniqueFd> open_debug_file(std::uint32_t tgid, const std::string& build_id_hex,
                                 const std::string& proc_root) {
  if (build_id_hex.size() < 4) return fail(ErrorCode::kCorrupt, "build id is too short");
  Lookups lookups(proc_root + "/" + std::to_string(tgid));
  ST_ASSIGN_OR_RETURN(LookedFile found,
                      lookups.open_in_root("usr/lib/debug/.build-id/" + build_id_hex.substr(0, 2) +
                                           "/" + build_id_hex.substr(2) + ".debug"));
  return std::move(found.fd);
}

}  // namespace scopetrace
