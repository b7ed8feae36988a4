// SPDX-License-Identifier: Apache-2.0
// Digests, MACs and random bytes, by libcrypto.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "userspace/base/bytes.h"

struct evp_md_ctx_st;

namespace scopetrace {

using Digest = std::array<std::byte, 32>;  // SHA-256

Digest sha256(Bytes bytes);
Digest sha256_of_parts(std::initializer_list<Bytes> parts);  // one after the other
std::array<std::byte, 64> sha512(Bytes bytes);
Digest hmac_sha256(Bytes key, Bytes message);

// HMAC-SHA256 with one key for many short messages: the key's two blocks are hashed once.
class HmacSha256 {
 public:
  explicit HmacSha256(Bytes key);
  ~HmacSha256();
  HmacSha256(const HmacSha256&) = delete;
  HmacSha256& operator=(const HmacSha256&) = delete;

  // Of the parts, one after the other.
  Digest of(std::initializer_list<Bytes> parts) const;
  // macs[i] is that of numbers[i]: many in three quarters of the time. REQUIRES: as many of both.
  using Number = std::array<std::byte, 8>;
  void of_each(std::span<const Number> numbers, std::span<Digest> macs) const;

 private:
  struct State;
  std::unique_ptr<State> state_;  // wiped with this
};

// SHA-256 of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(Bytes bytes);
  // The digest of all bytes so far; more may follow.
  Digest digest() const;

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// `sha256:` and 64 hexadecimal digits, the form of every digest in signed text.
std::string format_digest(const Digest& digest);
std::optional<Digest> parse_digest(std::string_view text);

// Bytes from the kernel's generator; aborts when it fails.
void fill_random(std::span<std::byte> out);
// A UUID version 7 (RFC 9562 section 5.7) of this time.
std::string make_uuid7(std::uint64_t realtime_ns);

}  // namespace scopetrace
