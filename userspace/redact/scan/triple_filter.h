// SPDX-License-Identifier: Apache-2.0
// Where one of many strings of three bytes may stand, in one pass.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "userspace/redact/scan/byte_set.h"

namespace scopetrace {

// For what has rare bytes, or few of it: each byte of a text costs the same, and the more there is
// the more places pass that nothing stands at. A filter: who asks compares what stands there.
class TripleFilter {
 public:
  static constexpr std::size_t kSize = 3;
  using Bytes = std::array<ByteSet, kSize>;  // what may stand at each of the three places

  void add(const Bytes& bytes);
  // To be called when all are added.
  void build();

  // Writes a mask for each of `count` blocks of kMaskBytes from block `first` of `text` on. Bit i:
  // one may begin at byte i of the block. Behind the end of the text zeros stand. Uses AVX2 where
  // the processor has it; the portable form may let fewer places pass, none that matters.
  void look(std::string_view text, std::size_t first, std::size_t count,
            std::uint64_t* masks) const;
  void look_portably(std::string_view text, std::size_t first, std::size_t count,
                     std::uint64_t* masks) const;

  // For each half of a byte the groups that it may belong to.
  struct Nibbles {
    alignas(16) std::array<std::uint8_t, 16> low{}, high{};
  };

 private:
  static constexpr std::size_t kGroups = 8;
  // Triples that are looked for as one: any that takes each of its bytes from one of them.
  struct Group {
    Bytes bytes;
    std::uint64_t cost;
  };
  static std::uint64_t cost_of(const Bytes& bytes);
  static Bytes united(const Bytes& a, const Bytes& b);
  void join_two();

  std::vector<Group> groups_;  // at most kGroups: similar triples are together
  std::array<std::array<std::uint8_t, 256>, kSize> rows_{};  // the groups of each byte
  std::array<Nibbles, kSize> nibbles_{};
};

}  // namespace scopetrace
