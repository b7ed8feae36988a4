// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/triple_filter.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "userspace/redact/scan/bit_list.h"
#include "userspace/redact/scan/text_class.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace scopetrace {
namespace {

#if defined(__x86_64__)
#define ST_AVX2 __attribute__((target("avx2")))

ST_AVX2 ST_ALWAYS_INLINE __m256i table_of(const std::array<std::uint8_t, 16>& half) {
  return _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(half.data())));
}

// The groups of each byte, told from its halves: those that both have.
ST_AVX2 ST_ALWAYS_INLINE __m256i groups_of(const TripleFilter::Nibbles& nibbles, const char* at) {
  const __m256i c = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  const __m256i nibble = _mm256_set1_epi8(15);
  const __m256i high = _mm256_and_si256(_mm256_srli_epi16(c, 4), nibble);
  return _mm256_and_si256(_mm256_shuffle_epi8(table_of(nibbles.low), _mm256_and_si256(c, nibble)),
                          _mm256_shuffle_epi8(table_of(nibbles.high), high));
}

using Places = std::array<TripleFilter::Nibbles, TripleFilter::kSize>;

// Of half a block.
ST_AVX2 ST_ALWAYS_INLINE std::uint32_t mask_by_avx2(const Places& places, const char* at) {
  __m256i groups = groups_of(places[0], at);
  for (std::size_t i = 1; i < places.size(); ++i)
    groups = _mm256_and_si256(groups, groups_of(places[i], at + i));
  const __m256i none = _mm256_cmpeq_epi8(groups, _mm256_setzero_si256());
  return ~static_cast<std::uint32_t>(_mm256_movemask_epi8(none));
}

// Reads the two bytes behind the last block.
ST_AVX2 void look_by_avx2(const Places& places, const char* text, std::size_t blocks,
                          std::uint64_t* masks) {
  for (std::size_t i = 0; i < blocks; ++i, text += kMaskBytes) {
    const std::uint64_t high = mask_by_avx2(places, text + kMaskBytes / 2);
    masks[i] = mask_by_avx2(places, text) | high << kMaskBytes / 2;
  }
}
#endif

}  // namespace

// How many places of a text let such bytes pass, in no unit: what passes of a byte is told from the
// byte's halves.
std::uint64_t TripleFilter::cost_of(const Bytes& bytes) {
  constexpr std::uint64_t kRare = 1, kCommon = 8;
  std::uint64_t cost = 1;
  for (const ByteSet& set : bytes) {
    std::uint32_t lows = 0, highs = 0;
    for (std::uint32_t c = 0; c < set.size(); ++c) {
      lows |= std::uint32_t{set[c]} << (c & 15);
      highs |= std::uint32_t{set[c]} << (c >> 4);
    }
    std::uint64_t sum = 0;
    for (std::uint32_t c = 0; c < set.size(); ++c) {
      const bool is_common = is_alnum(static_cast<char>(c)) || c == ' ';
      sum += (lows >> (c & 15) & highs >> (c >> 4) & 1) * (is_common ? kCommon : kRare);
    }
    cost *= sum;
  }
  return cost;
}

TripleFilter::Bytes TripleFilter::united(const Bytes& a, const Bytes& b) {
  Bytes both = a;
  for (std::size_t place = 0; place < kSize; ++place) both[place] |= b[place];
  return both;
}

// As a group of its own, unless one lets it pass already.
void TripleFilter::add(const Bytes& bytes) {
  const bool passes = std::any_of(groups_.begin(), groups_.end(), [&](const Group& group) {
    return united(group.bytes, bytes) == group.bytes;
  });
  if (passes) return;
  groups_.push_back({bytes, cost_of(bytes)});
  if (groups_.size() > kGroups) join_two();
}

// Those that are the least worse together.
void TripleFilter::join_two() {
  std::pair<std::size_t, std::size_t> best;
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (std::size_t b = 1; b < groups_.size(); ++b) {
    for (std::size_t a = 0; a < b; ++a) {
      const auto more = static_cast<std::int64_t>(
          cost_of(united(groups_[a].bytes, groups_[b].bytes)) - groups_[a].cost - groups_[b].cost);
      if (more < least) least = more, best = {a, b};
    }
  }
  Group& group = groups_[best.first];
  group.bytes = united(group.bytes, groups_[best.second].bytes);
  group.cost = cost_of(group.bytes);
  groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(best.second));
}

void TripleFilter::build() {
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    const auto bit = static_cast<std::uint8_t>(1U << group);
    for (std::size_t place = 0; place < kSize; ++place) {
      for (unsigned c = 0; c < 256; ++c) {
        if (!groups_[group].bytes[place][c]) continue;
        rows_[place][c] |= bit;
        nibbles_[place].low[c & 15] |= bit;
        nibbles_[place].high[c >> 4] |= bit;
      }
    }
  }
}

void TripleFilter::look_portably(std::string_view text, std::size_t first, std::size_t count,
                                 std::uint64_t* masks) const {
  const auto groups_at = [&](std::size_t place, std::size_t at) -> unsigned {
    return rows_[place][at < text.size() ? static_cast<unsigned char>(text[at]) : 0U];
  };
  std::fill_n(masks, count, 0);
  const std::size_t begin = first * kMaskBytes;
  const std::size_t end = std::min(text.size(), begin + count * kMaskBytes);
  for (std::size_t at = begin; at < end; ++at) {
    unsigned groups = groups_at(0, at);
    for (std::size_t place = 1; place < kSize; ++place) groups &= groups_at(place, at + place);
    masks[at / kMaskBytes - first] |= std::uint64_t{groups != 0} << at % kMaskBytes;
  }
}

void TripleFilter::look(std::string_view text, std::size_t first, std::size_t count,
                        std::uint64_t* masks) const {
  std::size_t done = 0;
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  const std::size_t begin = first * kMaskBytes;
  if (has_avx2 && begin + kSize <= text.size()) {
    done = std::min(count, (text.size() - begin - (kSize - 1)) / kMaskBytes);
    look_by_avx2(nibbles_, text.data() + begin, done, masks);
  }
#endif
  look_portably(text, first + done, count - done, masks + done);
}

}  // namespace scopetrace
