// SPDX-License-Identifier: Apache-2.0
// Where `scrub` writes to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {

// Standard output, or a new file that only its owner may read. The file is called
// `<path>.incomplete` until finish(): what bears its name is whole. After a failure what was
// written stays under the first name.
class ScrubOutput {
 public:
  // An empty path is standard output. Error: kExists when either name is taken.
  static Result<ScrubOutput> make(const std::string& path);

  // Everything, before it returns. Error: kIo with errno.
  Status write(std::string_view bytes);
  // Brings a file to the disk and gives it its name. Error: kExists when that was taken meanwhile.
  Status finish();

  // Whether this is the regular file behind `fd`: reading it while it grows would never end.
  bool is_file_of(int fd) const;
  std::uint64_t written_bytes() const { return written_bytes_; }

 private:
  int fd() const { return file_ ? file_.get() : STDOUT_FILENO; }
  std::string name() const { return file_ ? path_ + kSuffix : "standard output"; }

  static constexpr const char* kSuffix = ".incomplete";
  std::string path_;
  UniqueFd file_;
  std::uint64_t written_bytes_ = 0;
};

}  // namespace scopetrace
