// SPDX-License-Identifier: Apache-2.0
// Which of many strings may stand at a place, told from sixteen bytes of the text.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "userspace/redact/scan/byte_set.h"

namespace scopetrace {

// Bytes of a text as numbers, the first one lowest.
using FourBytes = std::uint32_t;
using EightBytes = std::uint64_t;
struct SixteenBytes {
  EightBytes head = 0, tail = 0;
};

// A table of windows: up to sixteen bytes that a string has somewhere. Four of them decide where
// one is looked for; where there are less, three; behind two, also what may follow.
class WindowIndex {
 public:
  static constexpr std::size_t kMinWindow = 2;
  static constexpr std::size_t kMaxWindow = sizeof(SixteenBytes);
  struct Window {
    std::uint32_t string = 0;   // its number
    std::uint32_t offset = 0;   // of the window in the string
    bool ignores_case = false;  // then the window is in lower case
    bool has_all = false;       // the string has nothing but the window
  };

  // `bytes`: kMinWindow to kMaxWindow; behind two, one of `next` may follow. The fewer places
  // that leaves, the better.
  void add(std::string_view bytes, const ByteSet& next, Window window);
  // To be called when all are added.
  void build();

  // Whether a string may stand where the text goes on with `bytes`: what most places fail.
  bool may_have(FourBytes bytes) const {
    const FourBytes folded = bytes | kFold;
    return ((bit_of(fours_, hash(folded, kFourBits)) |
             bit_of(threes_, hash(folded & kThree, kThreeBits))) &
            1) != 0;
  }
  // The second look, where the first says yes: six bytes, where the window has them. Many words
  // begin as a string does.
  bool may_go_on(EightBytes bytes) const {
    const FourBytes folded = static_cast<FourBytes>(bytes) | kFold;
    return ((bit_of(sixes_, hash_of_six(bytes)) | bit_of(fives_, hash(folded, kFourBits)) |
             bit_of(threes_, hash(folded & kThree, kThreeBits))) &
            1) != 0;
  }
  // Calls take(window) for each that the text goes on with.
  template <class Take>
  void each(SixteenBytes bytes, Take take) const {
    const FourBytes folded = static_cast<FourBytes>(bytes.head) | kFold;
    long_.each(folded, bytes, take);
    short_.each(folded & kThree, bytes, take);
  }

 private:
  static constexpr FourBytes kFold = 0x20202020;  // letters of both cases, as inexactly some signs
  static constexpr FourBytes kThree = 0xffffff;   // of four bytes the first three
  static constexpr unsigned kFourBits = 16, kThreeBits = 15, kSixBits = 15;
  static constexpr std::size_t kSix = 6;  // bytes that decide at the second look
  template <unsigned Bits>
  using Slots = std::array<std::uint64_t, (1 << Bits) / 64>;

  struct Entry {
    SixteenBytes key;
    SixteenBytes fold;  // the bit of letters whose case is ignored
    SixteenBytes mask;
    Window window;

    bool is(SixteenBytes bytes) const {
      return (((bytes.head | fold.head) & mask.head) ^ key.head) == 0 &&
             (((bytes.tail | fold.tail) & mask.tail) ^ key.tail) == 0;
    }
  };
  static std::uint32_t hash(FourBytes bytes, unsigned bits) {
    return bytes * 0x9e3779b1u >> (32 - bits);
  }
  static std::uint32_t hash_of_six(EightBytes bytes) {
    constexpr unsigned kDropped = 8 * (sizeof(EightBytes) - kSix);
    const EightBytes folded = bytes | kFold | EightBytes{kFold} << 32;
    return static_cast<std::uint32_t>((folded << kDropped) * 0x9e3779b97f4a7c15u >>
                                      (64 - kSixBits));
  }
  // Windows by the hash of the bytes that decide.
  template <unsigned BucketBits>
  struct Table {
    std::array<std::uint32_t, (1 << BucketBits) + 1> begins{};  // of entries
    std::vector<Entry> entries;

    template <class Take>
    void each(FourBytes key, SixteenBytes bytes, Take take) const {
      const std::uint32_t bucket = hash(key, BucketBits);
      for (std::uint32_t i = begins[bucket]; i < begins[bucket + 1]; ++i) {
        if (entries[i].is(bytes)) take(entries[i].window);
      }
    }
    void build(FourBytes deciding);
  };
  void add(std::string_view bytes, Window window);
  // The lowest bit is the one of the slot.
  static std::uint64_t bit_of(const auto& slots, std::uint32_t slot) {
    return slots[slot / 64] >> slot % 64;
  }
  static void mark(auto& slots, std::uint32_t slot) {
    slots[slot / 64] |= std::uint64_t{1} << slot % 64;
  }

  Slots<kFourBits> fours_{};    // by four bytes that begin a window
  Slots<kThreeBits> threes_{};  // by three bytes
  Slots<kFourBits> fives_{};    // by four bytes: windows that have no six
  Slots<kSixBits> sixes_{};     // by six bytes
  Table<11> long_;              // windows of four bytes or more
  Table<9> short_;
};

}  // namespace scopetrace
