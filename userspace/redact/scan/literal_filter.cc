// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/literal_filter.h"

#include <algorithm>
#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace scopetrace {
namespace {

constexpr std::size_t kBuckets = 8;

// How often the low five bits of a byte have each value in logs, in thousandths.
constexpr std::array<unsigned, 32> kFrequencies = {66, 27, 58, 24, 14, 53, 14, 15, 11, 23, 14,
                                                   11, 30, 31, 53, 62, 64, 43, 65, 50, 62, 34,
                                                   34, 21, 26, 21, 34, 10, 3,  20, 1,  6};

unsigned fold(char c) { return static_cast<unsigned char>(c) & 31; }

// The strings that share a bucket, as the tables will see them.
struct Bucket {
  std::array<std::uint32_t, LiteralFilter::kWindow> sets{};  // bit: a string has such a byte there

  void add(std::string_view text) {
    for (std::size_t i = 0; i < sets.size(); ++i) {
      sets[i] |= i < text.size() ? std::uint32_t{1} << fold(text[i]) : ~std::uint32_t{0};
    }
  }
  // How likely a place in a log passes.
  double cost() const {
    double cost = 1;
    for (const std::uint32_t set : sets) {
      unsigned sum = 0;
      for (unsigned i = 0; i < 32; ++i) sum += (set >> i & 1) != 0 ? kFrequencies[i] : 0;
      cost *= sum / 1000.0;
    }
    return cost;
  }
};

bool is_letter_row(char c) { return (c & 0x40) != 0; }

// Puts each string where it makes the fewest more places pass, among the `allowed` buckets.
std::size_t best_bucket(const std::array<Bucket, kBuckets>& buckets, unsigned allowed,
                        std::string_view text) {
  std::size_t best = 0;
  double least = 2;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    if ((allowed >> i & 1) == 0) continue;
    Bucket grown = buckets[i];
    grown.add(text);
    const double growth = grown.cost() - buckets[i].cost();
    if (growth < least) best = i, least = growth;
  }
  return best;
}

unsigned buckets_for(FilterKind kind, const LiteralFilter::Wanted& wanted) {
  constexpr unsigned kGuarded = LiteralFilter::kGuardedBuckets;
  if (kind == FilterKind::kLetters) return wanted.is_guarded ? kGuarded : 255 & ~kGuarded;
  if (kind == FilterKind::kOther) return 255;
  return is_letter_row(wanted.text[0]) ? LiteralFilter::kLetterBuckets
                                       : LiteralFilter::kDigitBuckets;
}

}  // namespace

double frequency_of(char c) { return kFrequencies[fold(c)] / 1000.0; }

LiteralFilter::LiteralFilter(FilterKind kind, std::vector<Wanted> strings) {
  // Short ones let most places pass: they come first and share buckets.
  std::sort(strings.begin(), strings.end(), [](const Wanted& a, const Wanted& b) {
    return std::pair(a.text.size(), a.text) < std::pair(b.text.size(), b.text);
  });
  std::array<Bucket, kBuckets> buckets;
  for (const Wanted& wanted : strings) {
    const std::string_view text = wanted.text;
    const std::size_t bucket = best_bucket(buckets, buckets_for(kind, wanted), text);
    buckets[bucket].add(text);
    for (std::size_t i = 0; i < kWindow; ++i) {
      const auto bit = static_cast<std::uint8_t>(1U << bucket);
      if (i < text.size()) tables_[i][fold(text[i])] |= bit;
      if (i >= text.size()) open_[i] |= bit;
    }
  }
}

namespace {

constexpr std::size_t kOtherWindow = 2;
constexpr std::size_t kGuardedSize = 3;  // bytes of a guarded string

unsigned found_at(const LiteralFilter& filter, std::size_t place, char c) {
  return filter.open()[place] | filter.tables()[place][fold(c)];
}

// The buckets that are left of each filter at one place.
unsigned letters_at(const LiteralFilter& filter, const char* text) {
  unsigned left = 255;
  for (std::size_t i = 0; i < LiteralFilter::kWindow; ++i) {
    const bool is_in = (static_cast<unsigned char>(text[i] - 0x40) & 0x80) == 0;
    left &= is_in ? found_at(filter, i, text[i]) : filter.open()[i];
  }
  const auto is_low = [](char c) { return c >= 0x60; };
  const bool is_inside = is_low(text[-1]) && is_low(text[0]) && is_low(text[kGuardedSize]);
  return is_inside ? left & ~unsigned{LiteralFilter::kGuardedBuckets} : left;
}

unsigned ascii_at(const LiteralFilter& filter, const char* text, std::size_t places) {
  unsigned left = 255;
  for (std::size_t i = 0; i < places; ++i) {
    const bool is_in = (text[i] & 0x80) == 0;
    left &= is_in ? found_at(filter, i, text[i]) : filter.open()[i];
  }
  return left;
}

unsigned start_at(const LiteralFilter& filter, const char* text) {
  const unsigned allowed =
      is_letter_row(text[0]) ? LiteralFilter::kLetterBuckets : LiteralFilter::kDigitBuckets;
  return ascii_at(filter, text, LiteralFilter::kWindow) & allowed;
}

#if defined(__x86_64__)
#define ST_AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt")))

// The tables of a filter, each in both halves of a register.
struct Registers {
  __m256i low[LiteralFilter::kWindow], high[LiteralFilter::kWindow], open[LiteralFilter::kWindow];
};

ST_AVX2 ST_ALWAYS_INLINE Registers load(const LiteralFilter& filter) {
  Registers out;
  for (std::size_t i = 0; i < LiteralFilter::kWindow; ++i) {
    const auto* table = reinterpret_cast<const __m128i*>(filter.tables()[i].data());
    out.low[i] = _mm256_broadcastsi128_si256(_mm_loadu_si128(table));
    out.high[i] = _mm256_broadcastsi128_si256(_mm_loadu_si128(table + 1));
    out.open[i] = _mm256_set1_epi8(static_cast<char>(filter.open()[i]));
  }
  return out;
}

// The buckets that each of 32 bytes leaves at the place `I` of a window. Bit 7 of `selector` is the
// bit 4 of a byte and chooses the table; an index whose bit 7 is set finds nothing.
template <std::size_t I>
ST_AVX2 ST_ALWAYS_INLINE __m256i found_at(const Registers& tables, __m256i index,
                                          __m256i selector) {
  const __m256i found = _mm256_blendv_epi8(_mm256_shuffle_epi8(tables.low[I], index),
                                           _mm256_shuffle_epi8(tables.high[I], index), selector);
  return I < 2 ? found : _mm256_or_si256(found, tables.open[I]);
}

ST_AVX2 ST_ALWAYS_INLINE std::uint32_t non_zero(__m256i bytes) {
  return ~static_cast<std::uint32_t>(
      _mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_setzero_si256())));
}

struct Filters {
  Registers letters, start, other;
};
struct Left {
  __m256i letters, start, other;
};

// Narrows the buckets that are left by the place `I` of the windows that begin at `text`.
template <std::size_t I>
ST_AVX2 ST_ALWAYS_INLINE void look_at(const Filters& filters, const char* text, Left& left) {
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + I));
  const __m256i selector = _mm256_slli_epi16(bytes, 3);
  const __m256i letters = _mm256_sub_epi8(bytes, _mm256_set1_epi8(0x40));  // below: bit 7 gets set
  left.letters = _mm256_and_si256(left.letters, found_at<I>(filters.letters, letters, selector));
  left.start = _mm256_and_si256(left.start, found_at<I>(filters.start, bytes, selector));
  if (I < kOtherWindow) {
    left.other = _mm256_and_si256(left.other, found_at<I>(filters.other, bytes, selector));
  }
}

struct Bits {
  std::uint32_t letters, start, other;
};

ST_AVX2 ST_ALWAYS_INLINE __m256i is_low(const char* text) {
  return _mm256_cmpgt_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(text)),
                           _mm256_set1_epi8(0x5f));
}

ST_AVX2 ST_ALWAYS_INLINE __m256i is_inside_word(const char* text) {
  return _mm256_and_si256(_mm256_and_si256(is_low(text - 1), is_low(text)),
                          is_low(text + kGuardedSize));
}

ST_AVX2 ST_ALWAYS_INLINE Bits look(const Filters& filters, const char* text) {
  const __m256i all = _mm256_set1_epi8(-1);
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
  const __m256i allowed = _mm256_blendv_epi8(
      _mm256_set1_epi8(static_cast<char>(LiteralFilter::kDigitBuckets)),
      _mm256_set1_epi8(LiteralFilter::kLetterBuckets), _mm256_slli_epi16(bytes, 1));
  Left left{all, allowed, all};
  look_at<0>(filters, text, left);
  look_at<1>(filters, text, left);
  look_at<2>(filters, text, left);
  look_at<3>(filters, text, left);
  const __m256i guarded = _mm256_set1_epi8(LiteralFilter::kGuardedBuckets);
  left.letters = _mm256_andnot_si256(_mm256_and_si256(is_inside_word(text), guarded), left.letters);
  return {non_zero(left.letters), non_zero(left.start), non_zero(left.other)};
}

ST_ALWAYS_INLINE std::uint64_t join(std::uint32_t low, std::uint32_t high) {
  return low | static_cast<std::uint64_t>(high) << 32;
}

// NOLINTNEXTLINE(readability-function-size): to be split with the next change
ST_AVX2 void find_by_avx2(const FilterSet& filters, const char* text, std::size_t blocks,
                          const std::uint64_t* starts, std::uint32_t base, FilterHits& hits) {
  const Filters loaded{load(filters.letters), load(filters.start), load(filters.other)};
  for (std::size_t i = 0; i < blocks; ++i, text += kMaskBytes, base += kMaskBytes) {
    const Bits low = look(loaded, text), high = look(loaded, text + kMaskBytes / 2);
    hits.letters.add(join(low.letters, high.letters), base);
    hits.start.add(join(low.start, high.start) & starts[i], base);
    const std::uint64_t other = join(low.other, high.other);
    if (other != 0) hits.other.add(other, base);
  }
}
#endif

}  // namespace

// NOLINTNEXTLINE(readability-function-size): to be split with the next change
void find_candidates_portably(const FilterSet& filters, const char* text, std::size_t blocks,
                              const std::uint64_t* starts, std::uint32_t base, FilterHits& hits) {
  for (std::size_t block = 0; block < blocks; ++block, base += kMaskBytes) {
    std::uint64_t letters = 0, start = 0, other = 0;
    for (std::size_t i = 0; i < kMaskBytes; ++i, ++text) {
      letters |= static_cast<std::uint64_t>(letters_at(filters.letters, text) != 0) << i;
      start |= static_cast<std::uint64_t>(start_at(filters.start, text) != 0) << i;
      other |= static_cast<std::uint64_t>(ascii_at(filters.other, text, kOtherWindow) != 0) << i;
    }
    hits.letters.add(letters, base);
    hits.start.add(start & starts[block], base);
    hits.other.add(other, base);
  }
}

// NOLINTNEXTLINE(readability-function-size): to be split with the next change
void find_candidates(const FilterSet& filters, const char* text, std::size_t blocks,
                     const std::uint64_t* starts, std::uint32_t base, FilterHits& hits) {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
  if (has_avx2) return find_by_avx2(filters, text, blocks, starts, base, hits);
#endif
  find_candidates_portably(filters, text, blocks, starts, base, hits);
}

}  // namespace scopetrace
