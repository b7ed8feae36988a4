// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/result.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace scopetrace {

Error Error::with_context(std::string_view action) && {
  message_ = std::string(action) + ": " + message_;
  return std::move(*this);
}

Error Error::with_hint(std::string hint) && {
  hint_ = std::move(hint);
  return std::move(*this);
}

tl::unexpected<Error> fail_errno(ErrorCode code, std::string_view action) {
  const int saved = errno;
  return fail(Error(code, std::string(action) + ": " + std::strerror(saved), saved));
}

tl::unexpected<Error> fail_errno(std::string_view action) {
  return fail_errno(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, action);
}

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "scopetrace: broken invariant: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace scopetrace
