// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/content.h"

#include <algorithm>
#include <array>

#include "userspace/redact/body/event_stream.h"
#include "userspace/redact/body/form.h"
#include "userspace/redact/body/graphql.h"
#include "userspace/redact/body/grpc_body.h"
#include "userspace/redact/body/inner_coding.h"
#include "userspace/redact/body/json_text.h"
#include "userspace/redact/body/member.h"
#include "userspace/redact/body/multipart.h"
#include "userspace/redact/body/protobuf_body.h"
#include "userspace/redact/body/transfer_encoding.h"
#include "userspace/redact/body/xml_body.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMinCutSecret = 16;  // shorter words of letters are no beginning of a secret

// Whether the last token of a cut text may be the beginning of a secret: it is no plain word.
bool may_be_cut_secret(std::string_view token) {
  return token.size() >= kMinCutSecret || !std::all_of(token.begin(), token.end(), is_letter);
}

std::string_view without_cut_token(std::string_view text) {
  const auto cut = text.find_last_of(" \t\r\n\"'<>,;&");
  const std::size_t begin = cut == text.npos ? 0 : cut + 1;
  return may_be_cut_secret(text.substr(begin)) ? text.substr(0, begin) : text;
}

bool is_protobuf_type(std::string_view essence) {
  return essence.find("protobuf") != essence.npos || essence.ends_with("+proto") ||
         essence == "application/proto" || essence == "application/x-google-protobuf";
}

// Types whose bytes are neither text nor a structure that may hold text.
bool is_media_type(std::string_view essence) {
  return (essence.starts_with("image/") && essence != "image/svg+xml") ||
         essence.starts_with("audio/") || essence.starts_with("video/") ||
         essence.starts_with("font/");
}

bool is_text_type(std::string_view essence) {
  constexpr std::array<std::string_view, 6> kWords = {"text/",      "json",       "xml",
                                                      "javascript", "urlencoded", "graphql"};
  return essence.empty() || std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) {
           return essence.find(word) != essence.npos;
         });
}

class Content {
 public:
  using Text = std::optional<std::string>;

  Content(TextScanner& scanner, std::string_view content, const ContentInfo& info,
          BodyOptions options)
      : scanner_(scanner),
        content_(content),
        info_(info),
        essence_(media_essence(info.type)),
        options_(options) {}

  RedactedContent run() {
    if (is_mark(content_)) return {std::string(content_), {}};
    if (options_.depth > kMaxBodyDepth) return as_text();
    if (auto inner = as_compressed()) return *std::move(inner);
    if (const auto text = in_utf8()) {
      return redact_content(scanner_, *text, {essence_, {}}, options_.inner());
    }
    for (const auto attempt :
         {&Content::as_grpc, &Content::as_protobuf, &Content::as_json, &Content::as_multipart,
          &Content::as_event_stream, &Content::as_xml, &Content::as_graphql, &Content::as_form}) {
      if (auto text = (this->*attempt)()) return {*std::move(text), {}};
    }
    return as_text();
  }

 private:
  RedactedContent as_text() {
    const bool is_text = is_readable(content_) && !is_media_type(essence_);
    if (!is_text) return {{}, "binary"};
    if (options_.as_shape) return {{}, "no known structure"};
    return {redact_text_at(scanner_, cut_content(), options_.depth), {}};
  }

  std::string_view cut_content() const {
    return options_.is_cut ? without_cut_token(content_) : content_;
  }

  // Text in another character set.
  std::optional<std::string> in_utf8() const {
    const std::string_view charset = parameter_of(info_.type, "charset");
    if (charset.empty() && !is_text_type(essence_)) return std::nullopt;
    return as_utf8(content_, charset);
  }

  // Compressed without a field that says so. Once only: see decode_inner().
  std::optional<RedactedContent> as_compressed() {
    const std::string_view coding = coding_of_magic(content_);
    if (coding.empty() || (coding == "deflate" && is_readable(content_))) return std::nullopt;
    if (options_.is_inflated) return RedactedContent{{}, "binary"};
    const HttpBody body = decode_inner(content_, coding, options_);
    if (body.state != BodyState::kComplete) {
      if (coding == "deflate") return std::nullopt;
      return RedactedContent{{},
                             body.state == BodyState::kCut ? "over the size limit" : body.reason};
    }
    BodyOptions inner = options_.inner();
    inner.is_inflated = true;
    return redact_content(scanner_, body.content, info_, inner);
  }

  Text as_grpc() {
    const bool is_stated = essence_.starts_with("application/grpc");
    if (essence_.starts_with("application/grpc-web-text")) {
      const auto decoded = decode_transfer("base64", content_);
      return decoded ? redact_grpc(scanner_, *decoded, info_.grpc_encoding, options_)
                     : std::nullopt;
    }
    const bool is_guess = !is_stated && content_.starts_with('\0') && content_.size() > 5;
    if (!is_stated && !is_guess) return std::nullopt;
    BodyOptions options = options_;
    if (is_guess) options.is_cut = false;
    if (is_guess && !looks_like_protobuf(content_.substr(5))) return std::nullopt;
    return redact_grpc(scanner_, content_, info_.grpc_encoding, options);
  }

  Text as_protobuf() {
    const bool is_guess =
        !is_readable(content_) && !is_media_type(essence_) && looks_like_protobuf(content_);
    if (!is_guess && !is_protobuf_type(essence_)) return std::nullopt;
    return redact_protobuf(scanner_, content_, options_);
  }

  Text as_json() { return redact_json_text(scanner_, content_, options_); }

  Text as_multipart() {
    const std::string_view head = content_.substr(0, 1024);
    const bool is_guess = head.starts_with("--") &&
                          to_lower(head).find("\ncontent-disposition:") != std::string::npos;
    if (!is_guess && !essence_.starts_with("multipart/")) return std::nullopt;
    return redact_multipart(scanner_, content_, info_.type, options_);
  }

  Text as_event_stream() {
    if (essence_ != "text/event-stream" && !looks_like_event_stream(content_)) return std::nullopt;
    if (!is_readable(content_)) return std::nullopt;
    return redact_event_stream(scanner_, content_, options_);
  }

  Text as_xml() {
    if (!looks_like_xml(content_) || !is_readable(content_)) return std::nullopt;
    return redact_xml(scanner_, content_, options_);
  }

  Text as_graphql() {
    const bool is_stated = essence_ == "application/graphql";
    if (!looks_like_graphql(content_) && !(is_stated && is_readable(content_))) return std::nullopt;
    return redact_graphql(scanner_, content_, options_);
  }

  Text as_form() {
    const bool is_stated = essence_ == "application/x-www-form-urlencoded" && is_readable(content_);
    if (!is_stated && !looks_like_form(content_)) return std::nullopt;
    return redact_form(scanner_, cut_content(), options_);
  }

  TextScanner& scanner_;
  std::string_view content_;
  ContentInfo info_;
  std::string essence_;
  BodyOptions options_;
};

}  // namespace

std::string media_essence(std::string_view content_type) {
  constexpr std::size_t kMaxEssence = 128;
  return to_lower(trim(content_type.substr(0, content_type.find(';'))).substr(0, kMaxEssence));
}

std::string_view parameter_of(std::string_view field, std::string_view name) {
  std::size_t at = field.find(';');
  while (at < field.size()) {
    const std::string_view rest = field.substr(at + 1);
    const auto equals = rest.find('=');
    if (equals == rest.npos) return {};
    const std::string_view own = trim(rest.substr(0, equals));
    std::string_view value = rest.substr(equals + 1);
    const bool is_quoted = value.starts_with('"');
    if (is_quoted) value.remove_prefix(1);
    value = value.substr(0, is_quoted ? value.find('"') : value.find(';'));
    if (equals_ignoring_case(own, name)) return trim(value);
    at = field.find(';', static_cast<std::size_t>(value.data() + value.size() - field.data()));
  }
  return {};
}

RedactedContent redact_content(TextScanner& scanner, std::string_view content,
                               const ContentInfo& info, BodyOptions options) {
  return Content(scanner, content, info, options).run();
}

}  // namespace scopetrace
