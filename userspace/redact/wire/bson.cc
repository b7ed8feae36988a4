// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/bson.h"

#include <array>
#include <bit>
#include <cstdint>

#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/wire/field_reader.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxDepth = 64;

enum Type : std::uint8_t {
  kEnd = 0x00,
  kDouble = 0x01,
  kString = 0x02,
  kDocument = 0x03,
  kArray = 0x04,
  kBinary = 0x05,
  kUndefined = 0x06,
  kObjectId = 0x07,
  kBoolean = 0x08,
  kDate = 0x09,
  kNull = 0x0a,
  kRegex = 0x0b,
  kPointer = 0x0c,
  kCode = 0x0d,
  kSymbol = 0x0e,
  kScopedCode = 0x0f,
  kInt32 = 0x10,
  kTimestamp = 0x11,
  kInt64 = 0x12,
  kDecimal = 0x13,
  kMinKey = 0xff,
  kMaxKey = 0x7f,
};

class BsonWriter {
 public:
  BsonWriter(bool secret_payload, WireText& text, std::string& out)
      : secret_payload_(secret_payload), text_(text), out_(out) {}
  bool write(std::string_view document);

 private:
  // An open document: where it ends, and the class that its values have because of its name.
  struct Level {
    std::size_t rest_behind = 0;
    std::string_view class_name;
    bool is_array = false;
    bool is_first = true;
  };

  bool open(FieldReader& fields, std::string_view class_name, bool is_array);
  void close(FieldReader& fields);
  bool write_element(std::uint8_t type, FieldReader& fields);
  void write_name(std::string_view name);
  void write_text(std::string_view name, std::string_view value, std::string_view class_name);
  void write_scalar(std::uint8_t type, FieldReader& fields);
  std::string_view class_of(std::string_view name) const;

  bool secret_payload_;
  WireText& text_;
  std::string& out_;
  std::array<Level, kMaxDepth> levels_;
  std::size_t depth_ = 0;
};

bool BsonWriter::write(std::string_view document) {
  FieldReader fields(document);
  if (!open(fields, {}, false)) return false;
  while (depth_ > 0 && fields.ok()) {
    const std::uint8_t type = fields.u8();
    if (!fields.ok()) return false;
    if (type == kEnd) {
      if (fields.rest().size() != levels_[depth_ - 1].rest_behind) return false;
      close(fields);
    } else if (!write_element(type, fields)) {
      return false;
    }
  }
  return fields.ok() && fields.empty();
}

bool BsonWriter::open(FieldReader& fields, std::string_view class_name, bool is_array) {
  const std::uint64_t size = fields.little(4);
  if (!fields.ok() || size < 5 || size - 4 > fields.rest().size() || depth_ == kMaxDepth)
    return false;
  levels_[depth_++] = {fields.rest().size() - static_cast<std::size_t>(size - 4), class_name,
                       is_array, true};
  out_ += is_array ? '[' : '{';
  return true;
}

void BsonWriter::close(FieldReader& /*fields*/) { out_ += levels_[--depth_].is_array ? ']' : '}'; }

bool BsonWriter::write_element(std::uint8_t type, FieldReader& fields) {
  const std::string_view name = fields.c_string();
  if (!fields.ok()) return false;
  Level& level = levels_[depth_ - 1];
  const std::string_view class_name =
      level.is_array || !level.class_name.empty() ? level.class_name : class_of(name);
  write_name(name);
  if (type == kDocument || type == kArray) return open(fields, class_name, type == kArray);
  if (type == kString || type == kCode || type == kSymbol) {
    const std::uint64_t size = fields.little(4);
    std::string_view value = fields.take(size);
    if (!fields.ok() || value.empty()) return false;
    value.remove_suffix(1);
    write_text(name, value, class_name);
    return true;
  }
  const bool is_secret = !class_name.empty() && type != kBoolean && type != kNull;
  const std::size_t shown = out_.size();
  const std::string_view before = fields.rest();
  write_scalar(type, fields);
  if (!fields.ok()) return false;
  if (is_secret) {
    out_.resize(shown);
    write_text(name, before.substr(0, before.size() - fields.rest().size()), class_name);
  }
  return true;
}

void BsonWriter::write_name(std::string_view name) {
  Level& level = levels_[depth_ - 1];
  if (!level.is_first) out_ += ',';
  level.is_first = false;
  if (level.is_array) return;
  out_ += '"';
  out_ += is_readable(name) ? escape_json(name) : binary_note(name.size());
  out_ += "\":";
}

void BsonWriter::write_text(std::string_view name, std::string_view value,
                            std::string_view class_name) {
  out_ += '"';
  if (!class_name.empty() && !value.empty()) {
    out_ += text_.scanner().replace(class_name, value);
  } else {
    out_ += is_readable(value) ? escape_json(text_.scanner().redact_named(name, value))
                               : binary_note(value.size());
  }
  out_ += '"';
}

void BsonWriter::write_scalar(std::uint8_t type, FieldReader& fields) {
  switch (type) {
    case kDouble:
      out_ += std::to_string(std::bit_cast<double>(fields.little(8)));
      return;
    case kInt32:
      out_ += std::to_string(static_cast<std::int32_t>(fields.little(4)));
      return;
    case kInt64:
    case kDate:
    case kTimestamp:
      out_ += std::to_string(static_cast<std::int64_t>(fields.little(8)));
      return;
    case kBoolean:
      out_ += fields.u8() != 0 ? "true" : "false";
      return;
    case kObjectId:
      out_ += '"' + to_hex(as_bytes(fields.take(12))) + '"';
      return;
    case kBinary: {
      const std::uint64_t size = fields.little(4);
      fields.take(1 + size);
      out_ += '"' + binary_note(size) + '"';
      return;
    }
    case kRegex:
      out_ += '"' + escape_json(text_.scanner().redact(fields.c_string())) + '"';
      fields.c_string();
      return;
    case kDecimal:
      fields.take(16);
      out_ += "\"[decimal]\"";
      return;
    case kNull:
    case kUndefined:
    case kMinKey:
    case kMaxKey:
      out_ += "null";
      return;
    default:
      fields.fail();  // deprecated kinds end the text
  }
}

std::string_view BsonWriter::class_of(std::string_view name) const {
  if (secret_payload_ && (name == "payload" || name == "key")) return "generic-password";
  return text_.class_of(name);
}

}  // namespace

bool redact_bson(std::string_view document, bool secret_payload, WireText& text, std::string& out) {
  return BsonWriter(secret_payload, text, out).write(document);
}

std::string_view first_bson_name(std::string_view document) {
  FieldReader fields(document);
  fields.take(5);  // length, type
  const std::string_view name = fields.c_string();
  return name.size() <= 64 ? name : std::string_view();
}

}  // namespace scopetrace
