// SPDX-License-Identifier: Apache-2.0
// Views of raw bytes, bounded readers, hexadecimal and base64.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace scopetrace {

using Bytes = std::span<const std::byte>;   // borrowed
using ByteVector = std::vector<std::byte>;  // owned

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
void append(ByteVector& out, Bytes bytes);

// Overwrites memory in a way the compiler keeps. For keys and plaintext.
void wipe(void* data, std::size_t size_bytes);
inline void wipe(std::string& text) { wipe(text.data(), text.size()); }
inline void wipe(ByteVector& bytes) { wipe(bytes.data(), bytes.size()); }

// Reads integers and runs of bytes from the front of a view; never past its end.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : rest_(bytes) {}

  Bytes rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }

  // The next sizeof(T) bytes in host order, or nothing when fewer are left.
  template <class T>
  std::optional<T> read() {
    static_assert(std::is_trivially_copyable_v<T>);
    if (rest_.size() < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_ = rest_.subspan(sizeof(T));
    return value;
  }
  std::optional<std::uint32_t> read_be32();
  std::optional<std::uint64_t> read_be64();
  // Exactly `size_bytes` bytes, or nothing.
  std::optional<Bytes> take(std::size_t size_bytes);
  // A 32-bit big-endian length and that many bytes: the `string` of RFC 4251 section 5.
  std::optional<Bytes> take_string();

 private:
  Bytes rest_;
};

// Lower-case hexadecimal without separators.
std::string to_hex(Bytes bytes);
// The inverse; refuses upper case, odd lengths and anything else.
std::optional<ByteVector> from_hex(std::string_view text);

// RFC 4648 section 4, padded.
std::string to_base64(Bytes bytes);
// The inverse; refuses white space, missing padding and non-zero trailing bits (non-canonical).
std::optional<ByteVector> from_base64(std::string_view text);

// A decimal number without sign or leading zeros that fits.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

}  // namespace scopetrace
