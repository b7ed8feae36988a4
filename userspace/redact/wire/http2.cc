// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/http2.h"

#include "userspace/redact/wire/field_reader.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t kFrameHeader = 9;
constexpr std::size_t kSettingBytes = 6;
constexpr std::uint8_t kSettings = 4;
constexpr std::string_view kKinds[] = {"DATA",          "HEADERS",      "PRIORITY", "RST_STREAM",
                                       "SETTINGS",      "PUSH_PROMISE", "PING",     "GOAWAY",
                                       "WINDOW_UPDATE", "CONTINUATION"};

class Http2 final : public WireProtocol {
 public:
  Extent extent(std::string_view begin) const override {
    if (begin.starts_with(kPreface.substr(0, 3))) return Extent::of(kPreface.size());
    if (begin.size() < kFrameHeader) return Extent::needs_more();
    return Extent::of(kFrameHeader + FieldReader(begin).big(3));
  }
  void tell(std::string_view message, WireText& out) override {
    if (message == kPreface) {
      out.begin("PREFACE");
      return out.end();
    }
    const auto type = static_cast<std::uint8_t>(message[3]);
    out.begin(type < std::size(kKinds) ? kKinds[type] : "FRAME");
    out.binary(message.size() - kFrameHeader);
    out.end();
  }
};

}  // namespace

Match match_http2(std::string_view begin) {
  const Match preface = match_any(begin, {kPreface});
  if (preface != Match::kNo || begin.empty()) return preface;
  const std::string_view head = begin.substr(0, 2);  // of a length that is small
  if (head != std::string_view("\0\0", head.size())) return Match::kNo;
  if (begin.size() < kFrameHeader) return Match::kMaybe;
  FieldReader fields(begin);
  const std::uint64_t length = fields.big(3);
  const bool is_settings = fields.u8() == kSettings && fields.u8() == 0 && fields.big(4) == 0;
  return is_settings && length % kSettingBytes == 0 && length <= 32 * kSettingBytes ? Match::kYes
                                                                                    : Match::kNo;
}

std::unique_ptr<WireProtocol> make_http2() { return std::make_unique<Http2>(); }

}  // namespace scopetrace
