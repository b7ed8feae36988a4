// SPDX-License-Identifier: Apache-2.0
// What people change outside while a capture runs: a revocation ends it, flags narrow it.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "scopes/flags.h"
#include "scopes/host.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {

// Looks at two files by inotify, and whenever it is asked to: a file system without inotify costs
// time, never the news. One thread.
class OutsideWatch {
 public:
  // `approval` is the id whose revocation counts. Reads the flags as they are now.
  OutsideWatch(const Folders& folders, const std::string& approval);

  // Readable when look() may have news; -1 when this kernel gives no inotify.
  int event_fd() const { return inotify_.get(); }
  // The flags as they were last read.
  const CaptureFlags& flags() const { return flags_; }

  struct News {
    bool is_revoked = false;
    bool are_flags_changed = false;
  };
  // Cheap: two stat(2), and a read when the flags file is another one than before.
  News look();

 private:
  bool has_flags_file_changed();

  std::string flags_path_;
  std::string revocation_path_;
  UniqueFd inotify_;
  struct stat flags_file_ {};  // zero when there is none
  CaptureFlags flags_;
};

}  // namespace scopetrace
