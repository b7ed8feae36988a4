// SPDX-License-Identifier: Apache-2.0
// Any line of a whole bundle without reading what is before it: by the seek table and the seals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/bundle/reader.h"
#include "userspace/bundle/seal.h"

namespace scopetrace {

// For bundles that were verified, since signatures are not looked at again. What is read is checked
// all the same: bounds, and each data frame against the digest in its seal. Memory: 16 bytes a
// frame and the frame read last. Not thread-safe.
class LineAccess {
 public:
  // kCorrupt without a seek table that fits the file, as in an interrupted bundle: read that from
  // its start. The source, a file or memory, must outlive this.
  static Result<LineAccess> open(ByteSource& source);

  // Lines with an index, so all but line 0.
  std::uint64_t size() const { return size_; }
  // Line `n`, which has this `n`, with its LF. kNotFound when n is not less than size().
  Result<std::string> line(std::uint64_t n);

 private:
  // A data frame behind line 0; its seal follows it.
  struct Place {
    std::uint64_t offset = 0;
    std::uint32_t compressed = 0;
    std::uint32_t seal_bytes = 0;  // of the seal's frame
  };

  explicit LineAccess(ByteSource& source) : source_(source) {}

  Status read_places(std::uint64_t table_offset, std::uint64_t count);
  Result<Seal> seal_of(const Place& place);
  Result<Seal> find(std::uint64_t n, std::size_t& at);
  Status load(std::size_t at, const Seal& seal);

  ByteSource& source_;
  std::vector<Place> places_;
  std::uint64_t size_ = 0;
  FrameDecompressor zstd_;
  std::optional<std::size_t> loaded_;  // of places_; its lines are in raw_
  std::string raw_;
};

}  // namespace scopetrace
