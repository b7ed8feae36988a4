// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/amqp.h"

#include <string>

#include "userspace/redact/wire/field_reader.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {
namespace {

constexpr std::string_view kProtocolHeader("AMQP\0\0\x09\x01", 8);
constexpr std::size_t kFrameHeader = 7;  // type, channel, size
constexpr char kFrameEnd = '\xce';
constexpr std::uint8_t kMethod = 1, kContentHeader = 2, kBody = 3, kHeartbeat = 8;

// Class and method, as one number.
constexpr std::uint64_t kStartOk = 10 << 16 | 11, kSecureOk = 10 << 16 | 21,
                        kUpdateSecret = 10 << 16 | 70, kOpen = 10 << 16 | 40,
                        kPublish = 60 << 16 | 40;

class Amqp final : public WireProtocol {
 public:
  Extent extent(std::string_view begin) const override;
  void tell(std::string_view message, WireText& out) override;

 private:
  static void tell_method(FieldReader& fields, WireText& out);
  static void tell_start_ok(FieldReader& fields, WireText& out);
};

Extent Amqp::extent(std::string_view begin) const {
  if (begin.starts_with('A')) {
    const bool fits = kProtocolHeader.starts_with(begin.substr(0, kProtocolHeader.size()));
    if (!fits) return Extent::broken();
    return Extent::of(kProtocolHeader.size());
  }
  if (begin.size() < kFrameHeader) return Extent::needs_more();
  FieldReader fields(begin);
  const std::uint8_t type = fields.u8();
  fields.take(2);
  const bool is_type = type == kHeartbeat || (type >= kMethod && type <= kBody);
  return is_type ? Extent::of(kFrameHeader + fields.big(4) + 1) : Extent::broken();
}

void Amqp::tell(std::string_view message, WireText& out) {
  if (message == kProtocolHeader) {
    out.begin("ProtocolHeader");
    return out.end();
  }
  const auto type = static_cast<std::uint8_t>(message[0]);
  if (!message.ends_with(kFrameEnd)) return out.withhold(message.size());
  FieldReader fields(message.substr(kFrameHeader, message.size() - kFrameHeader - 1));
  if (type == kMethod) {
    tell_method(fields, out);
  } else {
    out.begin(type == kBody ? "Body" : type == kContentHeader ? "ContentHeader" : "Heartbeat");
    if (type == kBody) out.field("body", fields.rest());
    if (type == kContentHeader) out.runs(fields.rest());
  }
  out.end();
}

void Amqp::tell_method(FieldReader& fields, WireText& out) {
  const std::uint64_t method = fields.big(4);
  if (method == kStartOk) return tell_start_ok(fields, out);
  if (method == kSecureOk || method == kUpdateSecret) {
    out.begin(method == kSecureOk ? "Connection.SecureOk" : "Connection.UpdateSecret");
    return out.secret("response", fields.counted(4), "basic-auth");
  }
  if (method == kOpen) {
    out.begin("Connection.Open");
    return out.field("vhost", fields.counted(1));
  }
  if (method == kPublish) {
    out.begin("Basic.Publish");
    fields.take(2);
    out.field("exchange", fields.counted(1));
    return out.field("destination", fields.counted(1));
  }
  out.begin("Method");
  out.word(std::to_string(method >> 16) + "." + std::to_string(method & 0xffff));
  if (!fields.empty()) out.runs(fields.rest());
}

// Properties, mechanism, response, locale. The response of AMQPLAIN is a table without a length of
// its fields that would be public: all of it is secret.
void Amqp::tell_start_ok(FieldReader& fields, WireText& out) {
  out.begin("Connection.StartOk");
  const std::string_view properties = fields.counted(4);
  out.field("mechanism", fields.counted(1));
  out.secret("response", fields.counted(4), "basic-auth");
  out.runs(properties);
  if (!fields.ok()) out.word("[malformed]");
}

}  // namespace

Match match_amqp(std::string_view begin) {
  if (begin.starts_with(kProtocolHeader)) return Match::kYes;
  return kProtocolHeader.starts_with(begin) ? Match::kMaybe : Match::kNo;
}

std::unique_ptr<WireProtocol> make_amqp() { return std::make_unique<Amqp>(); }

}  // namespace scopetrace
