// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/ldap.h"

#include <array>
#include <optional>
#include <string>

#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/wire/field_reader.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {
namespace {

constexpr std::uint8_t kBoolean = 0x01, kInteger = 0x02, kEnumerated = 0x0a, kSequence = 0x30;
constexpr std::uint8_t kBindRequest = 0x60, kBindResponse = 0x61, kExtendedRequest = 0x77;
constexpr std::uint8_t kSimple = 0x80, kSasl = 0xa3;  // choices of a bind
constexpr std::uint8_t kConstructed = 0x20;
constexpr std::size_t kMaxDepth = 16;
constexpr std::string_view kPasswordModify = "1.3.6.1.4.1.4203.1.11.1";

// [APPLICATION n] of protocolOp.
struct Operation {
  std::uint8_t tag;
  std::string_view name;
};
constexpr Operation kOperations[] = {{kBindRequest, "BindRequest"},
                                     {kBindResponse, "BindResponse"},
                                     {0x42, "UnbindRequest"},
                                     {0x63, "SearchRequest"},
                                     {0x64, "SearchResultEntry"},
                                     {0x65, "SearchResultDone"},
                                     {0x66, "ModifyRequest"},
                                     {0x67, "ModifyResponse"},
                                     {0x68, "AddRequest"},
                                     {0x69, "AddResponse"},
                                     {0x4a, "DelRequest"},
                                     {0x6b, "DelResponse"},
                                     {0x6c, "ModifyDNRequest"},
                                     {0x6d, "ModifyDNResponse"},
                                     {0x6e, "CompareRequest"},
                                     {0x6f, "CompareResponse"},
                                     {0x50, "AbandonRequest"},
                                     {0x73, "SearchResultReference"},
                                     {kExtendedRequest, "ExtendedRequest"},
                                     {0x78, "ExtendedResponse"},
                                     {0x79, "IntermediateResponse"}};

struct Element {
  std::uint8_t tag = 0;
  std::string_view content;
};

// The length behind a tag: how many bytes it takes, and what it says. Nothing when it is not whole;
// a form that LDAP does not have says more than any message has.
struct Length {
  std::size_t bytes;
  std::uint64_t value;
};
std::optional<Length> read_length(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  if (first < 0x80) return Length{1, first};
  const std::size_t count = first & 0x7fU;
  if (count == 0 || count > 4) return Length{1, ~std::uint64_t{0}};
  if (bytes.size() <= count) return std::nullopt;
  return Length{1 + count, FieldReader(bytes.substr(1)).big(count)};
}

Element take_element(FieldReader& fields) {
  const std::uint8_t tag = fields.u8();
  const auto length = read_length(fields.rest());
  if (!fields.ok() || !length) {
    fields.fail();
    return {};
  }
  fields.take(length->bytes);
  return {tag, fields.take(length->value)};
}

// The strings of an element in order, whatever its structure: a name decides over all that stands
// beside it or deeper, as in {type, values} of an attribute and {attribute, value} of a filter.
class StringWalk {
 public:
  explicit StringWalk(WireText& out) : out_(out) {}
  void walk(std::string_view content);

 private:
  struct Level {
    FieldReader fields{{}};
    std::string_view name;  // the string before; at the begin that of the outer level
  };

  void take(const Element& element);
  void tell(std::string_view string);

  WireText& out_;
  std::array<Level, kMaxDepth> levels_;
  std::size_t depth_ = 0;
};

void StringWalk::walk(std::string_view content) {
  levels_[depth_++] = {FieldReader(content), {}};
  while (depth_ > 0) {
    FieldReader& fields = levels_[depth_ - 1].fields;
    if (fields.empty()) {
      --depth_;
      continue;
    }
    const Element element = take_element(fields);
    if (fields.ok()) {
      take(element);
    } else {
      out_.word("[malformed]");
    }
  }
}

void StringWalk::take(const Element& element) {
  if (element.tag == kInteger || element.tag == kEnumerated || element.tag == kBoolean) return;
  if ((element.tag & kConstructed) == 0) return tell(element.content);
  if (depth_ == kMaxDepth) return out_.binary(element.content.size());
  levels_[depth_] = {FieldReader(element.content), levels_[depth_ - 1].name};
  ++depth_;
}

// A name that is secret stays in force for its level; another is only the next value's.
void StringWalk::tell(std::string_view string) {
  Level& level = levels_[depth_ - 1];
  const std::string_view class_name = out_.class_of(level.name.substr(0, level.name.find(';')));
  if (!class_name.empty()) return out_.secret({}, string, class_name);
  level.name = string;
  out_.value(string);
}

class Ldap final : public WireProtocol {
 public:
  Extent extent(std::string_view begin) const override;
  void tell(std::string_view message, WireText& out) override;

 private:
  static void tell_operation(const Element& operation, WireText& out);
  static void tell_bind(std::string_view content, WireText& out);
  static void tell_extended(std::string_view content, WireText& out);
};

Extent Ldap::extent(std::string_view begin) const {
  if (begin.empty()) return Extent::needs_more();
  if (static_cast<std::uint8_t>(begin[0]) != kSequence) return Extent::broken();
  const auto length = read_length(begin.substr(1));
  if (!length) return Extent::needs_more();
  if (length->value > (1U << 30)) return Extent::broken();
  return Extent::of(1 + length->bytes + static_cast<std::size_t>(length->value));
}

void Ldap::tell(std::string_view message, WireText& out) {
  FieldReader outer(message);
  FieldReader fields(take_element(outer).content);
  const Element id = take_element(fields);
  const Element operation = take_element(fields);
  if (!fields.ok() || id.tag != kInteger) {
    out.withhold(message.size());
    return;
  }
  tell_operation(operation, out);
  if (!fields.empty()) out.binary(fields.rest().size());  // controls
  out.end();
}

void Ldap::tell_operation(const Element& operation, WireText& out) {
  std::string_view name = "(operation)";
  for (const Operation& known : kOperations) {
    if (known.tag == operation.tag) name = known.name;
  }
  out.begin(name);
  if (operation.tag == kBindRequest) return tell_bind(operation.content, out);
  if (operation.tag == kExtendedRequest) return tell_extended(operation.content, out);
  if (operation.tag == kBindResponse) return out.binary(operation.content.size());
  if ((operation.tag & kConstructed) == 0) return out.value(operation.content);
  StringWalk(out).walk(operation.content);
}

void Ldap::tell_bind(std::string_view content, WireText& out) {
  FieldReader fields(content);
  take_element(fields);  // version
  out.field("name", take_element(fields).content);
  const Element choice = take_element(fields);
  if (choice.tag != kSasl) return out.secret("password", choice.content);
  FieldReader sasl(choice.content);
  out.field("mechanism", take_element(sasl).content);
  out.secret("credentials", take_element(sasl).content);
}

// Password modify names a user, [1] the old and [2] the new password.
void Ldap::tell_extended(std::string_view content, WireText& out) {
  FieldReader fields(content);
  const std::string_view oid = take_element(fields).content;
  out.field("oid", oid);
  const std::string_view value = take_element(fields).content;
  if (oid != kPasswordModify) return out.binary(value.size());
  FieldReader outer(value);
  FieldReader parts(take_element(outer).content);
  while (parts.ok() && !parts.empty()) {
    const Element part = take_element(parts);
    if (part.tag == kSimple) {
      out.field("user", part.content);
    } else {
      out.secret("password", part.content);
    }
  }
}

}  // namespace

// A sequence that holds a small integer and an operation.
Match match_ldap(std::string_view begin) {
  if (begin.empty()) return Match::kMaybe;
  if (static_cast<std::uint8_t>(begin[0]) != kSequence) return Match::kNo;
  const auto length = read_length(begin.substr(1));
  if (!length) return Match::kMaybe;
  if (length->value > (1U << 24) || length->value < 5) return Match::kNo;
  FieldReader fields(begin.substr(1 + length->bytes));
  if (fields.rest().size() < 2) return Match::kMaybe;
  if (fields.u8() != kInteger) return Match::kNo;
  const std::uint8_t id_size = fields.u8();
  if (id_size == 0 || id_size > 4) return Match::kNo;
  if (fields.rest().size() <= id_size) return Match::kMaybe;
  fields.take(id_size);
  const std::uint8_t tag = fields.u8();
  for (const Operation& known : kOperations) {
    if (known.tag == tag) return Match::kYes;
  }
  return Match::kNo;
}

std::unique_ptr<WireProtocol> make_ldap() { return std::make_unique<Ldap>(); }

}  // namespace scopetrace
