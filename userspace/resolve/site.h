// SPDX-License-Identifier: Apache-2.0
// Where probes may be placed in a file of the target: what the resolver answers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scopetrace {

// What a probe at a site observes.
enum class SiteKind : std::uint8_t {
  kTlsWrite = 1,     // a function that writes plaintext: (SSL*, buffer, length[, …])
  kTlsRead = 2,      // a function that reads plaintext: (SSL*, buffer, length[, …])
  kTlsFree = 3,      // SSL_free(SSL*): entry only
  kLoaderChange = 4  // _dl_debug_state(): entry only
};

// Fixed layout: sites cross from the sandboxed resolver to capture as raw structs, and capture
// treats every field as hostile (unknown kind, offset outside an executable mapping: refused).
struct Site {
  std::uint64_t file_offset = 0;  // of the instruction, bytes from the start of the file
  SiteKind kind = SiteKind::kTlsWrite;
  // Which argument (1-based) is the size_t* that receives the byte count of a call that returned a
  // positive value: 4 or 5. 0: the return value itself is the count (int, <= 0 means none).
  std::uint8_t size_argument = 0;
  // 1 when the site is the first instruction of a function (or directly after endbr64), so that
  // return and session probes may be placed; a return probe anywhere else corrupts the target.
  std::uint8_t is_function_entry = 0;
  // 1 when the instruction is emulated by the kernel (push, nop, call, jcc): 0.5 us a hit instead
  // of 9 us for single-stepping out of line.
  std::uint8_t is_cheap = 0;
  std::uint32_t reserved = 0;
};
static_assert(sizeof(Site) == 16, "layout of Site crosses a process boundary");

inline constexpr std::size_t kMaxSites = 64;               // answers of one resolver run
inline constexpr std::uint64_t kResolverTimeoutMs = 2000;  // then it is killed

}  // namespace scopetrace
