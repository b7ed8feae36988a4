// SPDX-License-Identifier: Apache-2.0
// Approved request headers in the form that bpf/request_head.h looks for in calls.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "userspace/base/request_header.h"
#include "userspace/base/result.h"

namespace scopetrace {

// 64 bytes of a field as the kernel compares them, little endian: it matches the bytes b where
// ((b | fold) ^ value) & mask is 0.
struct RequestNeedle {
  static constexpr std::size_t kWords = 8;
  std::array<std::uint64_t, kWords> value{};
  std::array<std::uint64_t, kWords> mask{};
  std::array<std::uint64_t, kWords> fold{};
};

struct RequestNeedles {
  std::vector<RequestNeedle> http1;  // line feed, name, colon, value, and the end of the line
  std::vector<RequestNeedle> http2;  // the value as HPACK (RFC 7541) writes it, plain and Huffman
};

inline constexpr std::size_t kMaxRequestHeaders = 8;
// What the programs have room for: twice two forms of each header.
inline constexpr std::size_t kMaxRequestNeedles = 4 * kMaxRequestHeaders;

// Fields longer than 64 bytes are compared as far as that: the redactor, which compares all of the
// value, can only narrow. Errors: kUsage for an empty name or value or too many headers.
Result<RequestNeedles> make_request_needles(const std::vector<RequestHeader>& headers);

}  // namespace scopetrace
