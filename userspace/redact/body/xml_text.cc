// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/xml_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxReference = 12;  // &#x10FFFF;
constexpr std::array<std::pair<std::string_view, char>, 5> kReferences = {
    {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}}};

bool ends_name(char c) { return is_space(c) || c == '>' || c == '/' || c == '=' || c == '<'; }

// Behind the `>` of a tag or declaration; quoted values and an internal subset are passed over.
std::size_t tag_end(std::string_view text, std::size_t at, bool has_subset) {
  const std::string_view stops = has_subset ? "\"'>[]" : "\"'>";
  int depth = 0;
  for (at = text.find_first_of(stops, at); at < text.size();
       at = text.find_first_of(stops, at + 1)) {
    const char c = text[at];
    if (c == '>' && depth <= 0) return at + 1;
    if (c == '[') ++depth;
    if (c == ']') --depth;
    if (c == '"' || c == '\'') at = std::min(text.find(c, at + 1), text.size());
  }
  return text.npos;
}

std::size_t behind(std::string_view text, std::string_view mark, std::size_t from) {
  const auto found = text.find(mark, from);
  return found == text.npos ? found : found + mark.size();
}

// The character that a numeric reference stands for, as the JSON escapes of its code units.
std::string numeric_reference(std::string_view digits) {
  const bool is_hex = digits.size() > 1 && to_lower(digits[0]) == 'x';
  if (is_hex) digits.remove_prefix(1);
  unsigned code = 0;
  for (const char c : digits) {
    const int digit = hex_value(c);
    if (digit < 0 || (!is_hex && digit > 9) || code > 0xffff) return {};
    code = code * (is_hex ? 16 : 10) + static_cast<unsigned>(digit);
  }
  if (digits.empty() || code == 0 || code > 0xffff) return {};
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string escape = "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) escape += kHex[code >> shift & 15];
  return unescape_json(escape);
}

std::string reference_text(std::string_view name) {
  if (name.starts_with('#')) return numeric_reference(name.substr(1));
  for (const auto& [known, c] : kReferences) {
    if (name == known) return std::string(1, c);
  }
  return {};
}

// The attribute at the front of `rest`, which is then behind its closing quote.
XmlAttribute take_attribute(std::string_view& rest) {
  const std::string_view whole = rest;
  std::size_t at = std::min(rest.find_first_not_of(" \t\r\n/"), rest.size());
  const std::size_t name_begin = at;
  while (at < rest.size() && !ends_name(rest[at])) ++at;
  XmlAttribute out;
  out.name = rest.substr(name_begin, at - name_begin);
  std::size_t sign = std::min(rest.find_first_not_of(" \t\r\n", at), rest.size());
  if (sign == rest.size() || rest[sign] != '=') {  // an attribute without value
    at = std::max(at, std::min(name_begin + 1, rest.size()));
    out.before = whole.substr(0, at);
    rest.remove_prefix(at);
    return out;
  }
  at = std::min(rest.find_first_not_of(" \t\r\n", sign + 1), rest.size());
  const char quote = at < rest.size() ? rest[at] : '\0';
  const bool is_quoted = quote == '"' || quote == '\'';
  if (is_quoted) ++at;
  const std::size_t end =
      std::min(is_quoted ? rest.find(quote, at) : rest.find_first_of(" \t\r\n>", at), rest.size());
  out.before = whole.substr(0, at);
  out.value = rest.substr(at, end - at);
  rest.remove_prefix(end);
  return out;
}

}  // namespace

std::size_t markup_end(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("<!--")) return behind(text, "-->", at + 4);
  if (rest.starts_with("<![CDATA[")) return behind(text, "]]>", at + 9);
  if (rest.starts_with("<?")) return behind(text, "?>", at + 2);
  return tag_end(text, at + 1, rest.starts_with("<!"));
}

std::optional<XmlTag> parse_tag(std::string_view markup) {
  if (markup.size() < 3 || markup.front() != '<' || markup.back() != '>') return std::nullopt;
  XmlTag tag;
  tag.is_end = markup[1] == '/';
  std::size_t at = tag.is_end ? 2 : 1;
  const std::size_t begin = at;
  while (at < markup.size() && !ends_name(markup[at])) ++at;
  tag.name = markup.substr(begin, at - begin);
  if (tag.name.empty() || !(is_letter(tag.name[0]) || tag.name[0] == '_' || tag.name[0] < 0)) {
    return std::nullopt;
  }
  std::string_view rest = markup.substr(at, markup.size() - at - 1);
  tag.is_empty = rest.ends_with('/');
  while (rest.find_first_not_of(" \t\r\n/\"'") != rest.npos &&
         tag.attributes.size() < kMaxAttributes) {
    tag.attributes.push_back(take_attribute(rest));
  }
  tag.tail = markup.substr(static_cast<std::size_t>(rest.data() - markup.data()));
  return tag;
}

std::string_view local_name(std::string_view name) {
  const auto colon = name.rfind(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

std::string decode_references(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto sign = std::min(text.find('&', at), text.size());
    out += text.substr(at, sign - at);
    if (sign == text.size()) break;
    const auto end = text.substr(sign, kMaxReference).find(';');
    const std::string decoded =
        end == text.npos ? std::string() : reference_text(text.substr(sign + 1, end - 1));
    out += decoded.empty() ? "&" : decoded;
    at = sign + (decoded.empty() ? 1 : end + 1);
  }
  return out;
}

std::string escape_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto* found = std::find_if(kReferences.begin(), kReferences.end(),
                                     [&](const auto& known) { return known.second == c; });
    if (found == kReferences.end()) {
      out += c;
    } else {
      out.append("&").append(found->first).append(";");
    }
  }
  return out;
}

}  // namespace scopetrace
