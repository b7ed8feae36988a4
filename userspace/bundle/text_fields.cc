// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/text_fields.h"

#include <limits>

#include "userspace/base/clock.h"

namespace scopetrace {
namespace {

std::string first_line(std::string_view kind) {
  return "scopetrace-" + std::string(kind) + " v1\n";
}

bool is_printable(std::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c > 0x7e) return false;
  }
  return true;
}

}  // namespace

std::optional<std::uint64_t> parse_nanoseconds(std::string_view text) {
  constexpr std::size_t kSecondsLength = 19;  // YYYY-MM-DDTHH:MM:SS
  constexpr std::size_t kLength = kSecondsLength + 11;
  if (text.size() != kLength || text[kSecondsLength] != '.' || text.back() != 'Z') return {};
  const auto seconds = parse_seconds(std::string(text.substr(0, kSecondsLength)) + "Z");
  if (!seconds ||
      *seconds > std::numeric_limits<std::uint64_t>::max() / kNanosecondsPerSecond - 1) {
    return {};
  }
  std::uint64_t fraction = 0;
  for (const char digit : text.substr(kSecondsLength + 1, 9)) {
    if (digit < '0' || digit > '9') return {};
    fraction = fraction * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return *seconds * kNanosecondsPerSecond + fraction;
}

FieldWriter::FieldWriter(std::string_view kind) : body_(first_line(kind)) {}

void FieldWriter::text(std::string_view key, std::string_view value) {
  body_.append(key).append(": ").append(value).append("\n");
}
void FieldWriter::number(std::string_view key, std::uint64_t value) {
  text(key, std::to_string(value));
}
void FieldWriter::digest(std::string_view key, const Digest& value) {
  text(key, format_digest(value));
}
void FieldWriter::digest_or_none(std::string_view key, const std::optional<Digest>& value) {
  text(key, value ? format_digest(*value) : "none");
}

FieldReader::FieldReader(std::string_view body, std::string_view kind) : rest_(body), kind_(kind) {
  const std::string line = first_line(kind);
  if (rest_.starts_with(line)) {
    rest_.remove_prefix(line.size());
  } else {
    reject("first line");
  }
}

void FieldReader::reject(std::string_view key) {
  if (wrong_.empty()) wrong_ = key;
}

bool FieldReader::has_next(std::string_view key) const {
  return wrong_.empty() && rest_.starts_with(key) && rest_.substr(key.size()).starts_with(": ");
}

std::string_view FieldReader::next(std::string_view key) {
  constexpr std::size_t kMaxValue = 512;
  const std::size_t end = rest_.find('\n');
  if (!has_next(key) || end == std::string_view::npos) {
    reject(key);
    return {};
  }
  const std::string_view value = rest_.substr(key.size() + 2, end - key.size() - 2);
  rest_.remove_prefix(end + 1);
  if (value.empty() || value.size() > kMaxValue || !is_printable(value)) reject(key);
  return value;
}

std::string FieldReader::text(std::string_view key) { return std::string(next(key)); }

std::uint64_t FieldReader::number(std::string_view key) {
  const auto value = parse_decimal(next(key));
  if (!value) reject(key);
  return value.value_or(0);
}

std::uint32_t FieldReader::number32(std::string_view key) {
  const std::uint64_t value = number(key);
  if (value > std::numeric_limits<std::uint32_t>::max()) reject(key);
  return static_cast<std::uint32_t>(value);
}

Digest FieldReader::digest(std::string_view key) {
  const auto value = parse_digest(next(key));
  if (!value) reject(key);
  return value.value_or(Digest{});
}

std::optional<Digest> FieldReader::digest_or_none(std::string_view key) {
  const std::string_view value = next(key);
  if (value == "none") return std::nullopt;
  const auto parsed = parse_digest(value);
  if (!parsed) reject(key);
  return parsed;
}

std::uint64_t FieldReader::seconds(std::string_view key) {
  const auto value = parse_seconds(next(key));
  if (!value) reject(key);
  return value.value_or(0);
}

std::uint64_t FieldReader::nanoseconds(std::string_view key) {
  const auto value = parse_nanoseconds(next(key));
  if (!value) reject(key);
  return value.value_or(0);
}

Status FieldReader::finish() const {
  if (!wrong_.empty()) return fail(ErrorCode::kCorrupt, kind_ + " text: wrong " + wrong_);
  if (!rest_.empty()) return fail(ErrorCode::kCorrupt, kind_ + " text: unknown lines at its end");
  return {};
}

}  // namespace scopetrace
