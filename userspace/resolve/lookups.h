// SPDX-License-Identifier: Apache-2.0
// Opens files whose paths a target controls, in a process that can be given up: a path may lie on a
// mount that never answers (FUSE, NFS), where even SIGKILL may not end a look.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"
#include "userspace/resolve/child_process.h"
#include "userspace/resolve/code_ranges.h"

namespace scopetrace {

using FileIdentity = std::pair<dev_t, ino_t>;  // by fstat

// How long is waited for files that do not answer.
struct LookupLimits {
  std::chrono::milliseconds each{2000};
  std::chrono::milliseconds whole{6000};  // for all looks of one Lookups
};

struct LookedFile {
  UniqueFd fd;  // read-only, close-on-exec; of a regular file when looked up below the root
  FileIdentity identity;
};

// Looks at the files of one process. A look that does not come back in time fails with kLimit and
// is given up, the next begins anew; once `whole` is spent, or while too many given up ones linger,
// each fails with kLimit at once. The messages of kLimit say which it was. Not thread-safe,
// but each thread may have one. The looking process is a fork without exec: it keeps the
// capabilities of this one, closes its descriptors first and has no keys (SecretMemory is wiped by
// fork).
class Lookups {
 public:
  // `proc_folder`: /proc/TGID.
  explicit Lookups(std::string proc_folder, LookupLimits limits = {});

  // A path below the proc folder that the kernel resolves: "/exe", "/map_files/…".
  Result<LookedFile> open_own(const std::string& path) { return look_for_file('o', path); }
  // The same without opening it.
  Result<FileIdentity> identify_own(const std::string& path);
  // A path below the process' root: no magic links, nothing but a regular file, and opened only
  // after it was seen to be one (opening a device may act on it).
  Result<LookedFile> open_in_root(const std::string& path) { return look_for_file('r', path); }
  // read_code_ranges() of the file that was opened last: its content may not answer either.
  Result<std::vector<FileRange>> code_of_last();

 private:
  struct Answer;
  Result<LookedFile> look_for_file(char what, const std::string& path);
  Result<Answer> ask(char what, const std::string& path);
  Status start();
  Error give_up();

  std::string proc_;
  LookupLimits limits_;
  std::chrono::milliseconds lost_{0};  // waited in vain
  UniqueFd socket_;
  ChildProcess process_;  // runs while there is a socket
};

}  // namespace scopetrace
