// SPDX-License-Identifier: Apache-2.0
// A bundle as it lies in the folder of bundles: one file, or the numbered parts of one capture.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

namespace scopetrace {

// One file. Everything but its name is what the file system said when it was looked at.
struct StoredPart {
  std::string file_name;
  struct stat facts {};
  std::string obstacle;     // why it is never deleted; empty: nothing
  bool is_running = false;  // somebody writes to it

  // What it takes on the disk, at most its length: a sparse file crowds nothing out.
  std::uint64_t stored_bytes() const;
};

struct StoredBundle {
  std::string name;
  std::vector<StoredPart> parts;

  std::uint64_t stored_bytes() const;
  // When the last of its parts was written, seconds since the epoch; 0 for a time before that.
  std::uint64_t written_s() const;
  bool is_running() const;
  const std::string& obstacle() const;  // the first one; empty without any
};

}  // namespace scopetrace
