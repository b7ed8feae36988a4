// SPDX-License-Identifier: Apache-2.0
// Numbers of the bundle format. docs/bundle-format.md explains each.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scopetrace {

// The first four bytes of a frame, little-endian. Source: RFC 8878 sections 3.1.1 and 3.1.2.
enum class FrameMagic : std::uint32_t {
  kData = 0xFD2FB528,
  kSession = 0x184D2A50,    // scopetrace-session v1
  kApproval = 0x184D2A51,   // the approval, byte for byte
  kSeal = 0x184D2A52,       // scopetrace-seal v1
  kFinalNote = 0x184D2A53,  // scopetrace-bundle v1
  kLeafSalt = 0x184D2A54,   // 32 bytes, alone, so that an export can leave them out
  kPadding = 0x184D2A5D,    // zeros, behind a seal and only inside encrypted bundles
  kSeekTable = 0x184D2A5E,  // zstd seekable format 0.1.0
};

inline constexpr std::uint32_t kSeekTableFooterMagic = 0x8F92EAB1;

inline constexpr std::size_t kSkippableHeaderBytes = 8;  // magic and content size, LE32 each
inline constexpr std::size_t kLeafSaltBytes = 32;
inline constexpr std::size_t kLineSaltBytes = 16;
inline constexpr std::size_t kMaxSignedTextBytes =
    64 * 1024;  // 16 KiB body and 16 signature blocks
inline constexpr std::size_t kMaxPaddingBytes = 128 * 1024;
// What a 2 MiB frame may grow to when nothing compresses: ZSTD_COMPRESSBOUND(2 MiB), rounded up.
inline constexpr std::size_t kMaxFrameCompressed = (2 << 20) + (32 << 10);
inline constexpr std::uint64_t kIdleSealNs = 5'000'000'000;  // a seal at least this often
// Sealed data is pushed out of an encrypting program this often, so that with the second that seals
// may come late at most kIdleSealNs of it is lost.
inline constexpr std::uint64_t kPaddingNs = 4'000'000'000;

}  // namespace scopetrace
