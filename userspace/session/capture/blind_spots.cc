// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/blind_spots.h"

#include <filesystem>
#include <system_error>

namespace scopetrace {

namespace fs = std::filesystem;

bool has_io_uring(std::uint32_t tgid, const std::string& proc_root) {
  std::error_code error;
  fs::directory_iterator entry(proc_root + "/" + std::to_string(tgid) + "/fd", error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    if (fs::read_symlink(entry->path(), gone) == "anon_inode:[io_uring]") return true;
  }
  return false;
}

}  // namespace scopetrace
