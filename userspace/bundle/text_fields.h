// SPDX-License-Identifier: Apache-2.0
// Fields of signed text in their fixed order: what sessions, seals and final notes share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "userspace/base/crypto.h"
#include "userspace/base/result.h"

namespace scopetrace {

// The inverse of format_nanoseconds (userspace/base/clock.h); refuses any other form and dates that
// do not exist.
std::optional<std::uint64_t> parse_nanoseconds(std::string_view text);

// Writes `scopetrace-<kind> v1` and `key: value` lines.
class FieldWriter {
 public:
  explicit FieldWriter(std::string_view kind);

  void text(std::string_view key, std::string_view value);
  void number(std::string_view key, std::uint64_t value);
  void digest(std::string_view key, const Digest& value);
  void digest_or_none(std::string_view key, const std::optional<Digest>& value);

  std::string take() { return std::move(body_); }

 private:
  std::string body_;
};

// Reads the same lines back, in order. The first thing that is wrong is kept and every later call
// returns an empty value, so that callers check once, with finish().
class FieldReader {
 public:
  FieldReader(std::string_view body, std::string_view kind);

  std::string text(std::string_view key);
  std::uint64_t number(std::string_view key);
  std::uint32_t number32(std::string_view key);
  Digest digest(std::string_view key);
  std::optional<Digest> digest_or_none(std::string_view key);
  std::uint64_t seconds(std::string_view key);      // YYYY-MM-DDTHH:MM:SSZ
  std::uint64_t nanoseconds(std::string_view key);  // with nine digits of fraction
  // Whether the next line has this key.
  bool has_next(std::string_view key) const;
  // Marks the value of `key` as wrong.
  void reject(std::string_view key);

  // kCorrupt with the first wrong key, or when lines are left.
  Status finish() const;

 private:
  std::string_view next(std::string_view key);

  std::string_view rest_;
  std::string kind_;
  std::string wrong_;  // the first wrong key
};

}  // namespace scopetrace
