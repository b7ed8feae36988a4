// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/message_redactor.h"

#include <algorithm>
#include <array>

#include "userspace/redact/body/json_walk.h"
#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxTarget = 8192;  // longer targets are cut
constexpr std::size_t kMaxFields = 256;   // further fields are dropped
constexpr std::size_t kMaxSegment = 32;   // of a path template
constexpr std::array kKeptSchemes = {
    "basic", "bearer",    "digest", "negotiate", "token", "apikey", "aws4-hmac-sha256",
    "hmac",  "signature", "ntlm",   "oauth",     "key"};

std::string_view media_essence(std::string_view content_type) {
  return trim(content_type.substr(0, content_type.find(';')));
}

std::string_view boundary_of(std::string_view content_type) {
  const auto at = content_type.find("boundary=");
  if (at == content_type.npos) return {};
  std::string_view value = content_type.substr(at + 9);
  if (value.starts_with('"')) return value.substr(1, value.find('"', 1) - 1);
  return trim(value.substr(0, value.find(';')));
}

// Words and versions are templates' constants; everything else is a parameter.
bool is_constant_segment(std::string_view segment) {
  if (segment.size() > kMaxSegment) return false;
  const bool is_version = segment.size() <= 4 && segment.size() >= 2 && segment[0] == 'v' &&
                          count_digits(segment) == segment.size() - 1;
  const auto is_word_char = [](char c) { return is_letter(c) || c == '-' || c == '_'; };
  return is_version || std::all_of(segment.begin(), segment.end(), is_word_char);
}

std::string path_template(std::string_view path) {
  std::string out;
  for (std::size_t at = 0; at < path.size();) {
    const auto slash = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, slash - at);
    out += is_constant_segment(segment) ? std::string(segment) : "{}";
    if (slash < path.size()) out += '/';
    at = slash + 1;
  }
  return out;
}

// Without the last token, which may be the beginning of a secret.
std::string_view without_tail(std::string_view text) {
  const auto cut = text.find_last_of(" \t\r\n\"'<>,;&");
  return cut == text.npos ? std::string_view() : text.substr(0, cut + 1);
}

bool is_json_type(std::string_view essence) {
  return essence == "application/json" || essence.ends_with("+json") ||
         essence == "application/x-ndjson" || essence == "text/json";
}

bool looks_like_json(std::string_view text) {
  const std::string_view inner = trim(text);
  return !inner.empty() && (inner[0] == '{' || inner[0] == '[');
}

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

std::string MessageRedactor::redact_path(std::string_view path) {
  std::string out;
  for (std::size_t at = 0; at <= path.size();) {
    const auto slash = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, slash - at);
    const std::string decoded = decode_percent(segment, false);
    const std::string redacted = scanner_.redact(decoded);
    out += redacted == decoded ? std::string(segment) : redacted;
    if (slash < path.size()) out += '/';
    at = slash + 1;
  }
  // Shapes that span segments (webhook URLs).
  return scanner_.redact(out);
}

std::string MessageRedactor::redact_target(std::string_view target) {
  scanner_.set_place(side_ + ".target");
  target = target.substr(0, kMaxTarget);
  const auto scheme = target.find("://");
  if (!target.starts_with('/') && scheme != target.npos) {  // absolute form: the host stands alone
    const auto path_begin = std::min(target.find('/', scheme + 3), target.size());
    target.remove_prefix(path_begin);
  }
  const auto question = std::min(target.find_first_of("?#"), target.size());
  const std::string_view path = target.substr(0, question);
  if (level_ == Level::kMetadata) return path_template(path);
  std::string out = redact_path(path);
  if (question == target.size()) return out;
  out += target[question];
  return out + redact_form(target.substr(question + 1), true);
}

std::string MessageRedactor::redact_form_value(std::string_view name, std::string_view raw) {
  const std::string decoded = decode_percent(raw, true);
  std::string redacted;
  const bool is_named = scanner_.names().class_of(name).has_value();
  auto walked =
      looks_like_json(decoded) && !is_named ? redact_json(scanner_, decoded, {}, 1) : std::nullopt;
  redacted = walked ? *std::move(walked) : scanner_.redact_named(name, decoded);
  return redacted == decoded ? std::string(raw) : encode_percent(redacted);
}

std::string MessageRedactor::redact_form(std::string_view form, bool is_query) {
  std::string out;
  const std::string place = side_ + (is_query ? ".query." : ".body.");
  for (std::size_t at = 0; at <= form.size();) {
    const auto end = std::min(form.find('&', at), form.size());
    const std::string_view pair = form.substr(at, end - at);
    const auto equals = pair.find('=');
    const std::string name = decode_percent(pair.substr(0, equals), true);
    const std::string safe_name = scanner_.redact(name);
    scanner_.set_place(place + safe_name.substr(0, 64));
    out += safe_name == name ? std::string(pair.substr(0, equals)) : safe_name;
    if (equals != pair.npos) {
      out += '=';
      out += level_ == Level::kShape && !is_query
                 ? "string"
                 : redact_form_value(name, pair.substr(equals + 1));
    }
    if (end < form.size()) out += '&';
    at = end + 1;
  }
  return out;
}

std::string MessageRedactor::redact_authorization(std::string_view value) {
  value = trim(value);
  const auto blank = value.find(' ');
  const std::string scheme = to_lower(value.substr(0, blank));
  const bool is_known =
      std::find(kKeptSchemes.begin(), kKeptSchemes.end(), scheme) != kKeptSchemes.end();
  if (blank == value.npos)
    return is_known ? std::string(value) : scanner_.replace("credentials", value);
  if (!is_known) return scanner_.replace("credentials", value);
  const std::string_view rest = trim(value.substr(blank));
  std::string out(value.substr(0, blank + 1));
  if (scheme == "aws4-hmac-sha256" || scheme == "digest") {
    const std::string redacted = scanner_.redact(rest);
    return out + (redacted == rest ? scanner_.replace("credentials", rest) : redacted);
  }
  return out + scanner_.replace(scheme == "basic" ? "basic-auth" : "bearer", rest);
}

std::string MessageRedactor::redact_cookies(std::string_view value, bool is_set_cookie) {
  std::string out;
  bool is_first = true;
  for (std::size_t at = 0; at <= value.size();) {
    const auto end = std::min(value.find(';', at), value.size());
    const std::string_view pair = value.substr(at, end - at);
    const auto equals = pair.find('=');
    const std::string_view name = trim(pair.substr(0, equals));
    const bool is_cookie = is_first || !is_set_cookie;
    const bool is_kept = scanner_.names().is_public_cookie(name) || !is_cookie;
    const std::string_view content = equals == pair.npos ? pair : pair.substr(equals + 1);
    if (equals != pair.npos) out += pair.substr(0, equals + 1);
    out += is_kept || trim(content).empty() ? scanner_.redact(content)
                                            : scanner_.replace("cookie", trim(content));
    if (end < value.size()) out += ';';
    at = end + 1;
    is_first = false;
  }
  return out;
}

std::string MessageRedactor::redact_field(std::string_view name, std::string_view value) {
  const std::string lower = to_lower(name);
  if (lower == "authorization" || lower == "proxy-authorization") {
    return redact_authorization(value);
  }
  if (lower == "cookie") return redact_cookies(value, false);
  if (lower == "set-cookie") return redact_cookies(value, true);
  return scanner_.redact_named(name, value);
}

std::vector<RedactedField> MessageRedactor::redact_fields(const std::vector<HttpField>& fields) {
  std::vector<RedactedField> out;
  if (level_ == Level::kMetadata) return out;
  for (const HttpField& field : fields) {
    if (out.size() >= kMaxFields) break;
    const std::string name = scanner_.redact(field.name);
    scanner_.set_place(side_ + ".header." + to_lower(name).substr(0, 64));
    out.push_back({name, redact_field(field.name, field.value)});
  }
  return out;
}

std::string MessageRedactor::redact_part(std::string_view part) {
  const auto split = part.find("\r\n\r\n");
  if (split == part.npos) return scanner_.redact(part);
  const std::string_view head = part.substr(0, split);
  const std::string_view content = part.substr(split + 4);
  std::string out = scanner_.redact(head) + "\r\n\r\n";
  if (!is_readable(content))
    return out + "[binary " + std::to_string(content.size()) + " bytes]\r\n";
  const auto at = head.find("name=\"");
  const auto end = at == head.npos ? at : head.find('"', at + 6);
  if (end == head.npos) return out + scanner_.redact(content);
  return out + scanner_.redact_named(head.substr(at + 6, end - at - 6), content);
}

std::string MessageRedactor::redact_multipart(std::string_view body, std::string_view boundary) {
  const std::string mark = "--" + std::string(boundary);
  std::string out;
  for (std::size_t at = body.find(mark); at != body.npos;) {
    const std::size_t begin = at + mark.size();
    const std::size_t next = body.find(mark, begin);
    if (next == body.npos) break;  // the end mark, or a part that was cut: withheld
    out += mark + redact_part(body.substr(begin, next - begin));
    if (!out.ends_with("\r\n")) out += "\r\n";
    at = next;
  }
  return out + mark + "--\r\n";
}

void MessageRedactor::fill_text(RedactedBody& out, const HttpBody& body,
                                std::string_view content_type) {
  const bool is_cut = body.state == BodyState::kCut;
  const std::string_view content = body.content;
  out.is_shape = level_ == Level::kShape;
  if (is_json_type(out.media_type) || looks_like_json(content)) {
    if (auto walked = redact_json(scanner_, content, {is_cut, out.is_shape})) {
      out.text = *std::move(walked);
      return;
    }
  }
  if (out.media_type == "application/x-www-form-urlencoded") {
    out.text = redact_form(is_cut ? without_tail(content) : content, false);
    return;
  }
  if (out.is_shape) {
    out.withheld = "no known structure";
    return;
  }
  const std::string_view boundary = boundary_of(content_type);
  if (out.media_type.starts_with("multipart/") && !boundary.empty()) {
    out.text = redact_multipart(content, boundary);
    return;
  }
  if (!is_readable(content)) {
    out.withheld = "binary";
    return;
  }
  out.text = scanner_.redact(is_cut ? without_tail(content) : content);
}

std::optional<RedactedBody> MessageRedactor::redact_body(const HttpBody& body,
                                                         const std::vector<HttpField>& fields) {
  if (body.state == BodyState::kNone) return std::nullopt;
  scanner_.set_place(side_ + ".body");
  const std::string_view content_type = field_value(fields, "content-type").value_or("");
  RedactedBody out;
  out.media_type = scanner_.redact(to_lower(media_essence(content_type).substr(0, 128)));
  out.length_bytes = std::max<std::uint64_t>(body.decoded_bytes, body.content.size());
  out.is_cut = body.state == BodyState::kCut;
  if (level_ < Level::kShape) {
    out.withheld = "below the level";
  } else if (body.state == BodyState::kUndecodable) {
    out.withheld = body.reason.empty() ? "not decodable" : body.reason;
  } else {
    fill_text(out, body, content_type);
  }
  limit_text(out);
  return out;
}

}  // namespace scopetrace
