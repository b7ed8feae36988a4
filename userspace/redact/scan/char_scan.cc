// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/char_scan.h"

#include <array>
#include <bit>
#include <cstring>

#include "userspace/redact/scan/text_class.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace scopetrace {
namespace {

constexpr std::size_t kBlock = 64;

// One bit a byte of a block.
struct Masks {
  std::uint64_t digit = 0;
  std::uint64_t joint = 0;  // what may stand between two digits: blank and -
  std::uint64_t token = 0;  // letters, digits, + / - _
  std::uint64_t sign = 0;   // @ and %
};

// A mask and the one behind it: shifting right brings in bits of the next block.
struct Window {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

inline Window behind(Window w, unsigned n) {
  return {w.low >> n | w.high << (64 - n), w.high >> n};
}
inline Window both(Window a, Window b) { return {a.low & b.low, a.high & b.high}; }
// Bit i says that the 2n bits from i on are set, given the same for n.
inline Window doubled(Window w, unsigned n) { return both(w, behind(w, n)); }

inline void append(std::uint64_t mask, std::size_t base, std::vector<std::uint32_t>& out) {
  while (mask != 0) {
    out.push_back(static_cast<std::uint32_t>(base) + static_cast<unsigned>(std::countr_zero(mask)));
    mask &= mask - 1;
  }
}

// Walks blocks in order: each is looked at together with the one behind it.
class Walker {
 public:
  explicit Walker(CharHits& hits) : hits_(hits) {}

  void take(const Masks& next) {
    if (has_block_) look(next);
    now_ = next;
    has_block_ = true;
  }
  void finish() { take({}); }

 private:
  void look(const Masks& next) {
    append(now_.sign, base_, hits_.signs);
    // A joint counts between two digits only.
    const std::uint64_t after = now_.digit << 1 | last_digit_;
    const std::uint64_t next_after = next.digit << 1 | now_.digit >> 63;
    const Window before = behind({now_.digit, next.digit}, 1);
    const Window number{now_.digit | (now_.joint & after & before.low),
                        next.digit | (next.joint & next_after & before.high)};
    const Window number4 = doubled(doubled(number, 1), 2);
    const std::uint64_t numbers = number4.low & behind(number4, 2).low;  // 6 = 4 + 2
    append(numbers & ~(numbers << 1 | in_number_), base_, hits_.numbers);
    in_number_ = numbers >> 63;

    const Window token{now_.token, next.token};
    const Window token8 = doubled(doubled(doubled(token, 1), 2), 4);
    const std::uint64_t tokens = doubled(token8, 8).low;
    append(tokens & ~(tokens << 1 | in_token_), base_, hits_.tokens);
    in_token_ = tokens >> 63;
    last_digit_ = now_.digit >> 63;
    base_ += kBlock;
  }

  CharHits& hits_;
  Masks now_;
  bool has_block_ = false;
  std::size_t base_ = 0;
  std::uint64_t last_digit_ = 0;  // bit 0: what the block before ended with
  std::uint64_t in_number_ = 0;
  std::uint64_t in_token_ = 0;
};

enum CharBit : std::uint8_t { kDigit = 1, kJoint = 2, kToken = 4, kSign = 8 };

constexpr std::array<std::uint8_t, 256> make_bits() {
  std::array<std::uint8_t, 256> bits{};
  for (unsigned i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    if (is_digit(c)) bits[i] |= kDigit;
    if (c == ' ' || c == '-') bits[i] |= kJoint;
    if (is_alnum(c) || c == '+' || c == '/' || c == '-' || c == '_') bits[i] |= kToken;
    if (c == '@' || c == '%') bits[i] |= kSign;
  }
  return bits;
}
constexpr auto kBits = make_bits();

Masks masks_of(const char* block, std::size_t size) {
  Masks masks;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint64_t bits = kBits[static_cast<unsigned char>(block[i])];
    masks.digit |= (bits & 1) << i;
    masks.joint |= (bits >> 1 & 1) << i;
    masks.token |= (bits >> 2 & 1) << i;
    masks.sign |= (bits >> 3 & 1) << i;
  }
  return masks;
}

#if defined(__x86_64__)
// Bits of `c` that are set in both tables name its classes: rectangles of high and low nibbles.
//   1: 3_0–9 digits           2: 2_0 blank      4: 2_D dash       8: 2_B,F + and /
//   16: 4,6_1–F letters a–o   32: 5,7_0–A,F letters p–z and _     64: 4_0 @      128: 2_5 %
__attribute__((target("avx2,bmi,bmi2"))) inline __m256i classes_of(__m256i c) {
  const __m256i low = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(1 | 2 | 32 | 64, 1 | 16 | 32, 1 | 16 | 32, 1 | 16 | 32, 1 | 16 | 32,
                    static_cast<char>(1 | 16 | 32 | 128), 1 | 16 | 32, 1 | 16 | 32, 1 | 16 | 32,
                    1 | 16 | 32, 16 | 32, 8 | 16, 16, 4 | 16, 16, 8 | 16 | 32));
  const __m256i high = _mm256_broadcastsi128_si256(_mm_setr_epi8(
      0, 0, static_cast<char>(2 | 4 | 8 | 128), 1, 16 | 64, 32, 16, 32, 0, 0, 0, 0, 0, 0, 0, 0));
  const __m256i nibble = _mm256_set1_epi8(15);
  return _mm256_and_si256(
      _mm256_shuffle_epi8(low, _mm256_and_si256(c, nibble)),
      _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(c, 4), nibble)));
}

__attribute__((target("avx2,bmi,bmi2"))) inline std::uint64_t having(__m256i a, __m256i b,
                                                                     int bits) {
  const __m256i set = _mm256_set1_epi8(static_cast<char>(bits));
  const __m256i zero = _mm256_setzero_si256();
  const auto none_a = static_cast<std::uint32_t>(
      _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(a, set), zero)));
  const auto none_b = static_cast<std::uint32_t>(
      _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(b, set), zero)));
  return ~(none_a | static_cast<std::uint64_t>(none_b) << 32);
}

__attribute__((target("avx2,bmi,bmi2"))) void scan_by_avx2(std::string_view text, CharHits& hits) {
  Walker walker(hits);
  std::size_t at = 0;
  for (; at + kBlock <= text.size(); at += kBlock) {
    const char* block = text.data() + at;
    const __m256i a = classes_of(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(block)));
    const __m256i b = classes_of(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(block + 32)));
    walker.take({having(a, b, 1), having(a, b, 2 | 4), having(a, b, 1 | 4 | 8 | 16 | 32),
                 having(a, b, 64 | 128)});
  }
  if (at < text.size()) walker.take(masks_of(text.data() + at, text.size() - at));
  walker.finish();
}
#endif

}  // namespace

void CharHits::clear() {
  numbers.clear();
  tokens.clear();
  signs.clear();
}

void scan_chars_portably(std::string_view text, CharHits& hits) {
  hits.clear();
  Walker walker(hits);
  for (std::size_t at = 0; at < text.size(); at += kBlock) {
    walker.take(masks_of(text.data() + at, std::min(kBlock, text.size() - at)));
  }
  walker.finish();
}

void scan_chars(std::string_view text, CharHits& hits) {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
  if (has_avx2) {
    hits.clear();
    return scan_by_avx2(text, hits);
  }
#endif
  scan_chars_portably(text, hits);
}

}  // namespace scopetrace
