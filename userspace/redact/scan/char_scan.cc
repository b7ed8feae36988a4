// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/char_scan.h"

#include <algorithm>
#include <array>

#include "userspace/redact/scan/bit_list.h"
#include "userspace/redact/scan/text_class.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace scopetrace {
namespace {

constexpr std::size_t kBlocks =
    8;  // looked at together: what is done with masks is done with vectors

// One bit a byte of a block.
struct Masks {
  std::uint64_t digit = 0;
  std::uint64_t joint = 0;  // what may stand between two digits: blank and -
  std::uint64_t alnum = 0;  // letters and digits
  std::uint64_t token = 0;  // letters, digits, + / - _
  std::uint64_t upper = 0;
  std::uint64_t lower = 0;
  std::uint64_t sign = 0;    // @ and %
  std::uint64_t escape = 0;  // % and the backslash
};

// A mask of each block that is looked at; the first one is of the block before them.
using Lane = std::array<std::uint64_t, kBlocks + 1>;

// The mask of block `i`, moved on by `n` bytes.
ST_ALWAYS_INLINE std::uint64_t moved(const Lane& lane, std::size_t i, unsigned n) {
  return lane[i] << n | lane[i - 1] >> (64 - n);
}

// What is seen of some blocks. Looks back only: a run is seen where it gets long enough.
class Lanes {
 public:
  // The masks of the block at `i`, from 1 on.
  ST_ALWAYS_INLINE void put(std::size_t i, const Masks& masks) {
    of_[kDigit][i] = masks.digit;
    of_[kJoint][i] = masks.joint;
    of_[kAlnum][i] = masks.alnum;
    of_[kToken][i] = masks.token;
    of_[kUpper][i] = masks.upper;
    of_[kLower][i] = masks.lower;
    of_[kLetter][i] = masks.upper | masks.lower;
    of_[kEscape][i] = masks.escape;
    signs[i] = masks.sign;
  }
  ST_ALWAYS_INLINE void look() {
    see_word_begins();
    see_word_ends();
    see_numbers();
    see_tokens();
  }
  // To the blocks that follow.
  ST_ALWAYS_INLINE void go_on() {
    for (Lane& lane : of_) lane[0] = lane[kBlocks];
  }

  // What look() fills, by block.
  Lane word_begins;  // with a letter, one byte late
  Lane word_ends;    // behind which byte long words and their parts end: where the next one is
  Lane numbers;      // where they are kMinNumber characters long, one byte late
  Lane tokens;       // where they are kMinToken characters long
  Lane signs;

 private:
  enum Name : std::size_t {
    kDigit,
    kJoint,
    kAlnum,
    kToken,
    kUpper,
    kLower,
    kLetter,
    kEscape,
    kBegins,
    kTwoLetters,
    kFourLetters,
    kFiveLetters,
    kNumber,
    kNumberOfTwo,
    kNumberOfFour,
    kNumberOfSix,
    kTokenOfTwo,
    kTokenOfFour,
    kTokenOfEight,
    kTokenOfSixteen,
    kNames
  };

  ST_ALWAYS_INLINE std::uint64_t back(Name name, std::size_t i, unsigned n) const {
    return moved(of_[name], i, n);
  }
  ST_ALWAYS_INLINE void see_word_begins() {
    for (std::size_t i = 1; i <= kBlocks; ++i) {
      const std::uint64_t upper = of_[kUpper][i], letter = of_[kLetter][i];
      const std::uint64_t begins = of_[kAlnum][i] & ~back(kAlnum, i, 1);
      const std::uint64_t hump = upper & ~back(kUpper, i, 1);
      // Behind the letter of an option (-DNAME) or of a colour (\x1b[36mname).
      const std::uint64_t option = upper & back(kUpper, i, 1) & back(kJoint, i, 2);
      const std::uint64_t coloured = back(kLetter, i, 1) & back(kDigit, i, 2);
      // Behind \x, %XX and \u00XX; what begins no escape there does no harm.
      const std::uint64_t escaped = back(kEscape, i, 2) | back(kEscape, i, 3) | back(kEscape, i, 6);
      of_[kBegins][i] = letter & (begins | hump | option | coloured | escaped);
    }
    // Also the last of several capitals, when a small letter follows.
    for (std::size_t i = 1; i <= kBlocks; ++i)
      word_begins[i] =
          back(kBegins, i, 1) | (of_[kLower][i] & back(kUpper, i, 1) & back(kUpper, i, 2));
  }
  ST_ALWAYS_INLINE void see_word_ends() {
    double_runs(kLetter, kTwoLetters, 1);
    double_runs(kTwoLetters, kFourLetters, 2);
    double_runs(kFourLetters, kFiveLetters, 1);
    for (std::size_t i = 1; i <= kBlocks; ++i)
      word_ends[i] =
          back(kFiveLetters, i, 1) & (~of_[kLetter][i] | (of_[kUpper][i] & back(kLower, i, 1)));
  }
  // A joint counts between two digits only.
  ST_ALWAYS_INLINE void see_numbers() {
    for (std::size_t i = 1; i <= kBlocks; ++i)
      of_[kNumber][i] =
          back(kDigit, i, 1) | (back(kJoint, i, 1) & of_[kDigit][i] & back(kDigit, i, 2));
    double_runs(kNumber, kNumberOfTwo, 1);
    double_runs(kNumberOfTwo, kNumberOfFour, 2);
    double_runs(kNumberOfFour, kNumberOfSix, 2);
    see_rises(kNumberOfSix, numbers);
  }
  ST_ALWAYS_INLINE void see_tokens() {
    double_runs(kToken, kTokenOfTwo, 1);
    double_runs(kTokenOfTwo, kTokenOfFour, 2);
    double_runs(kTokenOfFour, kTokenOfEight, 4);
    double_runs(kTokenOfEight, kTokenOfSixteen, 8);
    see_rises(kTokenOfSixteen, tokens);
  }
  // Of bytes that are the Nth of a run, those that are the (N + more)th.
  ST_ALWAYS_INLINE void double_runs(Name from, Name to, unsigned more) {
    for (std::size_t i = 1; i <= kBlocks; ++i) of_[to][i] = of_[from][i] & back(from, i, more);
  }
  // The first bit of each run of set bits.
  ST_ALWAYS_INLINE void see_rises(Name name, Lane& out) {
    for (std::size_t i = 1; i <= kBlocks; ++i) out[i] = of_[name][i] & ~back(name, i, 1);
  }

  std::array<Lane, kNames> of_{};
};

// Collects what the lanes show.
class Collector {
 public:
  explicit Collector(CharHits& hits) : hits_(hits) {}

  // Of `count` blocks from block `first` on.
  ST_ALWAYS_INLINE void take(const Lanes& lanes, std::size_t first, std::size_t count) {
    std::copy_n(lanes.word_begins.begin() + 1, count, hits_.word_begins.begin() + first);
    std::copy_n(lanes.word_ends.begin() + 1, count, hits_.word_ends.begin() + first);
    for (std::size_t i = 0; i < count; ++i) {
      const auto base = static_cast<std::uint32_t>((first + i) * kMaskBytes);
      numbers_.add(lanes.numbers[i + 1], base - CharHits::kMinNumber);
      const std::uint64_t tokens = lanes.tokens[i + 1], signs = lanes.signs[i + 1];
      if (tokens != 0) tokens_.add(tokens, base + 1 - CharHits::kMinToken);
      if (signs != 0) signs_.add(signs, base);
    }
    flush(numbers_, hits_.numbers);
    flush(tokens_, hits_.tokens);
    flush(signs_, hits_.signs);
  }

 private:
  using List = BitList<kBlocks>;
  static void flush(List& list, std::vector<std::uint32_t>& out) {
    const auto offsets = list.offsets();
    if (offsets.empty()) return;
    out.insert(out.end(), offsets.begin(), offsets.end());
    list.clear();
  }

  CharHits& hits_;
  List numbers_, tokens_, signs_;
};

// The classes of a byte, one bit each.
enum CharBit : unsigned {
  kDigitBit,
  kJointBit,
  kUpperBit,
  kLowerBit,
  kTokenBit,
  kSignBit,
  kEscapeBit
};

constexpr std::array<std::uint8_t, 256> make_bits() {
  std::array<std::uint8_t, 256> bits{};
  for (unsigned i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    bits[i] = static_cast<std::uint8_t>(
        is_digit(c) << kDigitBit | (c == ' ' || c == '-') << kJointBit | is_upper(c) << kUpperBit |
        is_lower(c) << kLowerBit | is_token_char(c) << kTokenBit |
        (c == '@' || c == '%') << kSignBit | (c == '%' || c == '\\') << kEscapeBit);
  }
  return bits;
}
constexpr auto kBits = make_bits();

Masks masks_of(const char* block, std::size_t size) {
  Masks masks;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint64_t bits = kBits[static_cast<unsigned char>(block[i])];
    masks.digit |= (bits >> kDigitBit & 1) << i;
    masks.joint |= (bits >> kJointBit & 1) << i;
    masks.upper |= (bits >> kUpperBit & 1) << i;
    masks.lower |= (bits >> kLowerBit & 1) << i;
    masks.token |= (bits >> kTokenBit & 1) << i;
    masks.sign |= (bits >> kSignBit & 1) << i;
    masks.escape |= (bits >> kEscapeBit & 1) << i;
  }
  masks.alnum = masks.digit | masks.upper | masks.lower;
  return masks;
}

// Of a block that the text ends in, or ended before.
Masks last_masks(std::string_view text, std::size_t block) {
  const std::size_t begin = std::min(text.size(), block * kMaskBytes);
  return masks_of(text.data() + begin, std::min(text.size() - begin, kMaskBytes));
}

// Returns how many masks there are: one more than blocks, for what is seen late.
std::size_t prepare(std::string_view text, CharHits& hits) {
  hits.clear();
  const std::size_t blocks = (text.size() + kMaskBytes - 1) / kMaskBytes + 1;
  hits.word_begins.resize(blocks);
  hits.word_ends.resize(blocks);
  return blocks;
}

#if defined(__x86_64__)
#define ST_AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt")))

// Bits of `c` that are set in both tables name its classes: rectangles of high and low nibbles.
//   1: 3_0–9 digits            2: 2_0,D blank and dash          4: 5_C backslash
//   8: 2_B,D,F + - /           16: 4,6_1–F letters a–o          32: 5,7_0–A letters p–z
//   64: 4_0 @                  128: 2_5 %
ST_AVX2 ST_ALWAYS_INLINE __m256i classes_of(__m256i c) {
  const __m256i low = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(1 | 2 | 32 | 64, 1 | 16 | 32, 1 | 16 | 32, 1 | 16 | 32, 1 | 16 | 32,
                    static_cast<char>(1 | 16 | 32 | 128), 1 | 16 | 32, 1 | 16 | 32, 1 | 16 | 32,
                    1 | 16 | 32, 16 | 32, 8 | 16, 4 | 16, 2 | 8 | 16, 16, 8 | 16));
  const __m256i high = _mm256_broadcastsi128_si256(_mm_setr_epi8(
      0, 0, static_cast<char>(2 | 8 | 128), 1, 16 | 64, 4 | 32, 16, 32, 0, 0, 0, 0, 0, 0, 0, 0));
  const __m256i nibble = _mm256_set1_epi8(15);
  return _mm256_and_si256(
      _mm256_shuffle_epi8(low, _mm256_and_si256(c, nibble)),
      _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(c, 4), nibble)));
}

struct Halves {
  __m256i low, high;
};

ST_AVX2 ST_ALWAYS_INLINE std::uint64_t mask_of(Halves set) {
  const auto low = static_cast<std::uint32_t>(_mm256_movemask_epi8(set.low));
  const auto high = static_cast<std::uint32_t>(_mm256_movemask_epi8(set.high));
  return low | static_cast<std::uint64_t>(high) << 32;
}

ST_AVX2 ST_ALWAYS_INLINE std::uint64_t having(Halves classes, int bits) {
  const __m256i set = _mm256_set1_epi8(static_cast<char>(bits));
  const __m256i zero = _mm256_setzero_si256();
  return ~mask_of({_mm256_cmpeq_epi8(_mm256_and_si256(classes.low, set), zero),
                   _mm256_cmpeq_epi8(_mm256_and_si256(classes.high, set), zero)});
}

ST_AVX2 ST_ALWAYS_INLINE std::uint64_t equal(Halves text, char c) {
  const __m256i wanted = _mm256_set1_epi8(c);
  return mask_of({_mm256_cmpeq_epi8(text.low, wanted), _mm256_cmpeq_epi8(text.high, wanted)});
}

ST_AVX2 ST_ALWAYS_INLINE Masks masks_by_avx2(const char* block) {
  const Halves text{_mm256_loadu_si256(reinterpret_cast<const __m256i*>(block)),
                    _mm256_loadu_si256(reinterpret_cast<const __m256i*>(block + 32))};
  const Halves classes{classes_of(text.low), classes_of(text.high)};
  Masks masks;
  masks.digit = mask_of({_mm256_slli_epi16(classes.low, 7), _mm256_slli_epi16(classes.high, 7)});
  masks.joint = mask_of({_mm256_slli_epi16(classes.low, 6), _mm256_slli_epi16(classes.high, 6)});
  masks.alnum = having(classes, 1 | 16 | 32);
  const std::uint64_t letter = masks.alnum & ~masks.digit;
  const std::uint64_t small =  // bit 5 of each byte
      mask_of({_mm256_slli_epi16(text.low, 2), _mm256_slli_epi16(text.high, 2)});
  masks.upper = letter & ~small;
  masks.lower = letter & small;
  masks.token = masks.alnum |
                mask_of({_mm256_slli_epi16(classes.low, 4), _mm256_slli_epi16(classes.high, 4)}) |
                equal(text, '_');
  if (having(classes, 4 | 64 | 128) == 0) return masks;  // rare
  masks.sign = having(classes, 64 | 128);
  masks.escape = having(classes, 4 | 128);
  return masks;
}

ST_AVX2 void scan_by_avx2(std::string_view text, CharHits& hits) {
  const std::size_t blocks = prepare(text, hits), whole = text.size() / kMaskBytes;
  Lanes lanes;
  Collector found(hits);
  for (std::size_t first = 0; first < blocks; first += kBlocks) {
    for (std::size_t i = 0; i < kBlocks; ++i) {
      const std::size_t block = first + i;
      lanes.put(i + 1, block < whole ? masks_by_avx2(text.data() + block * kMaskBytes)
                                     : last_masks(text, block));
    }
    lanes.look();
    found.take(lanes, first, std::min(kBlocks, blocks - first));
    lanes.go_on();
  }
}
#endif

}  // namespace

void CharHits::clear() {
  numbers.clear();
  tokens.clear();
  signs.clear();
}

void scan_chars_portably(std::string_view text, CharHits& hits) {
  const std::size_t blocks = prepare(text, hits);
  Lanes lanes;
  Collector found(hits);
  for (std::size_t first = 0; first < blocks; first += kBlocks) {
    for (std::size_t i = 0; i < kBlocks; ++i) lanes.put(i + 1, last_masks(text, first + i));
    lanes.look();
    found.take(lanes, first, std::min(kBlocks, blocks - first));
    lanes.go_on();
  }
}

void scan_chars(std::string_view text, CharHits& hits) {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
  if (has_avx2) return scan_by_avx2(text, hits);
#endif
  scan_chars_portably(text, hits);
}

}  // namespace scopetrace
