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

// What became of the bytes of a bundle.
struct Recovery {
  std::uint64_t kept_bytes = 0;     // the verified prefix, from the first byte
  std::uint64_t dropped_bytes = 0;  // what followed it
  // The prefix reaches to the final note: only the seek table lacked, which is unsigned and made
  // again from the frames. The result is whole.
  bool has_new_seek_table = false;
  std::uint64_t written_bytes = 0;  // the prefix and that table
};

// Whether a bundle with this report is all there already.
bool is_nothing_to_recover(const VerifyReport& report);

// Whether anything at all of it is proved: kTampered or kNotFound when not.
Status check_recoverable(const VerifyReport& report);

// Copies the proved part of a bundle with this report byte for byte, with the seek table behind it
// if only that lacks, and syncs. Reads the source once, from its front to its back. Memory: one
// frame, the rest behind the proved part, and 8 bytes a frame.
//
// An interrupted writer leaves at most the frames since its last sync behind that part, in any
// state, and so at most one seal. Where more follows, the file was not interrupted but changed:
// kTampered, once the part is copied. kIo when the source is not what was verified, and the errors
// of check_recoverable(). Whatever is in `out` when this fails is nothing to keep.
Result<Recovery> recover_bundle(const VerifyReport& report, ByteSource& source, ByteSink& out);

}  // namespace scopetrace
