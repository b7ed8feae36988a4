// SPDX-License-Identifier: Apache-2.0
// Removes content and transfer codings (gzip, deflate, br, zstd) from a body that comes in pieces.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/bytes.h"

namespace scopetrace {

inline constexpr std::size_t kMaxCodings = 4;               // applied to one body
inline constexpr std::uint64_t kMaxDecodedBytes = 4 << 20;  // decoding stops here: bombs
inline constexpr std::uint64_t kMaxDecodedRatio = 1100;     // deflate itself ends at 1032
inline constexpr std::size_t kMaxDecoderMemory = 9 << 20;   // of one coding: an 8 MiB window
inline constexpr int kMaxZstdWindowLog = 23;                // 8 MiB, RFC 8878 section 3.1.1.1.2

// Takes decoded bytes. Returns false to stop the decoding.
class ByteOutput {
 public:
  virtual ~ByteOutput() = default;
  virtual bool put(Bytes bytes) = 0;
};

// Removes one coding. put() takes encoded bytes and returns false when they are broken, exceed the
// memory limit, or the next output stopped.
class Decoding : public ByteOutput {
 public:
  virtual bool is_whole() const = 0;  // the encoded form ended where it should
  virtual std::size_t memory_bytes() const = 0;
};

// Adds the codings of one field value (RFC 9110 section 8.4) to `codings`, in lower case; identity,
// chunked and empty elements are left out. More than kMaxCodings + 1 are not added.
void add_codings(std::string_view field_value, std::vector<std::string>& codings);

// The chain that undoes `codings` (in the order they were applied), or an empty vector when one of
// them is unknown or there are too many. Encoded bytes go into back(), which is the coding applied
// last; decoded bytes come out at `output`, which must outlive the chain.
std::vector<std::unique_ptr<Decoding>> make_decodings(const std::vector<std::string>& codings,
                                                      ByteOutput& output);

}  // namespace scopetrace
