// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/multipart.h"

#include <algorithm>

#include "userspace/protocol/http1_head.h"
#include "userspace/redact/body/content.h"
#include "userspace/redact/body/form.h"
#include "userspace/redact/body/header_fields.h"
#include "userspace/redact/body/member.h"
#include "userspace/redact/body/transfer_encoding.h"
#include "userspace/redact/detect/pairs/contextual_class.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxBoundary = 256;  // RFC 2046 allows 70

// A delimiter line of the body.
struct Mark {
  std::size_t begin = std::string_view::npos;  // of the line
  std::size_t end = 0;                         // behind its line end
  bool is_last = false;
};

class Multipart {
 public:
  Multipart(TextScanner& scanner, std::string_view body, std::string mark, BodyOptions options)
      : scanner_(scanner), body_(body), mark_(std::move(mark)), options_(options) {}

  std::optional<std::string> run() {
    Mark mark = next_mark(0);
    if (mark.begin == body_.npos) return std::nullopt;
    add_outer(body_.substr(0, mark.begin));
    while (mark.begin != body_.npos) {
      out_ +=
          redact_text_at(scanner_, body_.substr(mark.begin, mark.end - mark.begin), options_.depth);
      if (mark.is_last) {
        add_outer(body_.substr(mark.end));
        break;
      }
      const Mark next = next_mark(mark.end);
      add_part(body_.substr(mark.end, std::min(next.begin, body_.size()) - mark.end),
               next.begin == body_.npos);
      mark = next;
    }
    return std::move(out_);
  }

 private:
  Mark next_mark(std::size_t from) const {
    for (std::size_t at = body_.find(mark_, from); at != body_.npos;
         at = body_.find(mark_, at + mark_.size())) {
      if (at > 0 && body_[at - 1] != '\n') continue;
      std::size_t end = at + mark_.size();
      const bool is_last = body_.substr(end, 2) == "--";
      if (is_last) end += 2;
      while (end < body_.size() && is_blank(body_[end])) ++end;
      const std::string_view behind = body_.substr(end, 2);
      if (!behind.empty() && behind != "\r\n" && behind[0] != '\n') continue;
      end += behind.starts_with('\n') ? 1 : behind.size();
      return {at, end, is_last};
    }
    return {};
  }

  // Text before the first mark or behind the last.
  void add_outer(std::string_view text) {
    if (text.empty() || options_.as_shape) return;
    if (is_readable(text)) {
      out_ += redact_text_at(scanner_, text, options_.depth);
    } else {
      out_ += binary_mark(text.size()) + "\r\n";
    }
  }

  void add_part(std::string_view part, bool is_open) {
    name_ = type_ = encoding_ = {};
    while (!part.empty()) {
      const std::size_t size = field_size(part);
      const std::string_view line = part.substr(0, size);
      part.remove_prefix(size);
      add_field(line);
      if (trim(line).empty()) break;
    }
    const std::size_t end = without_line_end(part).size();
    out_ += redacted_content(part.substr(0, end), is_open);
    out_ += end < part.size() ? part.substr(end) : is_open ? "" : "\r\n";
  }

  // A header line with its folded continuations and line ends.
  static std::size_t field_size(std::string_view text) {
    std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    if (trim(text.substr(0, end)).empty()) return end;
    while (end < text.size() && is_blank(text[end])) {
      end = std::min(text.find('\n', end), text.size() - 1) + 1;
    }
    return end;
  }
  static std::string_view without_line_end(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
  }

  void add_field(std::string_view line) {
    const auto field = parse_field_line(without_line_end(line));
    if (!field) {
      out_ += redact_text_at(scanner_, line, options_.depth);
      return;
    }
    std::string redacted;
    if (equals_ignoring_case(field->name, "content-disposition")) {
      name_ = parameter_of(field->value, "name");
      redacted = redact_disposition(field->value);
    } else {
      redacted = redact_field_value(scanner_, {field->name, field->value});
    }
    if (equals_ignoring_case(field->name, "content-type")) type_ = field->value;
    if (equals_ignoring_case(field->name, "content-transfer-encoding")) encoding_ = field->value;
    const auto before = static_cast<std::size_t>(field->value.data() - line.data());
    out_ += redact_text_at(scanner_, line.substr(0, before), options_.depth) + redacted;
    out_ += line.substr(before + field->value.size());
  }

  // Each quoted value alone: `name="password"` names a part, it is no assignment.
  std::string redact_disposition(std::string_view value) {
    std::string out;
    bool is_inside = false, is_file = false;
    for (std::size_t at = 0; at <= value.size();) {
      const auto end = std::min(value.find('"', at), value.size());
      const std::string_view piece = value.substr(at, end - at);
      const bool is_hidden = is_inside && is_file && options_.as_shape;
      out += is_hidden ? "string" : redact_text_at(scanner_, piece, options_.depth);
      if (!is_inside) is_file = to_lower(piece).find("filename") != std::string::npos;
      if (end < value.size()) out += '"';
      is_inside = !is_inside;
      at = end + 1;
    }
    return out;
  }

  std::string redacted_content(std::string_view content, bool is_open) {
    const auto decoded = decode_transfer(encoding_, content);
    if (!decoded) return redacted_plain(content, is_open);
    std::string redacted = redacted_plain(*decoded, is_open);
    return redacted == *decoded && !options_.as_shape ? std::string(content) : redacted;
  }
  std::string redacted_plain(std::string_view content, bool is_open) {
    BodyOptions options = options_.inner();
    options.is_cut = options_.is_cut && is_open;
    if (decides(content) && !options_.as_shape && is_readable(content)) {
      return redact_member(scanner_, name_, content, options);
    }
    RedactedContent inner = redact_content(scanner_, content, {type_, {}}, options);
    if (inner.withheld.empty()) return std::move(inner.text);
    if (inner.withheld == "binary" || !is_readable(content)) return binary_mark(content.size());
    if (options_.as_shape) return std::string(type_of(trim(content)));
    return withheld_mark(content.size(), inner.withheld);
  }
  // Whether the part's name says what its content is.
  bool decides(std::string_view content) const {
    return class_of_member(scanner_.names(), name_).has_value() ||
           contextual_class(name_, content).has_value() || is_credential_field(name_, content);
  }

  TextScanner& scanner_;
  std::string_view body_;
  std::string mark_;
  BodyOptions options_;
  std::string out_;
  std::string_view name_, type_, encoding_;  // of the part at hand
};

// The mark of the first line, for bodies whose type does not say it.
std::string_view first_mark(std::string_view body) {
  if (!body.starts_with("--")) return {};
  const std::string_view line = trim(body.substr(0, body.find('\n')));
  const bool is_token = line.find(' ') == line.npos && line.size() > 2;
  return is_token && line.size() <= kMaxBoundary ? line : std::string_view();
}

}  // namespace

std::optional<std::string> redact_multipart(TextScanner& scanner, std::string_view body,
                                            std::string_view content_type, BodyOptions options) {
  const std::string_view stated = parameter_of(content_type, "boundary").substr(0, kMaxBoundary);
  if (!stated.empty()) {
    auto out = Multipart(scanner, body, "--" + std::string(stated), options).run();
    if (out) return out;
  }
  const std::string_view found = first_mark(body);
  if (found.empty()) return std::nullopt;
  return Multipart(scanner, body, std::string(found), options).run();
}

}  // namespace scopetrace
