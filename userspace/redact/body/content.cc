// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/content.h"

#include <algorithm>

#include "userspace/redact/body/form.h"
#include "userspace/redact/body/json_walk.h"
#include "userspace/redact/body/member.h"
#include "userspace/redact/body/multipart.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMinCutSecret = 16;  // shorter words of letters are no beginning of a secret

bool looks_like_json(std::string_view text) {
  const std::string_view inner = trim(text);
  return !inner.empty() && (inner[0] == '{' || inner[0] == '[');
}

// Whether the last token of a cut text may be the beginning of a secret: it is no plain word.
bool may_be_cut_secret(std::string_view token) {
  return token.size() >= kMinCutSecret || !std::all_of(token.begin(), token.end(), is_letter);
}

std::string_view without_cut_token(std::string_view text) {
  const auto cut = text.find_last_of(" \t\r\n\"'<>,;&");
  const std::size_t begin = cut == text.npos ? 0 : cut + 1;
  return may_be_cut_secret(text.substr(begin)) ? text.substr(0, begin) : text;
}

class Content {
 public:
  Content(TextScanner& scanner, std::string_view content, std::string_view content_type,
          BodyOptions options)
      : scanner_(scanner),
        content_(content),
        content_type_(content_type),
        essence_(media_essence(content_type)),
        options_(options) {}

  RedactedContent run() {
    for (const auto attempt : {&Content::as_json, &Content::as_multipart, &Content::as_form}) {
      if (auto text = (this->*attempt)()) return {*std::move(text), {}};
    }
    if (options_.as_shape) return {{}, "no known structure"};
    if (!is_readable(content_)) return {{}, "binary"};
    return {redact_text_at(scanner_, cut_content(), options_.depth), {}};
  }

 private:
  std::string_view cut_content() const {
    return options_.is_cut ? without_cut_token(content_) : content_;
  }
  std::optional<std::string> as_json() {
    if (!looks_like_json(content_)) return std::nullopt;
    return redact_json(scanner_, content_, options_);
  }
  std::optional<std::string> as_form() {
    const bool is_stated = essence_ == "application/x-www-form-urlencoded";
    if (!is_stated || !is_readable(content_)) return std::nullopt;
    return redact_form(scanner_, cut_content(), options_);
  }
  std::optional<std::string> as_multipart() {
    if (!essence_.starts_with("multipart/")) return std::nullopt;
    return redact_multipart(scanner_, content_, content_type_, options_);
  }

  TextScanner& scanner_;
  std::string_view content_;
  std::string_view content_type_;
  std::string essence_;
  BodyOptions options_;
};

}  // namespace

std::string media_essence(std::string_view content_type) {
  constexpr std::size_t kMaxEssence = 128;
  return to_lower(trim(content_type.substr(0, content_type.find(';'))).substr(0, kMaxEssence));
}

RedactedContent redact_content(TextScanner& scanner, std::string_view content,
                               std::string_view content_type, BodyOptions options) {
  return Content(scanner, content, content_type, options).run();
}

}  // namespace scopetrace
