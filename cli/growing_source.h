// SPDX-License-Identifier: Apache-2.0
// A bundle that is still being captured.
#pragma once

#include "userspace/base/unique_fd.h"
#include "userspace/bundle/reader.h"

namespace scopetrace {

// The file of a running capture, which holds a lock (session/front/output.h) until it has ended.
class GrowingSource final : public ByteSource {
 public:
  // Opens `path`, or `path`.incomplete where only that exists. kUsage when it is no regular file.
  static Result<GrowingSource> open(const std::string& path);

  int fd() const { return file_.get(); }
  // Whether it is a file of age. Waits until enough of it is there to tell.
  Result<bool> is_encrypted();
  // From now on nobody waits for more once the other end of this pipe is closed. Does not own it.
  void stop_without_reader(int pipe) { reader_ = pipe; }

  Result<std::uint64_t> available(std::uint64_t offset, std::uint64_t wanted_bytes) override;
  Status read(std::uint64_t offset, std::span<std::byte> out) override;
  // Flushes standard output before it waits. False once nobody writes any more, or reads.
  Result<bool> wait_for_more() override;

 private:
  GrowingSource() = default;
  Result<bool> has_grown();
  bool is_being_written() const;

  UniqueFd file_;
  UniqueFd changes_;        // inotify
  int reader_ = -1;         // a pipe to whoever reads
  std::uint64_t size_ = 0;  // when it was last looked at
};

}  // namespace scopetrace
