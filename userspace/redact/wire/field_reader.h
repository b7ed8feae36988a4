// SPDX-License-Identifier: Apache-2.0
// Reads the fields of one binary message.
#pragma once

#include <cstdint>
#include <string_view>

namespace scopetrace {

// Never past the end: a field that is not whole is empty or 0, and from then on ok() is false and
// so is everything else.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return is_ok_; }
  std::string_view rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }

  std::uint8_t u8() { return static_cast<std::uint8_t>(big(1)); }
  // Integers of `size_bytes` (1 to 8) bytes.
  std::uint64_t big(std::size_t size_bytes) {
    std::uint64_t value = 0;
    for (const char c : take(size_bytes)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::uint64_t little(std::size_t size_bytes) {
    const std::string_view bytes = take(size_bytes);
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) {
      value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
    }
    return value;
  }
  // Exactly so many bytes, or none.
  std::string_view take(std::uint64_t size_bytes) {
    if (!is_ok_ || size_bytes > rest_.size()) return fail();
    const std::string_view taken = rest_.substr(0, size_bytes);
    rest_.remove_prefix(size_bytes);
    return taken;
  }
  // Up to a NUL, which is consumed too.
  std::string_view c_string() {
    const auto end = rest_.find('\0');
    if (!is_ok_ || end == std::string_view::npos) return fail();
    const std::string_view taken = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return taken;
  }
  // Bytes behind a big-endian length of `length_bytes` bytes.
  std::string_view counted(std::size_t length_bytes) { return take(big(length_bytes)); }
  // What is left.
  std::string_view take_all() { return take(rest_.size()); }
  std::string_view fail() {
    is_ok_ = false;
    rest_ = {};
    return {};
  }

 private:
  std::string_view rest_;
  bool is_ok_ = true;
};

}  // namespace scopetrace
