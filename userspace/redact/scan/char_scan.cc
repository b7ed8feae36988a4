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

constexpr std::size_t kBlock = kMaskBytes;
constexpr std::size_t kBlocksPerFlush = 32;

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

// A mask of the block at hand, moved on by `n` bytes; `last` is that of the block before.
ST_ALWAYS_INLINE std::uint64_t moved(std::uint64_t mask, std::uint64_t last, unsigned n) {
  return mask << n | last >> (64 - n);
}

// Bytes that are at least the Nth of a run, N = 2 to the power of Levels.
template <std::size_t Levels>
class RunLengths {
 public:
  ST_ALWAYS_INLINE std::uint64_t ends(std::uint64_t mask) {
    for (std::size_t i = 0; i < Levels; ++i) {
      const std::uint64_t longer = mask & moved(mask, last_[i], 1U << i);
      last_[i] = mask;
      mask = longer;
    }
    return mask;
  }

 private:
  std::uint64_t last_[Levels] = {};
};

// The first bit of each run of set bits.
class Edges {
 public:
  ST_ALWAYS_INLINE std::uint64_t rises(std::uint64_t mask) {
    const std::uint64_t edges = mask & ~moved(mask, last_, 1);
    last_ = mask;
    return edges;
  }

 private:
  std::uint64_t last_ = 0;
};

// Walks blocks in order. Looks back only: a run is seen where it gets long enough.
class Walker {
 public:
  // Where words and their parts begin with a letter, one byte late.
  ST_ALWAYS_INLINE std::uint64_t word_begins(const Masks& now) {
    std::uint64_t begins = now.alnum & ~moved(now.alnum, last_.alnum, 1);
    begins |= now.upper & ~moved(now.upper, last_.upper, 1);
    begins |= behind_one_letter(now);
    if ((now.escape | last_.escape) != 0) begins |= behind_escapes(now);
    begins &= now.upper | now.lower;
    const std::uint64_t late = moved(begins, last_begins_, 1);
    last_begins_ = begins;
    // The last of several capitals, when a small letter follows.
    return late | (now.lower & moved(now.upper, last_.upper, 1) & moved(now.upper, last_.upper, 2));
  }
  // Behind which byte long words and their parts end: where the next character is.
  ST_ALWAYS_INLINE std::uint64_t word_ends(const Masks& now) {
    const std::uint64_t letter = now.upper | now.lower;
    const std::uint64_t four = letter_runs_.ends(letter);
    const std::uint64_t five = four & moved(four, last_four_letters_, 1);
    const std::uint64_t behind = moved(five, last_five_letters_, 1);
    last_four_letters_ = four;
    last_five_letters_ = five;
    return behind & (~letter | (now.upper & moved(now.lower, last_.lower, 1)));
  }
  // Where numbers are kMinNumber characters long, one byte late: a joint counts between two digits
  // only.
  ST_ALWAYS_INLINE std::uint64_t numbers(const Masks& now) {
    const std::uint64_t digit = moved(now.digit, last_.digit, 1);
    const std::uint64_t joint = moved(now.joint, last_.joint, 1);
    const std::uint64_t number = digit | (joint & now.digit & moved(now.digit, last_.digit, 2));
    const std::uint64_t four = number_runs_.ends(number);
    const std::uint64_t six = four & moved(four, last_four_, 2);
    last_four_ = four;
    return number_edges_.rises(six);
  }
  // Where tokens are kMinToken characters long.
  ST_ALWAYS_INLINE std::uint64_t tokens(const Masks& now) {
    return token_edges_.rises(token_runs_.ends(now.token));
  }
  ST_ALWAYS_INLINE void go_on(const Masks& now) { last_ = now; }

 private:
  // Behind the letter of an option (-DNAME) or of a colour (\x1b[36mname).
  ST_ALWAYS_INLINE std::uint64_t behind_one_letter(const Masks& now) const {
    const std::uint64_t option =
        now.upper & moved(now.upper, last_.upper, 1) & moved(now.joint, last_.joint, 2);
    const std::uint64_t letter = now.upper | now.lower;
    return option | (letter & moved(letter, last_.upper | last_.lower, 1) &
                     moved(now.digit, last_.digit, 2));
  }
  // Behind \x, %XX and \u00XX; what begins no escape there does no harm.
  ST_ALWAYS_INLINE std::uint64_t behind_escapes(const Masks& now) const {
    std::uint64_t behind = 0;
    for (const unsigned n : {2, 3, 6}) behind |= moved(now.escape, last_.escape, n);
    return behind & now.alnum;
  }

  Masks last_;
  RunLengths<2> number_runs_, letter_runs_;
  RunLengths<4> token_runs_;
  Edges number_edges_, token_edges_;
  std::uint64_t last_four_ = 0, last_begins_ = 0, last_four_letters_ = 0, last_five_letters_ = 0;
};

// Collects what the walker sees.
class Collector {
 public:
  explicit Collector(CharHits& hits)
      : hits_(hits), begins_(hits.word_begins.data()), ends_(hits.word_ends.data()) {}

  ST_ALWAYS_INLINE void take(Walker& walker, const Masks& now, std::uint32_t base) {
    *begins_++ = walker.word_begins(now);
    *ends_++ = walker.word_ends(now);
    numbers_.add(walker.numbers(now), base - CharHits::kMinNumber);
    const std::uint64_t tokens = walker.tokens(now);
    if (tokens != 0) tokens_.add(tokens, base + 1 - CharHits::kMinToken);
    if (now.sign != 0) signs_.add(now.sign, base);
    walker.go_on(now);
  }
  // What is at the very end is seen one byte behind it.
  ST_ALWAYS_INLINE void finish(Walker& walker, std::uint32_t base) {
    *begins_ = walker.word_begins({});
    *ends_ = walker.word_ends({});
    numbers_.add(walker.numbers({}), base - CharHits::kMinNumber);
    flush();
  }
  void flush() {
    flush(numbers_, hits_.numbers);
    flush(tokens_, hits_.tokens);
    flush(signs_, hits_.signs);
  }

 private:
  using List = BitList<kBlocksPerFlush + 2>;
  static void flush(List& list, std::vector<std::uint32_t>& out) {
    const auto offsets = list.offsets();
    out.insert(out.end(), offsets.begin(), offsets.end());
    list.clear();
  }

  CharHits& hits_;
  std::uint64_t* begins_;
  std::uint64_t* ends_;
  List numbers_, tokens_, signs_;
};

enum CharBit : unsigned { kDigit, kJoint, kUpper, kLower, kToken, kSign, kEscape };

constexpr std::array<std::uint8_t, 256> make_bits() {
  std::array<std::uint8_t, 256> bits{};
  for (unsigned i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    const bool is_token = is_alnum(c) || c == '+' || c == '/' || c == '-' || c == '_';
    bits[i] = static_cast<std::uint8_t>(is_digit(c) << kDigit | (c == ' ' || c == '-') << kJoint |
                                        is_upper(c) << kUpper | is_lower(c) << kLower |
                                        is_token << kToken | (c == '@' || c == '%') << kSign |
                                        (c == '%' || c == '\\') << kEscape);
  }
  return bits;
}
constexpr auto kBits = make_bits();

Masks masks_of(const char* block, std::size_t size) {
  Masks masks;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint64_t bits = kBits[static_cast<unsigned char>(block[i])];
    masks.digit |= (bits >> kDigit & 1) << i;
    masks.joint |= (bits >> kJoint & 1) << i;
    masks.upper |= (bits >> kUpper & 1) << i;
    masks.lower |= (bits >> kLower & 1) << i;
    masks.token |= (bits >> kToken & 1) << i;
    masks.sign |= (bits >> kSign & 1) << i;
    masks.escape |= (bits >> kEscape & 1) << i;
  }
  masks.alnum = masks.digit | masks.upper | masks.lower;
  return masks;
}

// The last bytes, less than a block.
ST_ALWAYS_INLINE void finish(std::string_view text, std::size_t at, Walker& walker,
                             Collector& found) {
  if (at < text.size()) {
    found.take(walker, masks_of(text.data() + at, text.size() - at),
               static_cast<std::uint32_t>(at));
    at += kBlock;
  }
  found.finish(walker, static_cast<std::uint32_t>(at));
}

void prepare(std::string_view text, CharHits& hits) {
  hits.clear();
  const std::size_t blocks = (text.size() + kBlock - 1) / kBlock + 1;
  hits.word_begins.resize(blocks);
  hits.word_ends.resize(blocks);
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
  Walker walker;
  Collector found(hits);
  const std::size_t whole = text.size() / kBlock * kBlock;
  for (std::size_t at = 0; at < whole;) {
    const std::size_t end = std::min(whole, at + kBlocksPerFlush * kBlock);
    for (; at < end; at += kBlock) {
      found.take(walker, masks_by_avx2(text.data() + at), static_cast<std::uint32_t>(at));
    }
    found.flush();
  }
  finish(text, whole, walker, found);
}
#endif

}  // namespace

void CharHits::clear() {
  numbers.clear();
  tokens.clear();
  signs.clear();
}

void scan_chars_portably(std::string_view text, CharHits& hits) {
  prepare(text, hits);
  Walker walker;
  Collector found(hits);
  const std::size_t whole = text.size() / kBlock * kBlock;
  for (std::size_t at = 0; at < whole; at += kBlock) {
    found.take(walker, masks_of(text.data() + at, kBlock), static_cast<std::uint32_t>(at));
    found.flush();
  }
  finish(text, whole, walker, found);
}

void scan_chars(std::string_view text, CharHits& hits) {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
  if (has_avx2) {
    prepare(text, hits);
    return scan_by_avx2(text, hits);
  }
#endif
  scan_chars_portably(text, hits);
}

}  // namespace scopetrace
