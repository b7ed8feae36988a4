// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/sha256_pairs.h"

#include <openssl/sha.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace scopetrace {
namespace {

constexpr std::size_t kBlock = 64;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
void hash_one(Sha256State& state, const std::byte* blocks, std::size_t count) {
  SHA256_CTX context{};
  std::copy(state.begin(), state.end(), context.h);
  for (; count > 0; --count, blocks += kBlock) {
    SHA256_Transform(&context, reinterpret_cast<const unsigned char*>(blocks));
  }
  std::copy_n(context.h, state.size(), state.begin());
}
#pragma GCC diagnostic pop

#if defined(__x86_64__)

// FIPS 180-4 section 4.2.2.
alignas(16) constexpr std::uint32_t kConstants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

#define ST_SHA_UNIT [[gnu::target("sha,sse4.1")]]

// One message in registers. The SHA unit wants its state as two halves in this order of words.
struct Registers {
  __m128i abef, cdgh;
  __m128i w0, w1, w2, w3;  // the schedule's last sixteen words
};

ST_SHA_UNIT inline __m128i load(const void* from) {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

ST_SHA_UNIT inline void load_state(Registers& to, const Sha256State& state) {
  const __m128i cdab = _mm_shuffle_epi32(load(&state[0]), 0xB1);
  const __m128i efgh = _mm_shuffle_epi32(load(&state[4]), 0x1B);
  to.abef = _mm_alignr_epi8(cdab, efgh, 8);
  to.cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);
}

ST_SHA_UNIT inline void store_state(Sha256State& to, const Registers& from) {
  const __m128i feba = _mm_shuffle_epi32(from.abef, 0x1B);
  const __m128i dchg = _mm_shuffle_epi32(from.cdgh, 0xB1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(&to[0]), _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(&to[4]), _mm_alignr_epi8(dchg, feba, 8));
}

// Big-endian words.
ST_SHA_UNIT inline void load_block(Registers& to, const std::byte* block) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  to.w0 = _mm_shuffle_epi8(load(block), swap);
  to.w1 = _mm_shuffle_epi8(load(block + 16), swap);
  to.w2 = _mm_shuffle_epi8(load(block + 32), swap);
  to.w3 = _mm_shuffle_epi8(load(block + 48), swap);
}

// Four rounds with the oldest four words, from round 16 on extended; they then are the latest.
template <unsigned kRound>
ST_SHA_UNIT inline void turn(Registers& at) {
  __m128i words = at.w0;
  if constexpr (kRound >= 16) {
    words = _mm_add_epi32(_mm_sha256msg1_epu32(at.w0, at.w1), _mm_alignr_epi8(at.w3, at.w2, 4));
    words = _mm_sha256msg2_epu32(words, at.w3);
  }
  at.w0 = at.w1;
  at.w1 = at.w2;
  at.w2 = at.w3;
  at.w3 = words;
  const __m128i sum = _mm_add_epi32(words, load(kConstants + kRound));
  at.cdgh = _mm_sha256rnds2_epu32(at.cdgh, at.abef, sum);
  at.abef = _mm_sha256rnds2_epu32(at.abef, at.cdgh, _mm_shuffle_epi32(sum, 0x0E));
}

// Written out, not a loop: a loop moves the registers about for a tenth of the time.
template <unsigned... kTurns>
ST_SHA_UNIT inline void hash_block_pair(Registers& a, Registers& b,
                                        std::integer_sequence<unsigned, kTurns...>) {
  const Registers before_a = a;
  const Registers before_b = b;
  ((turn<4 * kTurns>(a), turn<4 * kTurns>(b)), ...);
  a.abef = _mm_add_epi32(a.abef, before_a.abef);
  a.cdgh = _mm_add_epi32(a.cdgh, before_a.cdgh);
  b.abef = _mm_add_epi32(b.abef, before_b.abef);
  b.cdgh = _mm_add_epi32(b.cdgh, before_b.cdgh);
}

ST_SHA_UNIT void hash_two(Sha256State& state_a, const std::byte* a, Sha256State& state_b,
                          const std::byte* b, std::size_t count) {
  Registers at_a;
  Registers at_b;
  load_state(at_a, state_a);
  load_state(at_b, state_b);
  for (std::size_t i = 0; i < count * kBlock; i += kBlock) {
    load_block(at_a, a + i);
    load_block(at_b, b + i);
    hash_block_pair(at_a, at_b, std::make_integer_sequence<unsigned, 16>());
  }
  store_state(state_a, at_a);
  store_state(state_b, at_b);
}

#undef ST_SHA_UNIT

// CPUID leaf 7, EBX bit 29. Every CPU that has it has SSE4.1.
bool has_sha_unit() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b >> 29 & 1) != 0;
}

#endif

void hash_pair(Sha256State& state_a, const std::byte* a, Sha256State& state_b, const std::byte* b,
               std::size_t count) {
#if defined(__x86_64__)
  static const bool has_unit = has_sha_unit();
  if (has_unit) return hash_two(state_a, a, state_b, b, count);
#endif
  hash_one(state_a, a, count);
  hash_one(state_b, b, count);
}

std::uint32_t big_endian(std::uint32_t word) {
  return std::endian::native == std::endian::little ? __builtin_bswap32(word) : word;
}

}  // namespace

Sha256Pairs::~Sha256Pairs() {
  for (Lane& lane : lanes_) wipe(lane.message);
}

void Sha256Pairs::add(std::initializer_list<Bytes> parts, Digest& digest,
                      const Sha256Start& start) {
  auto& [a, b] = lanes_;
  Lane& lane = a.blocks == 0 ? a : b;
  lane.load(parts, start);
  lane.digest = &digest;
  const std::size_t both = std::min(a.blocks, b.blocks);
  if (both == 0) return;
  hash_pair(a.state, a.next, b.state, b.next, both);
  a.advance(both);
  b.advance(both);
}

void Sha256Pairs::finish() {
  for (Lane& lane : lanes_) {
    if (lane.blocks == 0) continue;
    hash_one(lane.state, lane.next, lane.blocks);
    lane.advance(lane.blocks);
  }
}

// The padding is a one bit, zeros, and the length in bits up to a whole block: FIPS 180-4 section
// 5.1.1.
void Sha256Pairs::Lane::load(std::initializer_list<Bytes> parts, const Sha256Start& start) {
  std::size_t size = 0;
  for (const Bytes part : parts) size += part.size();
  state = start.state;
  blocks = (size + 1 + 8 + kBlock - 1) / kBlock;
  if (message.size() < blocks * kBlock) message.resize(blocks * kBlock);
  std::byte* to = message.data();
  next = to;
  for (const Bytes part : parts) to = std::copy(part.begin(), part.end(), to);
  std::byte* const length = message.data() + blocks * kBlock - 8;
  *to++ = std::byte{0x80};
  std::fill(to, length, std::byte{0});
  const std::uint64_t bits = 8 * (start.bytes + size);
  const std::uint32_t words[2] = {big_endian(static_cast<std::uint32_t>(bits >> 32)),
                                  big_endian(static_cast<std::uint32_t>(bits))};
  std::memcpy(length, words, sizeof(words));
}

void Sha256Pairs::Lane::advance(std::size_t count) {
  next += count * kBlock;
  blocks -= count;
  if (blocks != 0) return;
  for (std::uint32_t& word : state) word = big_endian(word);
  std::memcpy(digest->data(), state.data(), digest->size());
}

}  // namespace scopetrace
