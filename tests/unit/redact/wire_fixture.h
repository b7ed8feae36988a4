// SPDX-License-Identifier: Apache-2.0
// Builders of wire frames, and what every protocol's reader must hold to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/unit/redact/fixture.h"
#include "userspace/redact/wire/wire_stream.h"

namespace scopetrace {

inline std::string big(std::uint64_t value, std::size_t size_bytes) {
  std::string out;
  for (std::size_t i = size_bytes; i > 0; --i) out += static_cast<char>(value >> (8 * (i - 1)));
  return out;
}
inline std::string little(std::uint64_t value, std::size_t size_bytes) {
  std::string out;
  for (std::size_t i = 0; i < size_bytes; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}
inline std::string nul(const std::string& text) { return text + '\0'; }
// Behind a big-endian length of so many bytes.
inline std::string counted(const std::string& text, std::size_t length_bytes) {
  return big(text.size(), length_bytes) + text;
}

// One for all streams, which learn nothing by themselves: making one takes longer than using it.
inline TextScanner& wire_scanner() {
  static Scanner shared;
  return shared.scanner;
}

struct WireResult {
  std::string text;
  std::string protocol;
};

// The stream in pieces of so many bytes.
inline WireResult tell_pieces(std::string_view bytes, std::size_t piece,
                              WireDetail detail = WireDetail::kRedacted) {
  WireStream stream(wire_scanner(), detail);
  WireResult result;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    stream.push(bytes.substr(at, piece), result.text);
  }
  stream.finish(result.text);
  result.protocol = stream.protocol();
  return result;
}
inline WireResult tell(std::string_view bytes, WireDetail detail = WireDetail::kRedacted) {
  return tell_pieces(bytes, bytes.size() + 1, detail);
}

inline bool is_hidden(const std::string& text, const std::string& secret) {
  const std::string hex = to_hex(as_bytes(secret));
  std::string base64 = to_base64(as_bytes(secret));
  base64.resize(base64.size() / 4 * 4 - 4);  // the last group depends on what follows
  return !contains(text, secret) && !contains(text, hex) && !contains(text, base64);
}

// Tries every place where a stream may be cut or lose bytes.
class CutChecker {
 public:
  explicit CutChecker(std::string bytes) : bytes_(std::move(bytes)), whole_(tell(bytes_).text) {}

  // Every cut in two, and single bytes, give what the whole gives.
  std::size_t count_different() {
    std::size_t different = 0;
    for (std::size_t cut = 1; cut < bytes_.size(); ++cut) {
      different += redact({view(0, cut), view(cut)}) != whole_;
    }
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i < bytes_.size(); ++i) single.push_back(view(i, 1));
    return different + (redact(single) != whole_);
  }

  // How many beginnings of the stream, or rests behind a gap, show the secret.
  std::size_t count_leaks(const std::string& secret) {
    std::size_t leaks = 0;
    for (std::size_t cut = 0; cut <= bytes_.size(); ++cut) {
      leaks += !is_hidden(redact({view(0, cut)}), secret);
      leaks += !is_hidden(redact_with_gap(cut), secret);
    }
    return leaks;
  }

 private:
  std::string_view view(std::size_t from, std::size_t count = std::string::npos) const {
    return std::string_view(bytes_).substr(from, count);
  }
  std::string redact(const std::vector<std::string_view>& pieces) {
    WireStream stream(wire_scanner(), WireDetail::kRedacted);
    std::string out;
    for (const std::string_view piece : pieces) stream.push(piece, out);
    stream.finish(out);
    return out;
  }
  // Four bytes are lost at `cut`.
  std::string redact_with_gap(std::size_t cut) {
    WireStream stream(wire_scanner(), WireDetail::kRedacted);
    std::string out;
    stream.push(view(0, cut), out);
    stream.lose(out);
    if (cut + 4 < bytes_.size()) stream.push(view(cut + 4), out);
    stream.finish(out);
    return out;
  }

  std::string bytes_;
  std::string whole_;
};

// What holds for every stream of messages with a secret.
inline void expect_safe(const std::string& bytes, const std::string& protocol,
                        const std::string& secret) {
  const WireResult result = tell(bytes);
  EXPECT_EQ(result.protocol, protocol);
  EXPECT_TRUE(is_hidden(result.text, secret)) << result.text;
  EXPECT_TRUE(contains(result.text, "[REDACTED:")) << result.text;
  CutChecker cuts(bytes);
  EXPECT_EQ(cuts.count_different(), 0U) << result.text;
  EXPECT_EQ(cuts.count_leaks(secret), 0U) << result.text;
  const std::string shape = tell(bytes, WireDetail::kShape).text;
  EXPECT_FALSE(contains(shape, "REDACTED")) << shape;
  EXPECT_TRUE(is_hidden(shape, secret)) << shape;
}

}  // namespace scopetrace
