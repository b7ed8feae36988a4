// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/protobuf_body.h"

#include <algorithm>
#include <vector>

#include "userspace/redact/body/member.h"
#include "userspace/redact/body/transfer_encoding.h"
#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxNesting = 32;
constexpr std::size_t kMaxFieldNumber = 4096;  // of fields that messages have in practice
constexpr std::uint64_t kMaxVarintBytes = 10;
constexpr std::size_t kMinOpaque = 24;     // of a text that mixes cases and digits
constexpr std::size_t kMinOpaqueAny = 32;  // of every other mix of letters and digits
constexpr std::size_t kUuid = 36;

enum class Wire : unsigned { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct ProtoField {
  std::uint64_t number = 0;
  Wire wire = Wire::kVarint;
  std::uint64_t value = 0;  // of numbers
  std::string_view bytes;   // of kBytes
};

std::optional<std::uint64_t> take_varint(std::string_view& rest) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(rest.size(), kMaxVarintBytes); ++i) {
    const auto byte = static_cast<unsigned char>(rest[i]);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) != 0) continue;
    rest.remove_prefix(i + 1);
    return value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> take_fixed(std::string_view& rest, std::size_t size) {
  if (rest.size() < size) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i) {
    value = value << 8 | static_cast<unsigned char>(rest[i - 1]);
  }
  rest.remove_prefix(size);
  return value;
}

std::optional<ProtoField> take_field(std::string_view& rest) {
  const auto tag = take_varint(rest);
  if (!tag || *tag >> 3 == 0 || *tag >> 3 > kMaxFieldNumber) return std::nullopt;
  ProtoField field;
  field.number = *tag >> 3;
  field.wire = static_cast<Wire>(*tag & 7);
  std::optional<std::uint64_t> value;
  switch (field.wire) {
    case Wire::kVarint:
    case Wire::kBytes:
      value = take_varint(rest);
      break;
    case Wire::kFixed64:
      value = take_fixed(rest, 8);
      break;
    case Wire::kFixed32:
      value = take_fixed(rest, 4);
      break;
    default:
      return std::nullopt;  // groups are no longer written
  }
  if (!value) return std::nullopt;
  field.value = *value;
  if (field.wire != Wire::kBytes) return field;
  if (*value > rest.size()) return std::nullopt;
  field.bytes = rest.substr(0, *value);
  rest.remove_prefix(*value);
  return field;
}

bool is_message(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!take_field(bytes)) return false;
  }
  return true;
}

bool is_plain_text(std::string_view bytes) {
  return is_readable(bytes) && std::none_of(bytes.begin(), bytes.end(), [](char c) {
           return (c >= 0 && c < 0x20) || c == 0x7f;
         });
}

// Text without control characters other than line ends and tabs.
bool is_lines(std::string_view bytes) {
  return is_readable(bytes) && std::none_of(bytes.begin(), bytes.end(), [](char c) {
           return (c >= 0 && c < 0x20 && !is_space(c)) || c == 0x7f;
         });
}

// A text as random as a key, in a message whose fields have no names that could tell.
bool is_opaque(std::string_view text) {
  if (text.size() < kMinOpaque || !has_digit(text) || !has_letter(text)) return false;
  const bool is_token = std::all_of(text.begin(), text.end(),
                                    [](char c) { return is_alnum(c) || is_in(c, "-_+/=~"); });
  const bool is_uuid = text.size() == kUuid && text[8] == '-' && text[13] == '-';
  if (!is_token || is_uuid || count_digits(text) == text.size()) return false;
  const bool is_mixed = std::any_of(text.begin(), text.end(), is_upper) &&
                        std::any_of(text.begin(), text.end(), is_lower);
  return is_mixed || text.size() >= kMinOpaqueAny;
}

enum class Content { kText, kMessage, kBinary };

Content content_of(std::string_view bytes, std::size_t depth) {
  if (bytes.empty() || is_plain_text(bytes)) return Content::kText;
  if (depth < kMaxNesting && is_message(bytes)) return Content::kMessage;
  return is_lines(bytes) ? Content::kText : Content::kBinary;
}

// A message that is being printed.
struct Frame {
  std::string_view rest;
  std::string_view said;  // the last text field: maybe the name of the next
  std::uint64_t said_number = 0;
};

class Printer {
 public:
  Printer(TextScanner& scanner, BodyOptions options) : scanner_(scanner), options_(options) {}

  std::string run(std::string_view bytes) {
    stack_.push_back({bytes, {}, 0});
    while (!stack_.empty()) {
      if (stack_.back().rest.empty()) {
        stack_.pop_back();
        if (!stack_.empty()) line("}");
        continue;
      }
      const auto field = take_field(stack_.back().rest);
      if (!field) break;  // not reached: checked before
      print(*field);
    }
    return std::move(out_);
  }

 private:
  void line(std::string_view text) {
    if (!stack_.empty()) out_.append(2 * (stack_.size() - 1), ' ');
    out_.append(text).append("\n");
  }

  void print(const ProtoField& field) {
    const std::string label = std::to_string(field.number);
    if (field.wire != Wire::kBytes) return line(label + ": " + number(field));
    const Content content = content_of(field.bytes, stack_.size());
    if (content == Content::kMessage) {
      line(label + " {");
      stack_.push_back({field.bytes, {}, 0});
      return;
    }
    if (content == Content::kBinary) {
      return line(label + ": " + binary_mark(field.bytes.size()));
    }
    line(label + ": \"" + escape_json(text(field)) + '"');
    stack_.back().said = field.bytes;
    stack_.back().said_number = field.number;
  }

  std::string number(const ProtoField& field) {
    if (options_.as_shape) return "number";
    const std::string digits = std::to_string(field.value);
    const std::string safe = redact_named(field, digits);
    return safe == digits ? digits : '"' + safe + '"';
  }
  std::string text(const ProtoField& field) {
    if (options_.as_shape) return "string";
    std::string safe = redact_named(field, field.bytes);
    const bool is_key = safe == field.bytes && is_opaque(field.bytes);
    return is_key ? scanner_.replace("opaque", field.bytes) : safe;
  }
  // By the text field before it, when that is a name.
  std::string redact_named(const ProtoField& field, std::string_view value) {
    const Frame& frame = stack_.back();
    const bool is_named = !frame.said.empty() && frame.said_number != field.number;
    return redact_member(scanner_, is_named ? frame.said : std::string_view(), value, options_);
  }

  TextScanner& scanner_;
  BodyOptions options_;
  std::vector<Frame> stack_;
  std::string out_;
};

}  // namespace

std::optional<std::string> redact_protobuf(TextScanner& scanner, std::string_view bytes,
                                           BodyOptions options) {
  if (bytes.empty() || !is_message(bytes)) return std::nullopt;
  return Printer(scanner, options).run(bytes);
}

bool looks_like_protobuf(std::string_view bytes) {
  constexpr std::size_t kMinText = 3;
  if (!is_message(bytes)) return false;
  while (!bytes.empty()) {
    const auto field = take_field(bytes);
    if (!field) return false;
    if (field->wire == Wire::kBytes && field->bytes.size() >= kMinText &&
        content_of(field->bytes, 0) != Content::kBinary) {
      return true;
    }
  }
  return false;
}

}  // namespace scopetrace
