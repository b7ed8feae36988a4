// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/http1_head.h"

#include <algorithm>

#include "userspace/protocol/content_coding.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxMethodBytes = 20;
constexpr std::string_view kResponseStart = "HTTP/1.";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_method_char(char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Cuts the next line off, without its LF or CRLF.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_control);
}

bool may_start_response(std::string_view bytes) {
  const std::size_t common = std::min(bytes.size(), kResponseStart.size());
  return bytes.substr(0, common) == kResponseStart.substr(0, common);
}

// METHOD SP target SP HTTP/1.x. A target may hold spaces in practice: the last one ends it.
std::optional<Http1Head> parse_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const std::string_view version = line.substr(last + 1);
  if (version.size() != 8 || !version.starts_with(kResponseStart) || !is_digit(version[7])) {
    return std::nullopt;
  }
  Http1Head head;
  head.method = line.substr(0, first);
  head.target = trimmed(line.substr(first + 1, last - first - 1));
  head.version = version.substr(5);
  if (head.target.empty() || !may_start_message(line)) return std::nullopt;
  return head;
}

// HTTP/1.x SP 3DIGIT [ SP reason ]
std::optional<Http1Head> parse_status_line(std::string_view line) {
  if (line.size() < 12 || !is_digit(line[7]) || line[8] != ' ' || has_control(line)) {
    return std::nullopt;
  }
  if (!std::all_of(line.begin() + 9, line.begin() + 12, is_digit)) return std::nullopt;
  if (line.size() > 12 && line[12] != ' ') return std::nullopt;
  Http1Head head;
  head.kind = Http1Kind::kResponse;
  head.version = line.substr(5, 3);
  head.status =
      static_cast<unsigned>((line[9] - '0') * 100 + (line[10] - '0') * 10 + line[11] - '0');
  if (line.size() > 13) head.reason = line.substr(13);
  if (head.status < 100) return std::nullopt;
  return head;
}

// Adds one header line. Returns false when there are too many.
bool add_field(std::string_view line, std::vector<HttpField>& fields, std::uint64_t& malformed) {
  if (is_blank(line.front()) && !fields.empty()) {  // obs-fold, RFC 9112 section 5.2
    fields.back().value.append(" ").append(trimmed(line));
    return true;
  }
  const auto field = line.starts_with(':') ? std::nullopt : parse_field_line(line);
  if (!field) {
    ++malformed;
    return true;
  }
  fields.push_back({std::string(field->name), std::string(field->value)});
  return fields.size() <= kMaxFields;
}

std::optional<Http1Upgrade::Protocol> protocol_of(std::string_view token) {
  if (equals_ignoring_case(token, "h2c")) return Http1Upgrade::Protocol::kHttp2;
  if (equals_ignoring_case(token, "websocket")) return Http1Upgrade::Protocol::kWebSocket;
  return std::nullopt;
}

bool is_last_coding_chunked(std::string_view value) {
  const std::size_t comma = value.rfind(',');
  const std::size_t begin = comma == std::string_view::npos ? 0 : comma + 1;
  return equals_ignoring_case(trimmed(value.substr(begin)), "chunked");
}

// What the fields say about the body's framing.
struct FramingFields {
  bool has_transfer = false;
  bool is_chunked = false;
  bool has_length = false;
  bool is_length_valid = true;
  std::uint64_t length_bytes = 0;
  std::vector<std::string> content_codings;
  std::vector<std::string> transfer_codings;
};

// Repeated equal lengths are one (RFC 9112 section 6.3 rule 5).
void add_length(std::string_view value, FramingFields& out) {
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    std::string_view digits = trimmed(value.substr(0, comma));
    while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
    const std::optional<std::uint64_t> length = parse_decimal(digits);
    const bool is_same = !out.has_length || (length && *length == out.length_bytes);
    out.is_length_valid = out.is_length_valid && length && is_same;
    out.length_bytes = length.value_or(0);
    out.has_length = true;
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
}

FramingFields read_framing(const std::vector<HttpField>& fields) {
  FramingFields out;
  for (const HttpField& field : fields) {
    if (equals_ignoring_case(field.name, "transfer-encoding")) {
      out.has_transfer = true;
      out.is_chunked = is_last_coding_chunked(field.value);
      add_codings(field.value, out.transfer_codings);
    } else if (equals_ignoring_case(field.name, "content-length")) {
      add_length(field.value, out);
    } else if (equals_ignoring_case(field.name, "content-encoding")) {
      add_codings(field.value, out.content_codings);
    }
  }
  return out;
}

bool has_no_body(const Http1Head& head, std::string_view request_method) {
  return head.kind == Http1Kind::kResponse && (head.status < 200 || head.status == 204 ||
                                               head.status == 304 || request_method == "HEAD");
}

bool is_tunnel(const Http1Head& head, std::string_view request_method) {
  if (head.kind == Http1Kind::kRequest) return head.method == "CONNECT";
  return head.status == 101 || (request_method == "CONNECT" && head.status / 100 == 2);
}

Http1Framing framing_of(const Http1Head& head, const FramingFields& fields) {
  const bool is_request = head.kind == Http1Kind::kRequest;
  if (fields.is_chunked) return Http1Framing::kChunked;
  if (fields.has_transfer) return is_request ? Http1Framing::kInvalid : Http1Framing::kUntilClose;
  if (!fields.is_length_valid) return Http1Framing::kInvalid;
  if (fields.has_length)
    return fields.length_bytes > 0 ? Http1Framing::kLength : Http1Framing::kNone;
  return is_request ? Http1Framing::kNone : Http1Framing::kUntilClose;
}

}  // namespace

bool may_start_message(std::string_view bytes) {
  if (may_start_response(bytes)) return !has_control(bytes);
  const std::size_t space = std::min(bytes.find(' '), bytes.size());
  const std::string_view method = bytes.substr(0, space);
  if (method.empty() || method.size() > kMaxMethodBytes) return false;
  if (!std::all_of(method.begin(), method.end(), is_method_char)) return false;
  if (space == bytes.size()) return true;
  return method.size() >= 3 && !has_control(bytes.substr(space));
}

std::optional<Http1Head> parse_start_line(std::string_view line) {
  return line.starts_with(kResponseStart) ? parse_status_line(line) : parse_request_line(line);
}

std::optional<FieldLine> parse_field_line(std::string_view line) {
  const std::size_t colon = line.find(':', line.starts_with(':') ? 1 : 0);
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view name = trimmed(line.substr(0, colon));
  if (name.empty()) return std::nullopt;
  return FieldLine{name, trimmed(line.substr(colon + 1))};
}

std::optional<Http1Head> parse_head(std::string_view block, std::uint64_t& malformed_fields) {
  if (block.find('\0') != std::string_view::npos) return std::nullopt;
  std::string_view rest = block;
  std::optional<Http1Head> head = parse_start_line(take_line(rest));
  while (head && !rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line.empty()) break;
    if (!add_field(line, head->fields, malformed_fields)) return std::nullopt;
  }
  return head;
}

std::vector<HttpField> parse_trailers(std::string_view lines, std::uint64_t& malformed_fields) {
  std::vector<HttpField> fields;
  if (lines.find('\0') != std::string_view::npos) return fields;
  while (!lines.empty()) {
    const std::string_view line = take_line(lines);
    if (line.empty() || !add_field(line, fields, malformed_fields)) break;
  }
  return fields;
}

Http1BodyPlan plan_body(const Http1Head& head, std::string_view request_method) {
  Http1BodyPlan plan;
  if (is_tunnel(head, request_method)) {
    plan.framing = Http1Framing::kTunnel;
    return plan;
  }
  if (has_no_body(head, request_method)) return plan;

  FramingFields fields = read_framing(head.fields);
  plan.framing = framing_of(head, fields);
  plan.length_bytes = fields.length_bytes;
  plan.codings = std::move(fields.content_codings);
  for (std::string& coding : fields.transfer_codings) plan.codings.push_back(std::move(coding));
  return plan;
}

std::optional<Http1Upgrade> upgrade_of(const Http1Head& head) {
  if (head.kind != Http1Kind::kResponse || head.status != 101) return std::nullopt;
  std::optional<Http1Upgrade::Protocol> protocol;
  std::string extensions;
  for (const HttpField& field : head.fields) {
    if (equals_ignoring_case(field.name, "upgrade")) {
      protocol = protocol_of(field.value);
    } else if (equals_ignoring_case(field.name, "sec-websocket-extensions")) {
      extensions.append(extensions.empty() ? "" : ", ").append(field.value);
    }
  }
  if (!protocol) return std::nullopt;
  return Http1Upgrade{*protocol, std::move(extensions)};
}

}  // namespace scopetrace
