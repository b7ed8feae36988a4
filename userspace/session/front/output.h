// SPDX-License-Identifier: Apache-2.0
// The bundle file while it is being made: NAME.incomplete, then NAME by rename.
#pragma once

#include <string>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {

// Opened with the caller's rights only. Nothing is ever overwritten.
class OutputFile {
 public:
  // Creates `path`.incomplete, mode 0600, with its name on the disk, and locks it (flock) for as
  // long as anybody writes to it: so others can tell a capture that runs from one that was
  // interrupted. kExists when it or `path` is there already; `path` must name a file, not a folder.
  static Result<OutputFile> create(const std::string& path);

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }
  std::string incomplete_path() const { return path_ + kSuffix; }

  // Returns when everything written has reached the disk.
  Status sync() const;
  // Gives the file its final name and makes that last. kExists when somebody took the name; the
  // file then keeps the incomplete one.
  Status commit();
  // Removes the file: for a capture that never started.
  void remove();

  static constexpr const char* kSuffix = ".incomplete";

 private:
  OutputFile() = default;

  std::string path_;
  std::string name_;  // last component of path_
  UniqueFd folder_;
  UniqueFd fd_;
};

}  // namespace scopetrace
