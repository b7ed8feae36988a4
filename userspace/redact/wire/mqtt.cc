// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/mqtt.h"

#include <optional>
#include <string>

#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/wire/field_reader.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {
namespace {

constexpr std::uint8_t kConnect = 1, kConnack = 2, kPublish = 3, kAuth = 15;
constexpr std::uint8_t kHasUser = 0x80, kHasPassword = 0x40, kHasWill = 0x04;
constexpr std::uint8_t kVersion5 = 5;

// Properties of version 5: how their values are written.
enum class Form { kByte, kShort, kLong, kVarint, kText, kPair };
struct Property {
  std::uint8_t id;
  std::string_view name;
  Form form;
};
constexpr std::uint8_t kAuthData = 0x16;
constexpr Property kProperties[] = {{0x01, "payload_format", Form::kByte},
                                    {0x02, "expiry", Form::kLong},
                                    {0x03, "content_type", Form::kText},
                                    {0x08, "response_topic", Form::kText},
                                    {0x09, "correlation_data", Form::kText},
                                    {0x0b, "subscription", Form::kVarint},
                                    {0x11, "session_expiry", Form::kLong},
                                    {0x12, "client", Form::kText},
                                    {0x13, "keep_alive", Form::kShort},
                                    {0x15, "auth_method", Form::kText},
                                    {kAuthData, "auth_data", Form::kText},
                                    {0x17, "problem_information", Form::kByte},
                                    {0x18, "will_delay", Form::kLong},
                                    {0x19, "response_information", Form::kByte},
                                    {0x1a, "response_info", Form::kText},
                                    {0x1c, "server", Form::kText},
                                    {0x1f, "reason", Form::kText},
                                    {0x21, "receive_maximum", Form::kShort},
                                    {0x22, "topic_alias_maximum", Form::kShort},
                                    {0x23, "topic_alias", Form::kShort},
                                    {0x24, "maximum_qos", Form::kByte},
                                    {0x25, "retain", Form::kByte},
                                    {0x26, "user_property", Form::kPair},
                                    {0x27, "packet_maximum", Form::kLong},
                                    {0x28, "wildcard", Form::kByte},
                                    {0x29, "subscription_ids", Form::kByte},
                                    {0x2a, "shared", Form::kByte}};

// The variable length: its bytes and value. Nothing when it is not whole.
struct Length {
  std::size_t bytes;
  std::uint64_t value;
};
constexpr std::size_t kMaxLengthBytes = 4;
std::optional<Length> read_length(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size() && i < kMaxLengthBytes; ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    value |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if ((byte & 0x80U) == 0) return Length{i + 1, value};
  }
  return std::nullopt;
}

std::uint64_t take_length(FieldReader& fields) {
  const auto length = read_length(fields.rest());
  if (!length) fields.fail();
  return length ? (fields.take(length->bytes), length->value) : 0;
}

void tell_property(const Property& property, FieldReader& fields, WireText& out) {
  switch (property.form) {
    case Form::kByte:
      fields.take(1);
      return;
    case Form::kShort:
      fields.take(2);
      return;
    case Form::kLong:
      fields.take(4);
      return;
    case Form::kVarint:
      take_length(fields);
      return;
    case Form::kText: {
      const std::string_view value = fields.counted(2);
      if (property.id == kAuthData) return out.secret(property.name, value);
      return out.field(property.name, value);
    }
    case Form::kPair: {
      const std::string_view name = fields.counted(2);
      const std::string_view value = fields.counted(2);
      if (fields.ok()) out.field(name, value);
    }
  }
}

void tell_properties(FieldReader& fields, WireText& out) {
  FieldReader properties(fields.take(take_length(fields)));
  while (properties.ok() && !properties.empty()) {
    const std::uint8_t id = properties.u8();
    const Property* known = nullptr;
    for (const Property& property : kProperties) {
      if (property.id == id) known = &property;
    }
    if (known == nullptr) return out.binary(properties.rest().size());
    tell_property(*known, properties, out);
  }
}

class Mqtt final : public WireProtocol {
 public:
  Extent extent(std::string_view begin) const override {
    if (begin.size() < 2) return Extent::needs_more();
    const auto length = read_length(begin.substr(1));
    if (length) return Extent::of(1 + length->bytes + static_cast<std::size_t>(length->value));
    return begin.size() > kMaxLengthBytes ? Extent::broken() : Extent::needs_more();
  }
  void tell(std::string_view message, WireText& out) override;

 private:
  void tell_connect(FieldReader& fields, WireText& out);
  void tell_will(FieldReader& fields, WireText& out) const;
  void tell_publish(std::uint8_t flags, FieldReader& fields, WireText& out) const;

  // Version 5 has properties. A server's side shows its version by the length of CONNACK.
  bool has_properties_ = false;
};

void Mqtt::tell(std::string_view message, WireText& out) {
  static constexpr std::string_view kNames[] = {"(0)",       "CONNECT",  "CONNACK",     "PUBLISH",
                                                "PUBACK",    "PUBREC",   "PUBREL",      "PUBCOMP",
                                                "SUBSCRIBE", "SUBACK",   "UNSUBSCRIBE", "UNSUBACK",
                                                "PINGREQ",   "PINGRESP", "DISCONNECT",  "AUTH"};
  const auto first = static_cast<std::uint8_t>(message[0]);
  const std::uint8_t type = first >> 4U;
  FieldReader fields(message.substr(1));
  take_length(fields);
  out.begin(kNames[type]);
  if (type == kConnect) {
    tell_connect(fields, out);
  } else if (type == kPublish) {
    tell_publish(first & 0x0fU, fields, out);
  } else if (type == kAuth) {
    if (!fields.empty()) fields.take(1);  // reason
    if (!fields.empty()) tell_properties(fields, out);
  } else {
    if (type == kConnack) has_properties_ = fields.rest().size() > 2;
    out.runs(fields.rest());
  }
  out.end();
}

void Mqtt::tell_connect(FieldReader& fields, WireText& out) {
  fields.counted(2);  // name of the protocol
  const std::uint8_t version = fields.u8();
  const std::uint8_t flags = fields.u8();
  fields.take(2);  // keep alive
  has_properties_ = version >= kVersion5;
  if (has_properties_) tell_properties(fields, out);
  out.field("client", fields.counted(2));
  if ((flags & kHasWill) != 0) tell_will(fields, out);
  if ((flags & kHasUser) != 0) out.field("user", fields.counted(2));
  if ((flags & kHasPassword) != 0) out.secret("password", fields.counted(2));
  if (!fields.ok()) out.word("[malformed]");
}

void Mqtt::tell_will(FieldReader& fields, WireText& out) const {
  if (has_properties_) tell_properties(fields, out);
  out.field("will_topic", fields.counted(2));
  out.field("will", fields.counted(2));
}

void Mqtt::tell_publish(std::uint8_t flags, FieldReader& fields, WireText& out) const {
  const std::string_view topic = fields.counted(2);
  out.field("topic", topic);
  if ((flags & 0x06U) != 0) fields.take(2);  // packet id, with quality of service
  if (has_properties_) tell_properties(fields, out);
  if (!fields.empty()) out.field("payload", fields.take_all());
}

}  // namespace

Match match_mqtt(std::string_view begin) {
  if (begin.empty()) return Match::kMaybe;
  if (begin[0] != '\x10') return Match::kNo;
  if (begin.size() < 2) return Match::kMaybe;
  const auto length = read_length(begin.substr(1));
  if (!length) return begin.size() > kMaxLengthBytes ? Match::kNo : Match::kMaybe;
  static constexpr std::string_view kName4("\0\4MQTT", 6);
  static constexpr std::string_view kName3("\0\6MQIsdp", 8);
  const std::string_view rest = begin.substr(1 + length->bytes);
  if (rest.starts_with(kName4) || rest.starts_with(kName3)) return Match::kYes;
  return kName4.starts_with(rest) || kName3.starts_with(rest) ? Match::kMaybe : Match::kNo;
}

// Flags are 0 or 1; a reason is below 6 or, in version 5, from 0x80 on.
Match match_mqtt_server(std::string_view begin) {
  if (begin.empty()) return Match::kMaybe;
  if (begin[0] != '\x20') return Match::kNo;
  if (begin.size() < 2) return Match::kMaybe;
  const auto length = static_cast<std::uint8_t>(begin[1]);
  if (length < 2 || length >= 0x7f || length == ' ') return Match::kNo;
  if (begin.size() < 4) return Match::kMaybe;
  const auto reason = static_cast<std::uint8_t>(begin[3]);
  const bool is_flags = begin[2] == '\0' || begin[2] == '\1';
  return is_flags && (reason < 6 || reason >= 0x80) ? Match::kYes : Match::kNo;
}

std::unique_ptr<WireProtocol> make_mqtt() { return std::make_unique<Mqtt>(); }

}  // namespace scopetrace
