// SPDX-License-Identifier: Apache-2.0
// Whole-file reads and complete writes.
#pragma once

#include <string>
#include <string_view>

#include "userspace/base/bytes.h"
#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {

// open(2) with O_CLOEXEC. `mode` matters only with O_CREAT. Error: path and reason.
Result<UniqueFd> open_file(const std::string& path, int flags, unsigned mode = 0);

// Reads to the end. kLimit when there are more than `max_bytes`.
Result<std::string> read_all(int fd, std::size_t max_bytes);
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

// Writes every byte or reports why not (a short write is retried, EINTR too).
Status write_all(int fd, Bytes bytes);
// Creates or replaces a file so that a reader sees the old or the new content, never a part:
// writes `path`.tmp-<pid>, fsyncs, renames, fsyncs the folder.
Status write_file_atomically(const std::string& path, std::string_view content, unsigned mode);

// Creates a folder and its parents; existing ones are left as they are.
Status make_folders(const std::string& path, unsigned mode);

// Opens /dev/null for each of descriptors 0 to 2 that the caller left closed: else a file opened
// later would get such a number, and messages would be written into it. First thing in main().
Status fill_standard_descriptors();

}  // namespace scopetrace
