// SPDX-License-Identifier: Apache-2.0
// SHA-256 of many messages, two at a time. Each step of a hash waits for the one before, which
// leaves the SHA unit of a CPU half idle: a second message fills it (measured: 27 instead of 39 ns
// a block). Without such a unit libcrypto does the work.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "userspace/base/crypto.h"

namespace scopetrace {

using Sha256State = std::array<std::uint32_t, 8>;  // FIPS 180-4 section 6.2: a to h

// Where a hash goes on: behind so many bytes, a multiple of 64, that led to this state.
struct Sha256Start {
  Sha256State state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::uint64_t bytes = 0;
};

// Gathers messages and hashes them as partners come. Keeps copies, which it wipes. Not thread-safe.
class Sha256Pairs {
 public:
  Sha256Pairs() = default;
  ~Sha256Pairs();
  Sha256Pairs(const Sha256Pairs&) = delete;
  Sha256Pairs& operator=(const Sha256Pairs&) = delete;

  // By finish() at the latest, `digest` is that of the parts, one after the other, behind `start`.
  // It must stay where it is until then.
  void add(std::initializer_list<Bytes> parts, Digest& digest, const Sha256Start& start = {});
  void finish();

 private:
  struct Lane {
    void load(std::initializer_list<Bytes> parts, const Sha256Start& start);
    // Goes on by so many blocks. Hands the digest out behind the last.
    void advance(std::size_t count);

    Sha256State state{};
    ByteVector message;               // with its padding; never made smaller
    const std::byte* next = nullptr;  // block in it
    std::size_t blocks = 0;           // left; 0 when the lane is free
    Digest* digest = nullptr;
  };

  std::array<Lane, 2> lanes_;
};

}  // namespace scopetrace
