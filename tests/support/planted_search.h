// SPDX-License-Identifier: Apache-2.0
// Looks for planted values in all bytes of a file, as they are and in the encodings under which
// they could have slipped through.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/planted.h"
#include "userspace/base/bytes.h"
#include "userspace/base/result.h"

namespace scopetrace::testing {

// One thing to look for: a planted value in one encoding.
struct Needle {
  std::string name;  // of the planted value
  std::string form;  // raw, base64, base64url, hex, percent, digits, …
  std::string bytes;
};

// Where a needle was. Never holds the value.
struct Hit {
  std::string name;
  std::string form;
  std::size_t offset = 0;  // bytes from the start of what was searched
};

// The value itself; base64 and base64url in its three alignments; hex in both cases; percent
// encoding in both cases and form encoding; JSON with `/` escaped; for grouped numbers the digits
// alone. Forms equal to another are left out.
std::vector<Needle> make_needles(const std::vector<Planted>& planted);

// The first place of each needle.
std::vector<Hit> search_bytes(const std::vector<Needle>& needles, Bytes haystack);

// What a search of one file found and how much it looked at, so that a clean result cannot come
// from looking at nothing.
struct FileSearch {
  std::vector<Hit> raw;
  std::vector<Hit> decompressed;  // in the content of its zstd frames, when it has any
  std::size_t raw_bytes = 0;
  std::size_t decompressed_bytes = 0;
};

// Errors: kIo when unreadable, kCorrupt when it starts like zstd but does not decompress, kLimit
// past 1 GiB. A file that ends inside a frame is searched as far as it goes.
Result<FileSearch> search_file(const std::vector<Needle>& needles, const std::string& path);

}  // namespace scopetrace::testing
