// SPDX-License-Identifier: Apache-2.0
// Which of many strings may stand at a place, told from eight bytes of the text.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

namespace scopetrace {

// Bytes of a text as one number, the first one lowest.
using FourBytes = std::uint32_t;
using EightBytes = std::uint64_t;
using ByteSet = std::bitset<256>;
// What may follow a string, and what may follow that.
using NextBytes = std::array<ByteSet, 2>;

// A table of windows: up to eight bytes that a string has somewhere. Four of them decide where one
// is looked for; of fewer, also what may follow. Letters are compared without case, and as
// inexactly some signs; the caller compares the rest.
class WindowIndex {
 public:
  static constexpr std::size_t kMinWindow = 2;
  static constexpr std::size_t kMaxWindow = sizeof(EightBytes);
  struct Window {
    std::uint32_t string = 0;  // its number
    std::uint32_t offset = 0;  // of the window in the string
  };

  // `bytes`: kMinWindow to kMaxWindow; behind less than four, `next` may follow. The fewer places
  // that leaves, the better.
  void add(std::string_view bytes, const NextBytes& next, Window window);
  // To be called when all are added.
  void build();

  // Whether a string may stand where the text goes on with `bytes`: what most places fail.
  bool may_have(FourBytes bytes) const {
    const std::uint32_t slot = hash(bytes | kFold4, kSlotBits);
    return (slots_[slot / 64] >> slot % 64 & 1) != 0;
  }
  // Calls take(window) for each that may.
  template <class Take>
  void each(EightBytes bytes, Take take) const {
    const EightBytes folded = bytes | kFold;
    const std::uint32_t bucket = bucket_of(folded);
    for (std::uint32_t i = begins_[bucket]; i < begins_[bucket + 1]; ++i) {
      if ((folded & entries_[i].mask) == entries_[i].key) take(entries_[i].window);
    }
  }

 private:
  static constexpr EightBytes kFold = 0x2020202020202020;
  static constexpr FourBytes kFold4 = 0x20202020;
  static constexpr FourBytes kThree = 0xffffff;  // of four bytes the first three
  static constexpr unsigned kSlotBits = 17, kBucketBits = 10;

  struct Entry {
    EightBytes key;
    EightBytes mask;
    Window window;
  };
  static std::uint32_t hash(FourBytes bytes, unsigned bits) {
    return bytes * 0x9e3779b1u >> (32 - bits);
  }
  static std::uint32_t bucket_of(EightBytes folded) {
    return hash(static_cast<FourBytes>(folded) & kThree, kBucketBits);
  }
  void add(EightBytes key, std::size_t size_bytes, const ByteSet& next, Window window);
  void mark(FourBytes key);

  std::array<std::uint64_t, (1 << kSlotBits) / 64> slots_{};    // by what the window may be
  std::array<std::uint32_t, (1 << kBucketBits) + 1> begins_{};  // of entries, by three bytes
  std::vector<Entry> entries_;
};

}  // namespace scopetrace
