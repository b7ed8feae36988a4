// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/output_check.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace scopetrace {

Status check_output(const UniqueFd& output) {
  struct stat facts {};
  if (!output || ::fstat(output.get(), &facts) != 0) {
    return fail(ErrorCode::kUsage, "no output came with the request");
  }
  const int flags = ::fcntl(output.get(), F_GETFL);
  const bool is_empty_file = S_ISREG(facts.st_mode) && facts.st_size == 0;
  if ((!is_empty_file && !S_ISFIFO(facts.st_mode)) || (flags & O_ACCMODE) == O_RDONLY) {
    return fail(ErrorCode::kUsage, "the output is not an empty file or a pipe that can be written");
  }
  return {};
}

Status check_output_kind(const UniqueFd& output, bool has_recipients) {
  struct stat facts {};
  if (::fstat(output.get(), &facts) != 0) return fail_errno("look at the output");
  if (S_ISFIFO(facts.st_mode) == has_recipients) return {};
  return fail(ErrorCode::kRefused,
              has_recipients ? "the approval names recipients, but the output is a file "
                               "and not what encrypts to them"
                             : "the approval names no recipients, but the output is a pipe");
}

}  // namespace scopetrace
