// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/message_redactor.h"

#include <algorithm>

#include "userspace/redact/body/content.h"
#include "userspace/redact/body/header_fields.h"
#include "userspace/redact/body/path_template.h"
#include "userspace/redact/body/url.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxTarget = 8192;  // longer targets are cut
constexpr std::size_t kMaxFields = 256;   // further fields are dropped

// At most kMaxStoredBody bytes, whole UTF-8 characters.
void limit_text(RedactedBody& body) {
  if (body.text.size() > kMaxStoredBody) {
    std::size_t end = kMaxStoredBody;
    while (end > 0 && (static_cast<unsigned char>(body.text[end]) & 0xc0) == 0x80) --end;
    body.text.resize(end);
    body.is_cut = true;
  }
  body.kept_bytes = body.text.size();
}

}  // namespace

std::optional<std::string_view> field_value(const std::vector<HttpField>& fields,
                                            std::string_view name) {
  for (const HttpField& field : fields) {
    if (equals_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::string MessageRedactor::redact_short(std::string_view text, std::string_view place) {
  scanner_.set_place(side_ + "." + std::string(place));
  return scanner_.redact(text);
}

std::string MessageRedactor::redact_method(std::string_view method) const {
  const auto is_method_char = [](char c) { return is_upper(c) || c == '-'; };
  const bool is_plain = !method.empty() && method.size() <= 20 &&
                        std::all_of(method.begin(), method.end(), is_method_char);
  return is_plain ? std::string(method) : "other";
}

std::string MessageRedactor::redact_target(std::string_view target) {
  scanner_.set_place(side_ + ".target");
  target = target.substr(0, kMaxTarget);
  const auto scheme = target.find("://");
  if (!target.starts_with('/') && scheme != target.npos) {  // absolute form: the host stands alone
    const auto path_begin = std::min(target.find('/', scheme + 3), target.size());
    target.remove_prefix(path_begin);
  }
  if (level_ == Level::kMetadata)
    return path_template(target.substr(0, target.find_first_of("?#")));
  return redact_url(scanner_, target);
}

std::vector<RedactedField> MessageRedactor::redact_fields(const std::vector<HttpField>& fields) {
  std::vector<RedactedField> out;
  if (level_ == Level::kMetadata) return out;
  for (const HttpField& field : fields) {
    if (out.size() >= kMaxFields) break;
    const std::string name = scanner_.redact(field.name);
    scanner_.set_place(side_ + ".header." + to_lower(name).substr(0, 64));
    out.push_back(
        {name, redact_field_value(scanner_, {field.name, field.value, field.is_never_indexed})});
  }
  return out;
}

std::optional<RedactedBody> MessageRedactor::redact_body(const HttpBody& body,
                                                         const std::vector<HttpField>& fields) {
  if (body.state == BodyState::kNone) return std::nullopt;
  scanner_.set_place(side_ + ".body");
  const std::string_view content_type = field_value(fields, "content-type").value_or("");
  RedactedBody out;
  out.media_type = scanner_.redact(media_essence(content_type));
  out.length_bytes = std::max<std::uint64_t>(body.decoded_bytes, body.content.size());
  out.is_cut = body.state == BodyState::kCut;
  if (level_ < Level::kShape) {
    out.withheld = "below the level";
  } else if (body.state == BodyState::kUndecodable) {
    out.withheld = body.reason.empty() ? "not decodable" : body.reason;
  } else {
    out.is_shape = level_ == Level::kShape;
    RedactedContent content = redact_content(
        scanner_, body.content, {content_type, field_value(fields, "grpc-encoding").value_or("")},
        {.is_cut = out.is_cut, .as_shape = out.is_shape});
    out.text = std::move(content.text);
    out.withheld = std::move(content.withheld);
  }
  limit_text(out);
  return out;
}

}  // namespace scopetrace
