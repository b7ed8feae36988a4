// SPDX-License-Identifier: Apache-2.0
// Where probes may be placed in a file of the target: what the resolver answers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scopetrace {

// What a probe at a site observes.
enum class SiteKind : std::uint8_t {
  kTlsWrite = 1,      // a function that writes plaintext: (object, buffer, length[, …])
  kTlsRead = 2,       // a function that reads plaintext: (object, buffer, length[, …])
  kTlsFree = 3,       // SSL_free(object), SSL_clear(object) and their like: entry only
  kLoaderChange = 4,  // _dl_debug_state(): entry only
  // Go's crypto/tls.(*Conn), by plain probes: a return probe would break its stacks.
  kGoWrite = 16,            // Write, before its stack is set up
  kGoRead = 17,             // Read, the same
  kGoWriteReturn = 18,      // a RET of Write
  kGoReadReturn = 19,       // a RET of Read
  kGoHomedReadReturn = 20,  // the same, and its first two arguments are still in its caller's frame
  kGoClose = 21,            // Close
  // Where one request causes another in Go: wanted only under request scope.
  kGoRoundTrip = 22,  // net/http.(*persistConn).roundTrip
  kGoExit = 23        // runtime.goexit1: a goroutine ends
};

// How a function of kind kTlsWrite or kTlsRead differs from (object, buffer, length) → int.
// Bits of Site::flags; the same as the ST_SITE_ flags of bpf/tls.h.
inline constexpr std::uint8_t kSiteWideReturn = 1;  // returns ssize_t: 64 bits, negative errors
// The object may be no TLS at all (NSPR's descriptors): counts only where a socket call inside
// carried TLS records.
inline constexpr std::uint8_t kSiteNeedsProof = 2;
// The bytes never pass the target's memory (SSL_sendfile): position and loss only.
inline constexpr std::uint8_t kSiteNoPayload = 4;
inline constexpr std::uint8_t kSitePeekFlag = 8;  // argument 4 has flags; MSG_PEEK moves nothing
inline constexpr std::uint8_t kSiteAllFlags = 15;
// Of Go, set by capture and by nobody else: the end of goroutines is probed, too.
inline constexpr std::uint8_t kSiteGoEnds = 16;

// Fixed layout: sites cross from the sandboxed resolver to capture as raw structs, and capture
// treats every field as hostile (unknown kind, offset outside an executable mapping: refused).
struct Site {
  std::uint64_t file_offset = 0;  // of the instruction, bytes from the start of the file
  SiteKind kind = SiteKind::kTlsWrite;
  // Which argument (1-based) is the size_t* that receives the byte count of a call that returned a
  // positive value: 4 or 5. 0: the return value itself is the count (<= 0 means none).
  std::uint8_t size_argument = 0;
  // 1 when everything is there as at the function's entry, above all the return address on top of
  // the stack: only there may return and session probes be placed; elsewhere they corrupt the
  // target.
  std::uint8_t is_function_entry = 0;
  // 1 when the instruction is emulated by the kernel (push, nop, jmp, jcc): 0.5 us a hit instead
  // of 9 us for single-stepping out of line.
  std::uint8_t is_cheap = 0;
  // From this instruction to net.(*TCPConn).Close, by which a TCP connection is told from what
  // wraps one: bytes. Only of Go returns; 0: not known.
  std::int32_t tcp_close = 0;
  std::uint8_t flags = 0;  // kSite…; of kTlsWrite and kTlsRead only
  std::uint8_t reserved[7] = {};
};
static_assert(sizeof(Site) == 24, "layout of Site crosses a process boundary");

// Why a Go program with crypto/tls has no sites.
enum class GoProblem : std::uint8_t {
  kNone = 0,
  kVersion = 1,  // not told by the file, or one whose layouts are not known here
  kTable = 2,    // its table of functions cannot be read
  kCode = 3      // its code is not what the compiler makes
};

// What the resolver says about a Go program. Hostile text of the file is not part of it.
struct GoFacts {
  std::uint8_t is_go = 0;  // 1: a Go program that has crypto/tls, or whose functions are not known
  GoProblem problem = GoProblem::kNone;
  std::uint8_t minor = 0;  // of Go 1.minor.patch; 0: unknown
  std::uint8_t patch = 0;
};
static_assert(sizeof(GoFacts) == 4, "layout of GoFacts crosses a process boundary");

inline bool is_go_site(SiteKind kind) {
  return kind >= SiteKind::kGoWrite && kind <= SiteKind::kGoExit;
}
inline bool is_go_return(SiteKind kind) {
  return kind >= SiteKind::kGoWriteReturn && kind <= SiteKind::kGoHomedReadReturn;
}

// Whether the site is a function of C that reads or writes plaintext.
inline bool moves_bytes(const Site& site) {
  return site.kind == SiteKind::kTlsRead || site.kind == SiteKind::kTlsWrite;
}

// Of one file. Those of Go, of which there are as many as its functions have returns, never take
// the room of the others: a file may have both.
inline constexpr std::size_t kMaxGoSites = 64;
inline constexpr std::size_t kMaxSites = 64 + kMaxGoSites;
inline constexpr std::uint64_t kResolverTimeoutMs = 2000;  // then it is killed

}  // namespace scopetrace
