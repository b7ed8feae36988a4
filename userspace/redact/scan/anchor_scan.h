// SPDX-License-Identifier: Apache-2.0
// Finds strings by three bytes that each of them has somewhere: many strings in one pass.
#pragma once

#include <array>
#include <bit>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace scopetrace {

using ByteSet = std::bitset<256>;

// For strings with rare bytes, up to a few hundred. Each byte costs the same, each place where the
// three bytes of one may stand a little more.
class AnchorScan {
 public:
  static constexpr std::size_t kSize = 3;
  using Bytes = std::array<ByteSet, kSize>;
  struct Anchor {
    Bytes bytes;               // what may stand at each of its places
    std::uint32_t string = 0;  // its number
    std::uint32_t offset = 0;  // of the anchor in the string

    bool holds(const std::array<unsigned char, kSize>& found) const {
      for (std::size_t i = 0; i < kSize; ++i) {
        if (!bytes[i][found[i]]) return false;
      }
      return true;
    }
  };

  void add(const Anchor& anchor);
  // To be called when all are added.
  void build();

  // Writes a mask for each of `count` blocks of kMaskBytes from block `first` of `text` on. Bit i:
  // an anchor may stand at byte i of the block. Behind the end of the text zeros stand. Uses AVX2
  // where the processor has it; the portable form may mark fewer places, none that matters.
  void look(std::string_view text, std::size_t first, std::size_t count,
            std::uint64_t* masks) const;
  void look_portably(std::string_view text, std::size_t first, std::size_t count,
                     std::uint64_t* masks) const;
  // Calls take(anchor) for each anchor that stands at `at`.
  template <class Take>
  void each(std::string_view text, std::size_t at, Take take) const {
    std::array<unsigned char, kSize> bytes{};
    for (std::size_t i = 0; i < kSize && at + i < text.size(); ++i)
      bytes[i] = static_cast<unsigned char>(text[at + i]);
    unsigned groups = rows_[0][bytes[0]];
    for (std::size_t i = 1; i < kSize; ++i) groups &= rows_[i][bytes[i]];
    for (; groups != 0; groups &= groups - 1) {
      const auto group = static_cast<std::size_t>(std::countr_zero(groups));
      for (const Anchor& anchor : groups_[group].anchors) {
        if (anchor.holds(bytes)) take(anchor);
      }
    }
  }

  // For each half of a byte the groups that it may belong to.
  struct Nibbles {
    alignas(16) std::array<std::uint8_t, 16> low{}, high{};
  };

 private:
  static constexpr std::size_t kGroups = 8;
  struct Group {
    std::vector<Anchor> anchors;
    Bytes bytes;  // of all of them
    std::uint64_t cost;
  };
  static std::uint64_t cost_of(const Bytes& bytes);
  static Bytes united(const Bytes& a, const Bytes& b);
  static void join(Group& group, const Group& other);

  std::vector<Group> groups_;  // at most kGroups: similar ones are together
  std::array<std::array<std::uint8_t, 256>, kSize> rows_{};  // the groups of each byte
  std::array<Nibbles, kSize> nibbles_{};
};

}  // namespace scopetrace
