// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/rules/plausible.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <span>

#include "userspace/redact/detect/numbers/cards.h"
#include "userspace/redact/detect/placeholder.h"
#include "userspace/redact/rules/harmless_values.h"
#include "userspace/redact/scan/ip_address.h"
#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/scan/word_set.h"

namespace scopetrace {
namespace {

// Words that stand for a value, say that there is none, or describe it.
constexpr std::string_view kKeywords[] = {
    "true",        "false",       "null",        "none",        "nil",          "undefined",
    "void",        "new",         "yes",         "no",          "required",     "optional",
    "string",      "password",    "passwd",      "secret",      "token",        "bearer",
    "basic",       "nullptr",     "str",         "int",         "bool",         "object",
    "any",         "bytes",       "varchar",     "text",        "unset",        "empty",
    "missing",     "invalid",     "expired",     "changed",     "failed",       "reset",
    "n/a",         "this",        "self",        "number",      "filtered",     "masked",
    "hidden",      "removed",     "omitted",     "incorrect",   "wrong",        "redacted",
    "denied",      "forbidden",   "unknown",     "valid",       "revoked",      "disabled",
    "enabled",     "rejected",    "accepted",    "created",     "updated",      "deleted",
    "generated",   "refreshed",   "rotated",     "renewed",     "loaded",       "found",
    "mismatch",    "ok",          "success",     "boolean",     "integer",      "char",
    "uuid",        "json",        "jsonb",       "blob",        "float",        "double",
    "long",        "date",        "datetime",    "timestamp",   "array",        "list",
    "map",         "func",        "function",    "const",       "var",          "let",
    "await",       "async",       "return",      "include",     "omit",         "prompt",
    "stdin",       "unspecified", "not",         "is",          "was",          "are",
    "has",         "must",        "should",      "cannot",      "too",          "for",
    "from",        "with",        "and",         "or",          "the",          "in",
    "to",          "of",          "on",          "auto",        "unauthorized", "unchanged",
    "verified",    "supported",   "same-origin", "ask",         "nan",          "private",
    "public",      "protected",   "hmac",        "bcrypt",      "argon2",       "set",
    "not_set",     "inherit",     "default",     "always",      "never",        "enforced",
    "strong",      "weak",        "data",        "todo",        "tbd",          "fixme",
    "string|null", "encrypted",   "ascii-text",  "hexadecimal", "secrets",      "tokens",
    "passwords",   "credentials", "noschedule",  "noexecute"};
constexpr std::string_view kPlaceholderParts[] = {"YOUR_",      "your_",        "your-",
                                                  "CHANGEME",   "changeme",     "os.environ",
                                                  "getenv",     "process.env",  "NO_LOG_PARAMETER",
                                                  "{{",         "${",           "$(",
                                                  "<%=",        "#{",           "<your",
                                                  "REPLACE_ME", "example-token"};
// What stands for all or the rest of a value when it is at one of its ends. A secret may hold it.
constexpr std::string_view kMaskEnds[] = {"***",    "xxxx", "XXXX", "....", "####",       "XXX-XX",
                                          "xxx-xx", "…",    "••",   "●●",   "placeholder"};
constexpr WordSet kPlaceholders{std::span(kPlaceholderParts)};
// What a reference to a value begins with.
constexpr std::string_view kReferenceBegins[] = {
    "arn:", "vault:", "env:",      "file:", "ssm:",    "!vault",      "!Ref",    "!Sub",
    "!Get", "op:",    "keychain:", "ref+",  "!secret", "@Microsoft.", "import.", "projects/"};
constexpr WordSet kReferences{std::span(kReferenceBegins)};
constexpr std::size_t kMaxTemplate = 96;  // longer values are no placeholders

// Classes whose values always hold so many digits.
struct DigitClass {
  std::string_view name;
  std::size_t digits;
};
constexpr DigitClass kDigitClasses[] = {{"otp", 4},
                                        {"otp-code", 4},
                                        {"pin", 4},
                                        {"pin-code", 4},
                                        {"cvv", 3},
                                        {"pan", 4},
                                        {"ssn", 4},
                                        {"account-number", 4},
                                        {"national-id", 4},
                                        {"passport", 4},
                                        {"driving-licence", 4},
                                        {"medical-record", 3},
                                        {"date-of-birth", 4},
                                        {"phone", 5},
                                        {"device-id", 6},
                                        {"client-ip", 1},
                                        {"postal-code", 1}};

// By the first letter: which lengths the keywords that begin with it have.
constexpr std::array<std::uint32_t, 32> make_keyword_lengths() {
  std::array<std::uint32_t, 32> lengths{};
  for (const std::string_view word : kKeywords) {
    lengths[static_cast<unsigned char>(word[0]) & 31] |= std::uint32_t{1} << word.size();
  }
  return lengths;
}
constexpr auto kKeywordLengths = make_keyword_lengths();

bool is_keyword(std::string_view value) {
  if (value.size() >= 16) return false;
  const std::uint32_t lengths = kKeywordLengths[static_cast<unsigned char>(value[0]) & 31];
  return (lengths >> value.size() & 1) != 0 &&
         std::any_of(std::begin(kKeywords), std::end(kKeywords), [&](std::string_view word) {
           return word.size() == value.size() && equals_ignoring_case(word, value);
         });
}

bool is_word_char(char c) { return is_alnum(c) || c == '_'; }

// A call, a member access or an index: code, not a value.
bool is_expression(std::string_view value) {
  const bool is_scalar = value[0] == '$';  // $self->name, $SIG{name} of Perl
  if (is_scalar && value.size() > 2 && value.substr(1).find("->") != value.npos) return true;
  const auto open = value.find_first_of(is_scalar ? "([{" : "([");
  if (open == std::string_view::npos || open == 0) return false;
  if (open == 1 && value.find(']', open) == value.npos && value[open] == '[') return false;
  const std::string_view head = value.substr(0, open);
  return is_path_of_call(head) || std::all_of(head.begin(), head.end(), [](char c) {
           return is_letter(c) || is_in(c, "_.$:>-");
         });
}

// $TOKEN, $password, %TOKEN%, :password, @password
bool is_variable(std::string_view value) {
  if (value.size() < 2) return value == "$" || value == "%" || value == "?";
  if (value[0] == '$') value = value.substr(0, value.find("){"));                  // GraphQL
  const std::string_view word = value.substr(value.starts_with("$env:") ? 5 : 1);  // PowerShell
  const char mark = value[0];
  if (word.empty()) return true;
  if (mark == '%') return value.size() <= 3 || value.back() == '%' || word[0] == '(';
  if (mark != '$' && mark != ':' && mark != '@') return false;
  if (mark == '$' && is_digit(word[0])) return value.size() <= 3;  // an SQL parameter
  const bool is_word = std::all_of(word.begin(), word.end(), is_word_char);
  const bool is_lower_word = !has_digit(word) && is_letter(word[0]);
  const bool is_upper_word = std::none_of(word.begin(), word.end(), is_lower) && !is_digit(word[0]);
  return is_word && (is_upper_word ? mark == '$' : is_lower_word);
}

// {token50}, %{TOKEN}, @{token}, ((token)): a name in what templates of many kinds put around it.
bool is_braced_name(std::string_view value) {
  struct Braces {
    std::string_view open, close;
  };
  constexpr std::array<Braces, 4> kBraces = {{{"{", "}"}, {"%{", "}"}, {"@{", "}"}, {"((", "))"}}};
  return std::any_of(kBraces.begin(), kBraces.end(), [&](const Braces& braces) {
    if (!value.starts_with(braces.open) || !value.ends_with(braces.close)) return false;
    if (value.size() <= braces.open.size() + braces.close.size()) return false;
    value.remove_prefix(braces.open.size());
    value.remove_suffix(braces.close.size());
    const auto end = value.find_last_not_of("0123456789");  // token50
    return end != value.npos && value.size() - end <= 4 &&
           std::all_of(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(end) + 1,
                       [](char c) { return is_letter(c) || is_in(c, "_-.:"); });
  });
}

// [FILTERED], (hidden), <token>, {token}
bool is_bracketed_word(std::string_view value) {
  constexpr std::array<std::string_view, 4> kBrackets = {"<>", "[]", "()", "{}"};
  if (value.size() < 2) return value == "<" || value == "[" || value == "{" || value == "(";
  if (value[0] == '(' && is_keyword(value.substr(1))) return true;  // (hidden
  const bool is_bracketed = std::any_of(kBrackets.begin(), kBrackets.end(), [&](auto pair) {
    return value.front() == pair[0] && value.back() == pair[1];
  });
  if (!is_bracketed || value.size() > kMaxTemplate) return false;
  if (value.front() == '<') return true;
  const std::string_view word = value.substr(1, value.size() - 2);
  return std::all_of(word.begin(), word.end(), [](char c) {
    return is_letter(c) || c == '_' || c == '-' || c == ' ' || c == '.' || c == ':';
  });
}

constexpr std::array<bool, 256> make_mask_signs() {
  std::array<bool, 256> table{};
  for (const std::string_view mask : kMaskEnds) {
    table[static_cast<unsigned char>(mask.front())] = true;
    table[static_cast<unsigned char>(mask.back())] = true;
  }
  return table;
}
// What masks begin or end with.
constexpr auto kMaskSigns = make_mask_signs();

bool has_mask_end(std::string_view value) {
  const auto may_be_mask = [](char c) { return kMaskSigns[static_cast<unsigned char>(c)]; };
  if (value.size() > kMaxTemplate || !(may_be_mask(value.front()) || may_be_mask(value.back())))
    return false;
  return std::any_of(std::begin(kMaskEnds), std::end(kMaskEnds), [&](std::string_view mask) {
    return value.starts_with(mask) || value.ends_with(mask);
  });
}

// j**@e**.com, sk_ab...yz, ****1234: what a program leaves of a value it hides.
bool is_masked(std::string_view value) {
  constexpr std::size_t kMaxShortened = 24;
  const auto dots = value.find("...");
  if (dots != value.npos && dots > 0 && value.size() <= kMaxShortened) return true;
  if (has_mask_end(value)) return true;
  const auto stars = static_cast<std::size_t>(std::count(value.begin(), value.end(), '*'));
  const bool is_address = value.find('@') != value.npos && value.find("**") != value.npos;
  return stars > 2 && (2 * stars >= value.size() || is_address);
}

// String!, [ID!]!, PasswordInput!: a type of GraphQL.
bool is_graphql_type(std::string_view value) {
  constexpr std::array<std::string_view, 11> kEnds = {
      "String", "ID", "Int", "Float", "Boolean", "UUID", "Input", "Date", "Time", "JSON", "Scalar"};
  while (!value.empty() && (value.front() == '[')) value.remove_prefix(1);
  const bool is_marked = !value.empty() && (value.back() == '!' || value.back() == ']');
  while (!value.empty() && (value.back() == '!' || value.back() == ']')) value.remove_suffix(1);
  if (value.empty() || !is_upper(value[0]) || value.size() > 32) return false;
  if (!is_marked && value != "ID") return false;
  return std::all_of(value.begin(), value.end(), is_letter) &&
         std::any_of(kEnds.begin(), kEnds.end(),
                     [&](std::string_view end) { return value.ends_with(end); });
}

// A placeholder that the text, or the end of a bare value, cuts.
bool is_begun_mark(std::string_view value) {
  constexpr std::string_view kMark = "[REDACTED";
  if (!value.starts_with(kMark) || value.size() > kMaxTemplate) return false;
  return std::all_of(value.begin() + kMark.size(), value.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == ':' || c == '-'; });
}

// __NAME__, @NAME@, %%NAME%%: what a build replaces.
bool is_marked_name(std::string_view value) {
  if (value.size() < 4 || value.front() != value.back()) return false;
  if (!is_in(value.front(), "_@%")) return false;
  return std::all_of(value.begin(), value.end(),
                     [&](char c) { return is_upper(c) || c == '_' || c == value.front(); });
}

// Letters, digits and the signs of base64 only: what most secrets are, and no code, variable or
// bracketed word.
bool is_token(std::string_view value) {
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return is_token_char(c) || c == '='; });
}

// is_template() of such a value.
bool is_token_template(std::string_view value) {
  if (has_mask_end(value) || value == "ID" || is_marked_name(value)) return true;
  if (value.size() > kMaxTemplate) return false;
  return value.find_first_not_of("xX-_") == std::string_view::npos || kPlaceholders.is_in(value);
}

// #d8dee9
bool is_colour(std::string_view value) {
  return value.size() == 7 && value[0] == '#' &&
         std::all_of(value.begin() + 1, value.end(), [](char c) { return hex_value(c) >= 0; });
}

bool is_template(std::string_view value) {
  if (is_masked(value) || is_graphql_type(value)) return true;
  if (is_variable(value) || is_bracketed_word(value) || is_marked_name(value)) return true;
  if (is_braced_name(value) || is_colour(value)) return true;
  if (is_placeholder(value) || is_begun_mark(value)) return true;
  if (value.size() > kMaxTemplate) return false;
  if (value.find_first_not_of("*xX.-•_#?…") == std::string_view::npos) return true;
  return kPlaceholders.is_in(value);
}

// /run/secrets/x, ./key.pem, vault:kv/app, arn:aws:…, https://…: where the value is kept.
bool is_reference(std::string_view value) {
  if (kReferences.begins(value) || is_path_of_vault(value)) return true;
  const auto mark = value.find("://");
  if (mark != value.npos && mark < 16) {
    return std::all_of(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(mark),
                       [](char c) { return is_word_char(c) || c == '+' || c == '-'; });
  }
  const bool is_path = value.starts_with("/") || value.starts_with("./") ||
                       value.starts_with("../") || value.starts_with("~/") ||
                       (value.size() > 2 && is_letter(value[0]) && value.substr(1, 2) == ":\\");
  if (!is_path || value.size() < 3) return false;
  // Base64 may begin with a slash; its parts are long and mixed.
  for (std::size_t at = 0; at < value.size();) {
    const auto end = std::min(value.find_first_of("/\\", at), value.size());
    if (is_random_token(value.substr(at, end - at))) return false;
    at = end + 1;
  }
  return value.find_first_of("=+ ;") == value.npos;
}

bool is_personal_word(std::string_view class_name, std::string_view value) {
  if (class_name != "person-name") return true;
  return !has_digit(value) && has_letter(value) && value.find_first_of("/_:=@") == value.npos;
}

// Capitals and digits, one at least: how passports of some countries are numbered.
bool is_document_code(std::string_view value) {
  return value.size() >= 8 && value.size() <= 10 && has_digit(value) &&
         std::all_of(value.begin(), value.end(), [](char c) { return is_upper(c) || is_digit(c); });
}

// The name that Twilio gives to a message, a call, an account: SM and 32 hexadecimal digits.
bool is_twilio_id(std::string_view value) {
  return value.size() == 34 && is_upper(value[0]) && is_upper(value[1]) &&
         std::all_of(value.begin() + 2, value.end(), [](char c) { return hex_value(c) >= 0; });
}

bool is_uuid(std::string_view value) {
  return value.size() == 36 && value[8] == '-' && value[13] == '-' && value[18] == '-' &&
         value[23] == '-';
}

bool ends_in_sensitive_word(std::string_view word) {
  constexpr std::array<std::string_view, 8> kEnds = {"password", "token",  "secret", "key",
                                                     "pass",     "passwd", "pwd",    "phrase"};
  return std::any_of(kEnds.begin(), kEnds.end(), [&](std::string_view end) {
    return word.size() >= end.size() &&
           equals_ignoring_case(end, word.substr(word.size() - end.size()));
  });
}

bool is_code_root(std::string_view word) {
  constexpr std::array<std::string_view, 36> kRoots = {
      "self",     "this",    "req",    "request",    "res",    "config", "cfg",     "conf",
      "settings", "options", "opts",   "args",       "env",    "os",     "process", "var",
      "local",    "data",    "module", "secrets",    "params", "props",  "state",   "user",
      "ctx",      "context", "event",  "body",       "input",  "form",   "session", "account",
      "client",   "server",  "window", "credentials"};
  return word.size() <= 2 || std::find(kRoots.begin(), kRoots.end(), word) != kRoots.end();
}

// How often a small letter is followed by a capital.
std::size_t count_humps(std::string_view value) {
  std::size_t humps = 0;
  for (std::size_t i = 1; i < value.size(); ++i)
    humps += is_upper(value[i]) && is_lower(value[i - 1]) ? 1 : 0;
  return humps;
}

}  // namespace

std::size_t digits_needed(std::string_view class_name) {
  for (const DigitClass& known : kDigitClasses) {
    if (known.name == class_name) return known.digits;
  }
  return 0;
}

bool has_password_sign(std::string_view value) {
  return std::any_of(value.begin(), value.end(),
                     [](char c) { return !is_letter(c) && !is_in(c, " .,!?'():/-_"); });
}

bool is_copula(std::string_view word) {
  constexpr std::array<std::string_view, 9> kWords = {"is", "was", "ist", "lautet", "est",
                                                      "es", "è",   "é",   "jest"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

bool is_prose(std::string_view value) {
  constexpr std::array<std::string_view, 36> kFirst = {
      "password", "passwords", "token",   "secret", "is",      "must",  "can't",     "cannot",
      "has",      "does",      "should",  "may",    "not",     "was",   "too",       "please",
      "enter",    "your",      "the",     "a",      "an",      "at",    "minimum",   "needs",
      "no",       "contains",  "for",     "to",     "invalid", "wrong", "incorrect", "required",
      "missing",  "expired",   "doesn't", "and"};
  if (has_digit(value) && value.find(' ') == value.npos) return false;
  const std::string first = to_lower(value.substr(0, std::min<std::size_t>(value.find(' '), 16)));
  const bool has_words = value.find(' ') != value.npos;
  if (has_words && std::find(kFirst.begin(), kFirst.end(), first) != kFirst.end()) return true;
  if (value.empty() || !is_upper(value[0]) || has_digit(value)) return false;
  if (has_words) {  // a sentence holds letters and its own signs only
    return std::all_of(value.begin(), value.end(), [](char c) {
      return is_letter(c) || static_cast<unsigned char>(c) >= 0x80 || is_in(c, " .,!?'():/-");
    });
  }
  return value.size() <= 12 && std::all_of(value.begin() + 1, value.end(), [](char c) {
           return is_lower(c) || static_cast<unsigned char>(c) >= 0x80;
         });
}

bool stands_for_itself(std::string_view value) {
  value = trim(value);
  while (!value.empty() && (value.back() == ')' || value.back() == ';')) value.remove_suffix(1);
  if (value.empty() || is_keyword(value.substr(0, value.find_last_not_of("}]") + 1))) return false;
  if (is_token(value)) return !is_token_template(value) && !is_reference(value);
  return !is_template(value) && !is_expression(value) && !is_reference(value);
}

bool is_plausible_value(std::string_view class_name, std::string_view value) {
  if (!stands_for_itself(value)) return false;
  value = trim(value);
  while (value.back() == ')' || value.back() == ';') value.remove_suffix(1);
  if (class_name == "email") return value.find_first_of("@%") != value.npos;
  if (class_name == "client-ip") return is_public_address(value);
  if (!is_personal_word(class_name, value)) return false;
  if (class_name == "session-id" && is_twilio_id(value)) return false;
  if (class_name == "passport" && is_document_code(value)) return true;
  const std::size_t digits = digits_needed(class_name);
  if (digits > 0) return count_digits(value) >= digits;
  return value.size() > 2 || !is_digit(value[0]);
}

// Whether words with dots between, the first at `dot`, are code.
static bool is_code_path(std::string_view value, std::size_t dot) {
  if (is_shuffled(value.substr(dot + 1))) return false;
  const bool is_deep = value.find('.', dot + 1) != value.npos && value.find('_') != value.npos;
  return is_deep || is_code_root(value.substr(0, dot)) || ends_in_sensitive_word(value);
}

bool is_code_word(std::string_view value) {
  while (!value.empty() && (value.back() == ';' || value.back() == ',')) value.remove_suffix(1);
  if (value.empty() || value.size() > 64) return false;
  const bool is_path = std::all_of(value.begin(), value.end(), [](char c) {
    return is_letter(c) || c == '_' || c == '.' || c == '?' || c == '!';
  });
  if (!is_path) return false;
  const auto dot = value.find('.');
  if (dot != value.npos && dot > 0) return is_code_path(value, dot);
  const bool has_hump = value.find('_') != value.npos ||
                        (is_lower(value[0]) && std::any_of(value.begin(), value.end(), is_upper));
  return has_hump && ends_in_sensitive_word(value);
}

bool is_secret_word(std::string_view value) {
  if (value.size() < 4) return false;
  bool has_symbol = false;
  for (const char c : value) {
    if (is_space(c)) return false;
    has_symbol = has_symbol || (!is_alnum(c) && !is_in(c, "._-:/"));
  }
  return has_digit(value) || has_symbol || count_humps(value) > 0 || value.size() >= 24;
}

// Whether capitals and small letters are mixed, and no word stands in between.
static bool has_short_words(std::string_view value) {
  constexpr std::size_t kMaxRun = 4;
  std::size_t run = 0;
  bool has_upper = false;
  for (const char c : value) {
    run = is_lower(c) ? run + 1 : 0;
    has_upper = has_upper || is_upper(c);
    if (run > kMaxRun) return false;
  }
  return has_upper;
}

bool is_shuffled(std::string_view value) {
  return value.size() >= 12 && count_humps(value) * 5 > value.size();
}

bool is_random_token(std::string_view value) {
  constexpr std::size_t kMinToken = 16;
  if (value.size() < kMinToken || is_uuid(value)) return false;
  if (value.find_first_of(" :<>(){}\"") != value.npos || value.find("//") != value.npos) {
    return false;
  }
  const std::size_t digits = count_digits(value);
  if (digits >= 2) return has_letter(value) && digits < value.size() - 2;
  if (digits == 1 && value.size() >= 24 && has_short_words(value)) return true;
  return value.size() >= 20 && is_shuffled(value);
}

// Hauptstrasse 14, Via Roma 8: words with capitals, then the number. Blanks may be encoded.
static bool has_house_number_last(std::string_view value) {
  constexpr std::size_t kMinStreet = 6;
  const auto end = value.find_last_not_of("0123456789");
  if (end == value.npos || end < kMinStreet || value.size() - end > 5 || end + 1 == value.size())
    return false;
  const bool is_encoded = value.substr(0, end + 1).ends_with('+');
  if (value[end] != ' ' && !is_encoded) return false;
  return is_upper(value[0]) &&
         std::none_of(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(end),
                      [](char c) { return is_digit(c) || c == ':' || c == '='; });
}

bool is_word_chain(std::string_view value) {
  constexpr std::size_t kMinChain = 12;
  return value.size() >= kMinChain && std::count(value.begin(), value.end(), '-') >= 2 &&
         std::all_of(value.begin(), value.end(), [](char c) { return is_alnum(c) || c == '-'; });
}

bool has_look_of(std::string_view class_name, std::string_view value) {
  value = trim(value);
  if (class_name == "generic-password") {
    if (is_word_chain(value)) return true;
    return value.size() >= 6 && has_letter(value) && has_password_sign(value) &&
           is_secret_word(value);
  }
  if (class_name == "postal-address") {  // 483 Quillow Lane
    if (has_house_number_last(value)) return true;
    const auto number = value.find_first_not_of("0123456789");
    return number != value.npos && number > 0 && number < 6 && number + 1 < value.size() &&
           is_in(value[number], " +%") && std::any_of(value.begin(), value.end(), is_upper);
  }
  if (class_name == "pan") return count_digits(value) == value.size() && is_card_number(value);
  if (!is_random_token(value)) return false;
  const bool is_dotted = value.find('.') != value.npos && value.find('/') != value.npos;
  return !is_dotted;
}

}  // namespace scopetrace
