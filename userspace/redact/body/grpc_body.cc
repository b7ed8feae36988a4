// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/grpc_body.h"

#include "userspace/base/bytes.h"
#include "userspace/redact/body/content.h"
#include "userspace/redact/body/http_head_text.h"
#include "userspace/redact/body/inner_coding.h"
#include "userspace/redact/body/protobuf_body.h"
#include "userspace/redact/body/transfer_encoding.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kPrefix = 5;
constexpr unsigned kCompressed = 1;
constexpr unsigned kTrailers = 0x80;

struct GrpcFrame {
  unsigned flags = 0;
  std::string_view content;
  bool is_cut = false;
};

std::optional<GrpcFrame> take_frame(std::string_view& rest, bool may_be_cut) {
  if (rest.size() < kPrefix) return std::nullopt;
  GrpcFrame frame;
  frame.flags = static_cast<unsigned char>(rest[0]);
  ByteReader reader(as_bytes(rest.substr(1, 4)));
  const std::size_t size = *reader.read_be32();
  if ((frame.flags & ~(kCompressed | kTrailers)) != 0) return std::nullopt;
  frame.is_cut = size > rest.size() - kPrefix;
  if (frame.is_cut && !may_be_cut) return std::nullopt;
  frame.content = rest.substr(kPrefix, size);
  rest.remove_prefix(kPrefix + frame.content.size());
  return frame;
}

bool is_framed(std::string_view bytes, bool may_be_cut) {
  if (bytes.empty()) return false;
  while (!bytes.empty()) {
    if (!take_frame(bytes, may_be_cut)) return false;
  }
  return true;
}

class Frames {
 public:
  Frames(TextScanner& scanner, std::string_view encoding, BodyOptions options)
      : scanner_(scanner), encoding_(encoding), options_(options) {}

  std::string run(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto frame = take_frame(bytes, options_.is_cut);
      if (!frame) break;
      add(*frame);
    }
    return std::move(out_);
  }

 private:
  void add(const GrpcFrame& frame) {
    const bool is_trailers = (frame.flags & kTrailers) != 0;
    out_ += is_trailers ? "trailers {\n" : "message {\n";
    if (frame.is_cut) {
      out_ += withheld_mark(frame.content.size(), "message broke off") + "\n";
    } else if ((frame.flags & kCompressed) != 0) {
      add_compressed(frame.content, is_trailers);
    } else {
      add_content(frame.content, is_trailers);
    }
    out_ += "}\n";
  }
  void add_compressed(std::string_view content, bool is_trailers) {
    const HttpBody body =
        decode_inner(content, encoding_.empty() ? "gzip" : encoding_, options_.inner());
    if (body.state == BodyState::kComplete) return add_content(body.content, is_trailers);
    out_ += withheld_mark(content.size(), body.reason) + "\n";
  }
  void add_content(std::string_view content, bool is_trailers) {
    if (content.empty()) return;
    if (is_trailers) {
      if (!options_.as_shape) redact_field_lines(scanner_, content, out_);
      return;
    }
    BodyOptions inner = options_.inner();
    inner.is_cut = false;
    if (auto message = redact_protobuf(scanner_, content, inner)) {
      out_ += *message;
      return;
    }
    const RedactedContent other = redact_content(scanner_, content, {}, inner);
    out_ += (other.withheld.empty() ? other.text : withheld_mark(content.size(), other.withheld)) +
            "\n";
  }

  TextScanner& scanner_;
  std::string_view encoding_;
  BodyOptions options_;
  std::string out_;
};

}  // namespace

std::optional<std::string> redact_grpc(TextScanner& scanner, std::string_view bytes,
                                       std::string_view encoding, BodyOptions options) {
  if (!is_framed(bytes, options.is_cut)) return std::nullopt;
  return Frames(scanner, encoding, options).run(bytes);
}

}  // namespace scopetrace
