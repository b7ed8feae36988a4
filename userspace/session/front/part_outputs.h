// SPDX-License-Identifier: Apache-2.0
// The files of a bundle: one, or one a part, each with what encrypts it.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/session/front/age.h"
#include "userspace/session/front/output.h"

namespace scopetrace {

// How the files of a bundle come about.
struct OutputPlan {
  std::string path;
  std::vector<std::string> recipients;  // to encrypt to; empty: plain
  bool is_rotated = false;              // names get numbers
};

// Files in the order of the parts; each has its incomplete name, and its lock, until its part is
// sealed. No more than two are open at a time.
class PartOutputs {
 public:
  // Creates the first. Errors as those of add().
  static Result<PartOutputs> create(OutputPlan plan);

  // The next part's file. Errors: those of OutputFile::create() and Encryption::start(); then
  // nothing is left of it.
  Status add();
  // What capture writes to: the newest file, or the pipe to what encrypts it.
  int write_fd() const;
  // The descriptor has gone to capture, which alone ends what it writes.
  void hand_over();

  // What encryption has written so far reaches the disk; it does not see to that itself.
  void sync() const;
  // The oldest open part is whole, and closed by capture: gives it its final name once all of it is
  // on the disk. Errors: kIo when encryption failed, kExists when the name is taken; the file then
  // keeps its incomplete name for good. REQUIRES: has_open().
  Status seal_next();
  // Ends what encrypts, after capture has ended, without giving names: what was written can be read
  // as far as it goes. The first error, as that of seal_next().
  Status finish();
  // Removes all but this many of the files that are not sealed: parts that never began.
  void remove_unbegun(std::size_t begun);

  std::size_t sealed() const { return done_.size(); }  // also those without a final name
  bool has_open() const { return !open_.empty(); }
  // Where the file is that is first to be looked at when capture was killed.
  std::string oldest_open() const { return paths()[has_open() ? sealed() : sealed() - 1]; }
  // Where the files are now.
  std::vector<std::string> paths() const;

 private:
  struct Part {
    OutputFile file;
    std::optional<Encryption> encryption;
  };

  explicit PartOutputs(OutputPlan plan) : plan_(std::move(plan)) {}

  static Status finish(Part& part);
  void remove_newest();

  OutputPlan plan_;
  std::vector<std::string> done_;  // paths of sealed parts
  std::deque<Part> open_;
};

}  // namespace scopetrace
