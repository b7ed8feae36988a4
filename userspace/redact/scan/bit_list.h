// SPDX-License-Identifier: Apache-2.0
// Turns masks of one bit a byte into offsets without a branch per hit.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace scopetrace {

// Into functions of any instruction set, so that theirs is used.
#define ST_ALWAYS_INLINE inline __attribute__((always_inline))

inline constexpr std::size_t kMaskBytes = 64;  // that one mask is about

// The lowest set bit; anything of 0, and no branch to ask.
ST_ALWAYS_INLINE std::uint32_t lowest_bit(std::uint64_t mask) {
  return static_cast<std::uint32_t>(std::countr_zero(mask | std::uint64_t{1} << 63));
}

// The offsets of set bits of up to Masks masks, in the order they were added.
template <std::size_t Masks>
class BitList {
 public:
  // `base` is the offset of bit 0. The first two bits are written whether they are set or not: most
  // masks have fewer, and a branch that depends on the text costs more than two stores.
  ST_ALWAYS_INLINE void add(std::uint64_t mask, std::uint32_t base) {
    std::uint32_t* out = offsets_.data() + size_;
    size_ += static_cast<std::size_t>(std::popcount(mask));
    *out++ = base + lowest_bit(mask);
    mask &= mask - 1;
    *out++ = base + lowest_bit(mask);
    for (mask &= mask - 1; mask != 0; mask &= mask - 1) *out++ = base + lowest_bit(mask);
  }
  void clear() { size_ = 0; }
  std::span<const std::uint32_t> offsets() const { return {offsets_.data(), size_}; }

 private:
  std::array<std::uint32_t, Masks * kMaskBytes + 2> offsets_;
  std::size_t size_ = 0;
};

}  // namespace scopetrace
