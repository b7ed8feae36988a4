// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/member.h"

#include <algorithm>
#include <array>

#include "userspace/redact/body/content.h"
#include "userspace/redact/body/graphql.h"
#include "userspace/redact/body/header_fields.h"
#include "userspace/redact/body/inner_coding.h"
#include "userspace/redact/body/json_walk.h"
#include "userspace/redact/body/transfer_encoding.h"
#include "userspace/redact/body/url.h"
#include "userspace/redact/body/xml_body.h"
#include "userspace/redact/detect/pairs/contextual_class.h"
#include "userspace/redact/detect/placeholder.h"
#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMinScanned = 6;  // the shortest value that gives itself away: a@b.cd
constexpr std::string_view kPathSigns = "[].:/";

// The last part of a path that is not empty: "a[pin][]" is about a pin.
std::string_view last_part(std::string_view name) {
  const auto end = name.find_last_not_of(kPathSigns);
  if (end == name.npos) return {};
  const auto before = name.find_last_of(kPathSigns, end);
  const std::size_t begin = before == name.npos ? 0 : before + 1;
  return name.substr(begin, end + 1 - begin);
}

// One template variable and nothing else.
bool is_whole_template(std::string_view value) {
  const auto is_between = [&](std::string_view open, std::string_view close) {
    return value.size() > open.size() + close.size() && value.starts_with(open) &&
           value.find(close, open.size()) == value.size() - close.size();
  };
  return is_between("${", "}") || is_between("{{", "}}") || is_between("<", ">") ||
         is_between("$(", ")");
}

// "tokens" counts or lists words of a language model far more often than it holds credentials.
bool is_plural_count(std::string_view name) {
  const auto segments = name_segments(name);
  return !segments.empty() && segments.back() == "tokens";
}

template <class List>
bool is_in(const List& list, std::string_view word) {
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view known) { return equals_ignoring_case(known, word); });
}

constexpr std::array<std::string_view, 12> kNameMembers = {
    "name", "key", "header",    "field",    "param",    "parameter",
    "n",    "k",   "attribute", "attrname", "property", "variable"};
constexpr std::array<std::string_view, 16> kValueMembers = {
    "value",       "val",          "values",  "v",       "stringvalue", "string_value",
    "content",     "data",         "text",    "default", "string",      "attributevalue",
    "secretvalue", "secretstring", "literal", "raw"};
// Words that a descriptive member's name is or ends in.
constexpr std::array<std::string_view, 43> kDescriptive = {
    "type",      "kind",   "id",      "name",     "status",   "state",   "scope",   "scopes",
    "algorithm", "alg",    "method",  "count",    "enabled",  "active",  "label",   "description",
    "url",       "uri",    "href",    "provider", "version",  "length",  "amount",  "currency",
    "expires",   "expiry", "in",      "at",       "on",       "created", "updated", "issued",
    "country",   "month",  "year",    "brand",    "username", "user",    "domain",  "path",
    "samesite",  "format", "encoding"};
constexpr std::size_t kMinHidden = 16;  // of base64 that may hide a structure
constexpr std::size_t kMaxHidden = 1 << 20;

bool looks_like_url(std::string_view value) {
  const auto colon = value.find("://");
  return colon != value.npos && colon > 0 && colon < 24 && value.find(' ') == value.npos &&
         std::all_of(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return is_alnum(c) || c == '+' || c == '-' || c == '.'; });
}

// Whether base64 text stands for a structure in which something is secret.
bool hides_structure(TextScanner& scanner, std::string_view value, BodyOptions options) {
  const std::string_view bare = trim(value);
  if (bare.size() < kMinHidden || bare.size() > kMaxHidden) return false;
  if (!std::all_of(bare.begin(), bare.end(),
                   [](char c) { return base64_value(c) < 64 || c == '='; })) {
    return false;
  }
  auto decoded = decode_base64(bare);
  if (!decoded || !(is_readable(*decoded) || !coding_of_magic(*decoded).empty())) return false;
  const RedactedContent inner = redact_content(scanner, *decoded, {}, options.inner());
  const bool is_binary = !inner.withheld.empty();
  const bool is_hiding = !is_binary && inner.text != *decoded;
  wipe(*decoded);
  return is_hiding;
}

// A credential of few digits (pin, otp) under whose name stands something longer that looks secret.
bool is_odd_code(const NameTable& names, std::string_view class_name, std::string_view value) {
  constexpr std::size_t kMinOdd = 10;
  return digits_needed(class_name) > 0 && !names.is_personal(class_name) &&
         value.size() >= kMinOdd && is_secret_word(value);
}

bool looks_like_json(std::string_view value) {
  const std::string_view inner = trim(value);
  return inner.size() >= 2 && (inner[0] == '{' || inner[0] == '[');
}

}  // namespace

std::optional<std::string_view> class_of_member(const NameTable& names, std::string_view name) {
  if (const auto whole = names.class_of(name)) return whole;
  const std::string_view part = last_part(name);
  return part.size() < name.size() ? names.class_of(part) : std::nullopt;
}

std::optional<std::string_view> class_of_container(const NameTable& names, std::string_view name) {
  if (equals_ignoring_case(name, "cookies") || equals_ignoring_case(name, "cookie"))
    return "cookie";
  if (const auto own = class_of_member(names, name)) return own;
  if (!name.ends_with('s') || is_plural_count(name)) return std::nullopt;
  return class_of_member(names, name.substr(0, name.size() - 1));
}

bool is_descriptive_member(std::string_view name) {
  const auto segments = name_segments(name);
  return !segments.empty() && is_in(kDescriptive, segments.back());
}

bool is_name_member(std::string_view name) { return is_in(kNameMembers, name); }
bool is_value_member(std::string_view name) { return is_in(kValueMembers, name); }

bool is_secret_member(const NameTable& names, std::string_view class_name, std::string_view value) {
  value = trim(value);
  if (value.empty() || is_placeholder(value) || is_mark(value) || is_whole_template(value))
    return false;
  if (value.find_first_not_of("*xX.-•") == value.npos) return false;
  if (names.has_value_shape(class_name)) return names.accepts(class_name, value);
  if (is_odd_code(names, class_name, value)) return true;
  const bool is_word =
      std::all_of(value.begin(), value.end(), [](char c) { return is_letter(c) || c == '/'; });
  const bool is_any = is_plausible_value(class_name, "a1@b");  // not a class of digits or addresses
  if (is_word || !is_any) return is_plausible_value(class_name, value);
  return class_name != "email" || value.find('@') != value.npos || value.find("%40") != value.npos;
}

std::string redact_text_at(TextScanner& scanner, std::string_view text, unsigned depth) {
  if (text.size() < kMinScanned) return std::string(text);
  return scanner.redact(text, std::min(depth, kMaxBodyDepth));
}

std::string redact_member(TextScanner& scanner, std::string_view name, std::string_view value,
                          BodyOptions options) {
  auto class_name = class_of_member(scanner.names(), name);
  if (!class_name) class_name = scanner.names().class_of(last_part(name), value);
  if (!class_name) class_name = contextual_class(name, value);
  if (is_credential_field(name, value)) return redact_field_value(scanner, {name, value});
  if (class_name && is_secret_member(scanner.names(), *class_name, value)) {
    return scanner.replace(*class_name, value);
  }
  if (options.depth >= kMaxBodyDepth) return redact_text_at(scanner, value, options.depth);
  if (looks_like_json(value)) {
    if (auto walked = redact_json(scanner, value, options.inner())) return *std::move(walked);
  }
  if (looks_like_url(value)) return redact_url(scanner, value, options.inner());
  if (looks_like_xml(value)) {
    if (auto walked = redact_xml(scanner, value, options.inner())) return *std::move(walked);
  }
  if (looks_like_graphql(value)) return redact_graphql(scanner, value, options.inner());
  if (hides_structure(scanner, value, options)) return scanner.replace("encoded", value);
  return redact_text_at(scanner, value, options.depth);
}

}  // namespace scopetrace
