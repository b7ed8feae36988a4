// SPDX-License-Identifier: Apache-2.0
// What can be told of a file of age without a key: the form of age-encryption.org/v1. Its bytes are
// hostile.
#pragma once

#include <cstdint>
#include <string_view>

namespace scopetrace {

// How every file that age encrypts begins, unless it is armoured.
inline constexpr std::string_view kAgeMagic = "age-encryption.org/v1\n";

// How the names of encrypted bundles end.
inline constexpr std::string_view kAgeSuffix = ".age";

// Whether a file begins as those of age do. Reads it at its start, moves nothing.
bool is_age_file(int fd);

// Where the pieces begin in a file that starts so: behind the header, whose last line is
// `--- MAC`, and the nonce. 0 when the header has no end within its largest size, 64 KiB.
std::uint64_t age_payload_offset(std::string_view start);

// What stands where age could not go on.
enum class AgeRest {
  kCut,        // not a whole piece: the file ends within it, or cannot be read
  kUnwritten,  // a piece of which something never reached the disk: it has zeros, ciphertext not
  kChanged,    // a whole piece that was written, but not so
};

// Looks at a file from which so many plain bytes came before age gave up.
AgeRest judge_age_rest(int fd, std::uint64_t plain_bytes);

}  // namespace scopetrace
