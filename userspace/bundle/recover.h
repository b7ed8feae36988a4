// SPDX-License-Identifier: Apache-2.0
// Keeps what is proved of a bundle whose capture was interrupted: by a crash, a power cut, a full
// or broken disk.
#pragma once

#include <cstdint>

#include "userspace/base/result.h"
#include "userspace/bundle/byte_sink.h"
#include "userspace/bundle/reader.h"
#include "userspace/bundle/verify.h"

namespace scopetrace {

// Which bytes of a bundle stay.
struct Recovery {
  std::uint64_t kept_bytes = 0;     // the verified prefix, from the first byte
  std::uint64_t dropped_bytes = 0;  // what follows it in the file
  // The prefix reaches to the final note: only the seek table lacks, which is unsigned and made
  // again from the frames. The result is whole.
  bool needs_seek_table = false;
};

// What to keep of a bundle with this report. An interrupted writer leaves at most the frames since
// its last sync behind the prefix, in any state, and so at most one seal. Where more follows, the
// file was not interrupted but changed: kTampered. kNotFound when nothing at all is verified.
Result<Recovery> plan_recovery(const VerifyReport& report, ByteSource& source);

// Copies the prefix byte for byte, with the seek table behind it if that lacks, and syncs. Memory:
// one block, and 8 bytes a frame. `out` is partly written when this fails.
Status write_recovered(ByteSource& source, const Recovery& recovery, ByteSink& out);

}  // namespace scopetrace
