// SPDX-License-Identifier: Apache-2.0
// Which TLS-capable files a process uses or may load later. Opens them; never parses their content.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"
#include "userspace/resolve/code_ranges.h"
#include "userspace/resolve/lookups.h"

namespace scopetrace {

enum class TlsFileKind {
  kExecutable,  // the main executable: may have TLS linked in (Node.js)
  kLibrary,     // a TLS library whose functions are known here
  kLoader,      // the dynamic loader: _dl_debug_state
  kUncovered,   // a TLS library without probes here; named in the session record
};

struct TlsFile {
  TlsFileKind kind = TlsFileKind::kLibrary;
  UniqueFd fd;       // read-only, close-on-exec; empty for kUncovered
  dev_t device = 0;  // of fd, by fstat
  ino_t inode = 0;
  std::string path;         // as the target sees it: hostile text, for display only
  std::string library;      // "libssl", "gnutls", "nss", …: a name of ours
  bool is_mapped = false;   // false: would be loaded later
  bool is_deleted = false;  // upgraded on disk while mapped
  // Where its code is. Mapped files: the executable mappings. Others: PT_LOAD with PF_X, from the
  // program headers alone, at most 64 of them.
  std::vector<FileRange> executable_ranges;
};

// What could not be looked at: a file or a folder.
struct TlsProblem {
  std::string name;  // a library and why; or a path as the target sees it: hostile text
  std::string reason;
  bool is_mapped = false;  // of a file
};

struct TlsFiles {
  std::vector<TlsFile> files;  // no two with the same device and inode
  std::vector<TlsProblem> problems;
};

inline constexpr std::size_t kMaxTlsFiles = 32;         // probed in one process
inline constexpr std::size_t kMaxMapsBytes = 16 << 20;  // of /proc/PID/maps

// One executable, file-backed line of /proc/PID/maps.
struct ExecutableMapping {
  std::uint64_t start = 0;  // addresses
  std::uint64_t end = 0;
  std::uint64_t file_offset = 0;
  dev_t device = 0;
  ino_t inode = 0;
  std::string path;  // without the " (deleted)" suffix; kernel escapes \012 undone
  bool is_deleted = false;
};
// Reads the text of /proc/PID/maps; lines that do not parse are skipped. Pure.
std::vector<ExecutableMapping> parse_maps(std::string_view text);
// The library that a path's last component names ("libssl", "gnutls", "loader", …); empty: none.
std::string_view classify_library(std::string_view path);
// What a library of that name is here: kLibrary, kLoader or kUncovered.
TlsFileKind kind_of_library(std::string_view library);

// Finds the files of one process: executable mappings (through /proc/PID/map_files, else through
// its root with device and inode compared), its executable, and each TLS library in the usual
// folders of its root that is not mapped yet (also of Alpine's, which has no ld.so.cache). Call it
// again after exec and when the loader reports a change. Where a mount does not answer it takes as
// long as `limits` say, and names what it did not see. Errors: kNotFound when the process has gone,
// kIo when its maps cannot be read.
Result<TlsFiles> find_tls_files(std::uint32_t tgid, const std::string& proc_root = "/proc",
                                LookupLimits limits = {});

// Opens /usr/lib/debug/.build-id/xx/….debug below the root of a process: the separate debug file of
// a program with that build id. Whether it is, its reader must check: the path is the target's.
// Errors: kNotFound when there is none; kCorrupt when it is no regular file or the id is too short;
// kLimit when its mount does not answer.
Result<UniqueFd> open_debug_file(std::uint32_t tgid, const std::string& build_id_hex,
                                 const std::string& proc_root = "/proc");

}  // namespace scopetrace
