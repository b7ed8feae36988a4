// SPDX-License-Identifier: Apache-2.0
#include "tests/support/corpus/encode.h"

#include <array>
#include <cctype>
#include <map>

#include "userspace/base/result.h"
#include "userspace/redact/rules/shape.h"

namespace scopetrace::testing {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kUpperHexDigits = "0123456789ABCDEF";

bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

std::string hex_of(char c, std::string_view digits) {
  const auto byte = static_cast<unsigned char>(c);
  return {digits[byte >> 4], digits[byte & 15]};
}

std::string percent(char c) {
  constexpr std::string_view kUnreserved = "-_.~";
  if (is_alnum(c) || kUnreserved.find(c) != std::string_view::npos) return {c};
  return "%" + hex_of(c, kUpperHexDigits);
}

std::string form(char c) { return c == ' ' ? "+" : percent(c); }

std::string json(char c) {
  if (c == '"' || c == '\\') return {'\\', c};
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  return {c};
}

// What Go's encoding/json and Ruby on Rails do: characters of HTML as code points.
std::string json_for_html(char c) {
  constexpr std::string_view kOfHtml = "&<>'";
  return kOfHtml.find(c) == std::string_view::npos ? json(c) : "\\u00" + hex_of(c, kHexDigits);
}

std::string xml(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {c};
  }
}

std::string sql(char c) { return c == '\'' ? "''" : std::string{c}; }
std::string csv(char c) { return c == '"' ? "\"\"" : std::string{c}; }
std::string shell(char c) { return c == '\'' ? "'\\''" : std::string{c}; }
std::string hex(char c) { return hex_of(c, kHexDigits); }
std::string indent(char c) { return c == '\n' ? "\n    " : std::string{c}; }
std::string raw(char c) { return {c}; }

std::string python(char c) {
  if (c == '\'' || c == '\\') return {'\\', c};
  return c == '\n' ? "\\n" : std::string{c};
}

std::string properties(char c) {
  constexpr std::string_view kEscaped = ":=#!\\ ";
  return kEscaped.find(c) == std::string_view::npos ? std::string{c} : std::string{'\\', c};
}

using CharEncoder = std::string (*)(char);

const std::map<std::string, CharEncoder, std::less<>>& char_encoders() {
  static const std::map<std::string, CharEncoder, std::less<>> encoders = {
      {"raw", raw},   {"json", json},       {"pct", percent}, {"form", form},
      {"xml", xml},   {"sql", sql},         {"csv", csv},     {"u0026", json_for_html},
      {"sh", shell},  {"yaml1", sql},       {"hex", hex},     {"indent", indent},
      {"py", python}, {"props", properties}};
  return encoders;
}

std::string base64(std::string_view text, std::string_view alphabet, bool is_padded) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, text.size() - i);
    std::uint32_t quantum = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      quantum = quantum << 8 | (k < count ? static_cast<unsigned char>(text[i + k]) : 0U);
    }
    for (std::size_t k = 0; k <= count; ++k) out += alphabet[quantum >> (18 - 6 * k) & 63];
    if (is_padded) out.append(3 - count, '=');
  }
  return out;
}

std::string alphabet_with(std::string_view last_two) {
  std::string alphabet;
  for (char c = 'A'; c <= 'Z'; ++c) alphabet += c;
  for (char c = 'a'; c <= 'z'; ++c) alphabet += c;
  for (char c = '0'; c <= '9'; ++c) alphabet += c;
  return alphabet.append(last_two);
}

std::string encode_once(std::string_view encoding, std::string_view text) {
  if (encoding == "b64") return base64(text, alphabet_with("+/"), true);
  if (encoding == "b64url") return base64(text, alphabet_with("-_"), false);
  const auto encoder = char_encoders().find(encoding);
  ST_CHECK(encoder != char_encoders().end());
  std::string out;
  for (const char c : text) out += encoder->second(c);
  return out;
}

std::string capital(std::string word) {
  word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
  return word;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator,
                   bool first_capital, bool others_capital) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += separator;
    out += (i == 0 ? first_capital : others_capital) ? capital(words[i]) : words[i];
  }
  return out;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

std::string generate(std::string_view shape, Random& random) {
  const auto parsed = Shape::parse(shape);
  ST_CHECK(parsed.has_value());
  return parsed->generate(random);
}

std::string encode(std::string_view encoding, std::string_view text) {
  if (!encoding.empty() && encoding.back() == '2') {
    encoding.remove_suffix(1);
    return encode_once(encoding, encode_once(encoding, text));
  }
  return encode_once(encoding, text);
}

bool is_charwise(std::string_view encoding) { return encoding != "b64" && encoding != "b64url"; }

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  bool was_lower = false;
  for (const char c : name) {
    const bool is_upper = std::isupper(static_cast<unsigned char>(c)) != 0;
    if ((!is_alnum(c) || (is_upper && was_lower)) && !words.back().empty()) words.emplace_back();
    if (is_alnum(c)) {
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    was_lower = is_alnum(c) && !is_upper;
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::string write_name(std::string_view style, const std::vector<std::string>& words) {
  if (style == "name") return joined(words, "_", false, false);
  if (style == "kebab") return joined(words, "-", false, false);
  if (style == "camel") return joined(words, "", false, true);
  if (style == "pascal") return joined(words, "", true, true);
  if (style == "upper") return upper(joined(words, "_", false, false));
  if (style == "train") return joined(words, "-", true, true);
  if (style == "dotted") return joined(words, ".", false, false);
  if (style == "spaced") return joined(words, " ", false, false);
  if (style == "flat") return joined(words, "", false, false);
  return {};
}

}  // namespace scopetrace::testing
