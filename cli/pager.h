// SPDX-License-Identifier: Apache-2.0
// A pager in front of standard output, when a person looks.
#pragma once

#include <sys/types.h>

#include <cstdio>

#include "userspace/base/result.h"

namespace scopetrace {

// Output of a command that may be long. On a terminal it goes through $PAGER, or less where that is
// not set; never anywhere else, and not with an empty PAGER or `cat`. The pager runs with
// LESSSECURE, so that nothing in what it shows, and no key, starts a program or writes a file.
class Pager {
 public:
  // `is_wanted`: the output may be paged at all. kUnsupported when $PAGER cannot be started.
  static Result<Pager> open(bool is_wanted);
  Pager(Pager&& other) noexcept;
  Pager& operator=(Pager&&) = delete;
  ~Pager();

  // Where to write; standard output without a pager.
  std::FILE* file() const { return file_ != nullptr ? file_ : stdout; }
  bool is_paging() const { return file_ != nullptr; }
  // Waits until the person has seen enough. kIo when the pager could not show it. Call it once.
  Status finish();

 private:
  Pager() = default;

  std::FILE* file_ = nullptr;  // the pager's standard input
  pid_t child_ = -1;
};

}  // namespace scopetrace
