// SPDX-License-Identifier: Apache-2.0
#include "scopes/signed_text.h"

#include <algorithm>
#include <optional>

#include "scopes/sshsig.h"
#include "userspace/base/bytes.h"
#include "userspace/base/clock.h"
#include "userspace/base/crypto.h"

namespace scopetrace {
namespace {

constexpr std::string_view kTitlePrefix = "scopetrace-";
constexpr std::string_view kTitleSuffix = " v1";

bool is_printable(char c) { return c >= 0x20 && c <= 0x7e; }

// `YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ`.
bool is_nanosecond_time(std::string_view text) {
  constexpr std::size_t kLength = 30;
  if (text.size() != kLength || text[19] != '.' || text[29] != 'Z') return false;
  const std::string_view fraction = text.substr(20, 9);
  const bool digits =
      std::all_of(fraction.begin(), fraction.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && parse_seconds(std::string(text.substr(0, 19)) + "Z").has_value();
}

bool has_type(std::string_view value, ValueType type) {
  switch (type) {
    case ValueType::kText:
      return true;
    case ValueType::kDecimal:
      return parse_decimal(value).has_value();
    case ValueType::kDigest:
      return parse_digest(value).has_value();
    case ValueType::kDigestOrNone:
      return value == "none" || parse_digest(value).has_value();
    case ValueType::kSeconds:
      return parse_seconds(value).has_value();
    case ValueType::kNanoseconds:
      return is_nanosecond_time(value);
  }
  return false;
}

// The fault of a value, or nothing.
std::optional<std::string> fault_of(std::string_view value, ValueType type) {
  if (value.empty()) return "is empty";
  if (value.size() > kMaxSignedValue) return "is longer than 512 bytes";
  if (!std::all_of(value.begin(), value.end(), is_printable)) return "is not printable ASCII";
  if (value.front() == ' ' || value.back() == ' ') return "begins or ends with a blank";
  if (!has_type(value, type)) return "has the wrong form";
  return std::nullopt;
}

// Checks order and number of the fields of a body, and each value.
std::optional<std::string> fault_of(const SignedTextSchema& schema,
                                    std::span<const SignedField> fields) {
  std::size_t at = 0;
  for (const KeyRule& rule : schema.keys) {
    std::size_t count = 0;
    for (; at < fields.size() && fields[at].key == rule.key; ++at, ++count) {
      const auto fault = fault_of(fields[at].value, rule.type);
      if (fault) return std::string(rule.key) + ": " + *fault;
    }
    if (count < rule.min) return std::string(rule.key) + ": is missing or out of order";
    if (count > rule.max) {
      return std::string(rule.key) + ": appears more than " + std::to_string(rule.max) + " times";
    }
  }
  if (at == fields.size()) return std::nullopt;
  return "line " + std::to_string(at + 2) + ": unknown key, or key out of order";
}

// Takes one line off the front; nothing when there is no LF.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

Result<std::vector<SignedField>> split_fields(std::string_view lines) {
  std::vector<SignedField> fields;
  while (!lines.empty()) {
    const std::string number = std::to_string(fields.size() + 2);
    const auto line = take_line(lines);
    if (!line) return fail(ErrorCode::kCorrupt, "the last line does not end with LF");
    const auto colon = line->find(": ");
    if (colon == std::string_view::npos || colon == 0) {
      return fail(ErrorCode::kCorrupt, "line " + number + ": is not `key: value`");
    }
    fields.push_back({std::string(line->substr(0, colon)), std::string(line->substr(colon + 2))});
  }
  return fields;
}

// Splits what follows the empty line into blocks; each is BEGIN … END with nothing between them.
Result<std::vector<std::string>> split_blocks(std::string_view rest) {
  std::vector<std::string> blocks;
  const std::string end_line = "\n" + std::string(kSshsigEnd) + "\n";
  while (!rest.empty()) {
    const std::string number = std::to_string(blocks.size() + 1);
    if (blocks.size() == kMaxSignatures)
      return fail(ErrorCode::kCorrupt, "more than 16 signatures");
    if (!rest.starts_with(kSshsigBegin)) {
      return fail(ErrorCode::kCorrupt, "signature " + number + ": no BEGIN line where one must be");
    }
    const auto end = rest.find(end_line);
    if (end == std::string_view::npos) {
      return fail(ErrorCode::kCorrupt, "signature " + number + ": no END line");
    }
    const std::string_view block = rest.substr(0, end + end_line.size());
    auto decoded = parse_sshsig(block);
    if (!decoded) return fail(std::move(decoded).error().with_context("signature " + number));
    blocks.emplace_back(block);
    rest.remove_prefix(block.size());
  }
  if (blocks.empty()) return fail(ErrorCode::kCorrupt, "no signature");
  return blocks;
}

std::string title_of(const SignedTextSchema& schema) {
  return std::string(kTitlePrefix) + std::string(schema.kind) + std::string(kTitleSuffix) + "\n";
}

}  // namespace

std::string_view SignedText::value(std::string_view key) const {
  for (const SignedField& field : fields) {
    if (field.key == key) return field.value;
  }
  return {};
}

std::vector<std::string_view> SignedText::values(std::string_view key) const {
  std::vector<std::string_view> found;
  for (const SignedField& field : fields) {
    if (field.key == key) found.push_back(field.value);
  }
  return found;
}

Result<SignedText> parse_signed_body(std::string_view body, const SignedTextSchema& schema) {
  if (body.size() > kMaxSignedBody) {
    return fail(ErrorCode::kCorrupt, "the body is longer than 16 KiB");
  }
  const std::string title = title_of(schema);
  if (!body.starts_with(title)) {
    return fail(ErrorCode::kCorrupt, "line 1 is not " + title.substr(0, title.size() - 1));
  }
  ST_ASSIGN_OR_RETURN(auto fields, split_fields(body.substr(title.size())));
  if (const auto fault = fault_of(schema, fields)) return fail(ErrorCode::kCorrupt, *fault);
  return SignedText{std::string(schema.kind), std::string(body), std::move(fields), {}};
}

Result<SignedText> parse_signed_text(std::string_view text, const SignedTextSchema& schema) {
  if (text.size() > kMaxSignedText) return fail(ErrorCode::kCorrupt, "longer than 64 KiB");
  const auto end = text.find("\n\n");
  if (end == std::string_view::npos) {
    return fail(ErrorCode::kCorrupt, "no empty line between body and signatures");
  }
  ST_ASSIGN_OR_RETURN(SignedText parsed, parse_signed_body(text.substr(0, end + 1), schema));
  ST_ASSIGN_OR_RETURN(parsed.blocks, split_blocks(text.substr(end + 2)));
  return parsed;
}

Result<std::string> build_signed_body(const SignedTextSchema& schema,
                                      std::span<const SignedField> fields) {
  if (const auto fault = fault_of(schema, fields)) return fail(ErrorCode::kUsage, *fault);
  std::string body = title_of(schema);
  for (const SignedField& field : fields) body += field.key + ": " + field.value + "\n";
  if (body.size() > kMaxSignedBody) {
    return fail(ErrorCode::kUsage, "the text would be longer than 16 KiB");
  }
  return body;
}

std::string format_signed_text(std::string_view body, std::span<const std::string> blocks) {
  std::string text(body);
  text += '\n';
  for (const std::string& block : blocks) text += block;
  return text;
}

Result<std::string> read_signed_kind(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  const bool framed = line.size() < 64 && line.starts_with(kTitlePrefix) &&
                      line.ends_with(kTitleSuffix) &&
                      line.size() > kTitlePrefix.size() + kTitleSuffix.size();
  if (!framed) return fail(ErrorCode::kCorrupt, "line 1 is not `scopetrace-<kind> v1`");
  const auto kind =
      line.substr(kTitlePrefix.size(), line.size() - kTitlePrefix.size() - kTitleSuffix.size());
  const bool plain = std::all_of(kind.begin(), kind.end(),
                                 [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
  if (!plain) return fail(ErrorCode::kCorrupt, "line 1 is not `scopetrace-<kind> v1`");
  return std::string(kind);
}

}  // namespace scopetrace
