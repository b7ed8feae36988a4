// SPDX-License-Identifier: Apache-2.0
// Turns what libbpf and the verifier print into the message of an Error.
#pragma once

#include <string>
#include <string_view>

#include "userspace/base/result.h"

namespace scopetrace {

// Collects libbpf's messages instead of printing them, for the life of the object. libbpf has one
// sink for the whole process: one at a time.
class LibbpfLog {
 public:
  LibbpfLog();
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;
  LibbpfLog& operator=(const LibbpfLog&) = delete;

  // The last three lines, joined by " | ". A verifier's log ends with the reason.
  std::string tail() const;
};

// The Error of a failed bpf(2): kUnsupported naming the capability for EPERM and EACCES, else kIo
// with the errno. `errnum` is positive.
tl::unexpected<Error> fail_bpf(std::string_view action, int errnum, std::string_view log_tail = {});

}  // namespace scopetrace
