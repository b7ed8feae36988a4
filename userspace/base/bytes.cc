// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/bytes.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>

namespace scopetrace {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Value of one base64 digit, or -1.
int base64_value(char c) {
  const auto at = kBase64Digits.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

// How many of the four digits are padding.
std::size_t padding_of(std::string_view quad) {
  return quad.ends_with("==") ? 2 : quad.ends_with('=') ? 1 : 0;
}

// Four digits to 24 bits; padding counts as zero. -1 when a digit is not one.
int base64_quad(std::string_view quad, std::size_t padding) {
  int bits = 0;
  for (const char c : quad.substr(0, 4 - padding)) {
    const int value = base64_value(c);
    if (value < 0) return -1;
    bits = bits << 6 | value;
  }
  return bits << 6 * padding;
}

}  // namespace

void append(ByteVector& out, Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void wipe(void* data, std::size_t size_bytes) { OPENSSL_cleanse(data, size_bytes); }

std::optional<std::uint32_t> ByteReader::read_be32() {
  const auto value = read<std::uint32_t>();
  if (!value) return std::nullopt;
  return __builtin_bswap32(*value);
}

std::optional<std::uint64_t> ByteReader::read_be64() {
  const auto value = read<std::uint64_t>();
  if (!value) return std::nullopt;
  return __builtin_bswap64(*value);
}

std::optional<Bytes> ByteReader::take(std::size_t size_bytes) {
  if (rest_.size() < size_bytes) return std::nullopt;
  const Bytes taken = rest_.first(size_bytes);
  rest_ = rest_.subspan(size_bytes);
  return taken;
}

std::optional<Bytes> ByteReader::take_string() {
  const ByteReader before = *this;
  const auto size_bytes = read_be32();
  if (!size_bytes) return std::nullopt;
  auto taken = take(*size_bytes);
  if (!taken) *this = before;
  return taken;
}

std::string to_hex(Bytes bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    text += kHexDigits[static_cast<unsigned>(b) >> 4];
    text += kHexDigits[static_cast<unsigned>(b) & 15];
  }
  return text;
}

std::optional<ByteVector> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  ByteVector bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = kHexDigits.find(text[i]);
    const auto low = kHexDigits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes.push_back(static_cast<std::byte>(high << 4 | low));
  }
  return bytes;
}

std::string to_base64(Bytes bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    unsigned bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (k < n ? static_cast<unsigned>(bytes[i + k]) : 0);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= n ? kBase64Digits[bits >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

std::optional<ByteVector> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  ByteVector bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (; !text.empty(); text.remove_prefix(4)) {
    const std::size_t pad = padding_of(text.substr(0, 4));
    if (pad > 0 && text.size() != 4) return std::nullopt;
    const int bits = base64_quad(text.substr(0, 4), pad);
    if (bits < 0 || (bits & ((1 << (8 * pad)) - 1)) != 0) return std::nullopt;
    for (std::size_t k = 0; k < 3 - pad; ++k) {
      bytes.push_back(static_cast<std::byte>(bits >> (16 - 8 * k) & 255));
    }
  }
  return bytes;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace scopetrace
