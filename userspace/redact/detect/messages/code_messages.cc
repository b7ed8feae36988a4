// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/messages/code_messages.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "userspace/redact/detect/cursor.h"
#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/detect/pairs/assignment.h"
#include "userspace/redact/detect/word_column.h"
#include "userspace/redact/rules/plausible.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMinCode = 4;
constexpr std::size_t kMaxCode = 8;
constexpr std::size_t kMaxGap = 32;  // between the words and the digits

// Where the digits stand: in front of the words or behind them.
enum class Side { kBefore, kBehind };

struct CodeWords {
  std::string_view words;
  Side side;
  bool needs_code = false;  // a word for "code" follows, else "use" or "enter" stands in front
};
constexpr CodeWords kWords[] = {{" is your ", Side::kBefore, true},
                                {" ist dein ", Side::kBefore, true},
                                {" ist ihr ", Side::kBefore, true},
                                {" est votre ", Side::kBefore, true},
                                {" es tu ", Side::kBefore, true},
                                {" to sign in", Side::kBefore},
                                {" to log in", Side::kBefore},
                                {" to verify", Side::kBefore},
                                {"verification code", Side::kBehind},
                                {"login code", Side::kBehind},
                                {"security code", Side::kBehind},
                                {"access code", Side::kBehind},
                                {"2fa code", Side::kBehind},
                                {"your code", Side::kBehind},
                                {" code is", Side::kBehind},
                                {"code lautet", Side::kBehind},
                                {"-time password", Side::kBehind},
                                {"-time code", Side::kBehind},
                                {"passcode", Side::kBehind},
                                {"bestätigungscode", Side::kBehind},
                                {"sicherheitscode", Side::kBehind},
                                {"verifizierungscode", Side::kBehind},
                                {"anmeldecode", Side::kBehind},
                                {"zugangscode", Side::kBehind},
                                {"verificatiecode", Side::kBehind},
                                {"beveiligingscode", Side::kBehind},
                                {"codice di verifica", Side::kBehind},
                                {"codice di sicurezza", Side::kBehind},
                                {"código de seguridad", Side::kBehind},
                                {"código de acceso", Side::kBehind},
                                {"código de confirmación", Side::kBehind},
                                {"código de verificação", Side::kBehind},
                                {"código de segurança", Side::kBehind},
                                {"código de confirmação", Side::kBehind},
                                {"code de confirmation", Side::kBehind},
                                {"code de connexion", Side::kBehind},
                                {"code de sécurité", Side::kBehind},
                                {"code de validation", Side::kBehind},
                                {"kod weryfikacyjny", Side::kBehind},
                                {"verifieringskod", Side::kBehind},
                                {"code de vérification", Side::kBehind},
                                {"código de verificación", Side::kBehind}};

bool has_word_of_code(std::string_view text) {
  constexpr std::array<std::string_view, 6> kCodes = {"code",     "otp",    "pin",
                                                      "password", "código", "kennwort"};
  constexpr std::size_t kMaxMessage = 64;
  const std::string_view ahead = text.substr(0, kMaxMessage);
  const std::string message = to_lower(ahead.substr(0, ahead.find_first_of(".\n")));
  return std::any_of(kCodes.begin(), kCodes.end(),
                     [&](std::string_view word) { return message.find(word) != message.npos; });
}

bool is_asked_for(std::string_view text, std::size_t at) {
  constexpr std::array<std::string_view, 4> kVerbs = {"use ", "enter ", "code ", "type "};
  constexpr std::size_t kMaxVerb = 8;
  const std::size_t from = at > kMaxVerb ? at - kMaxVerb : 0;
  const std::string before = to_lower(text.substr(from, at - from));
  return std::any_of(kVerbs.begin(), kVerbs.end(),
                     [&](std::string_view verb) { return before.ends_with(verb); });
}

// Digits that end at `end`.
std::optional<TextRange> digits_before(std::string_view text, std::size_t end) {
  std::size_t begin = end;
  while (begin > 0 && is_digit(text[begin - 1])) --begin;
  const bool is_code = end - begin >= kMinCode && end - begin <= kMaxCode;
  if (!is_code || (begin > 0 && is_alnum(text[begin - 1]))) return std::nullopt;
  return TextRange{begin, end};
}

bool is_filler(std::string_view word) {
  constexpr std::array<std::string_view, 9> kFillers = {"is",  "est", "es", "for", "lautet",
                                                        "ist", "was", "G",  "code"};
  return std::find(kFillers.begin(), kFillers.end(), word) != kFillers.end();
}

// The code whose digits begin at `at` and end at `end` or, with a dash or blank in its middle,
// behind further ones. Nothing when it is too short or long.
std::optional<TextRange> code_at(std::string_view text, std::size_t at, std::size_t end) {
  const bool is_split = end - at == 3 && end + 3 < text.size() &&
                        (text[end] == '-' || text[end] == ' ') && is_digit(text[end + 1]);
  if (is_split) end = std::min(text.find_first_not_of("0123456789", end + 1), text.size());
  const std::string_view code = text.substr(at, end - at);
  const std::size_t digits = count_digits(code);
  const bool is_code =
      digits >= kMinCode && digits <= kMaxCode && digits + (is_split ? 1 : 0) == code.size();
  return is_code ? std::optional(TextRange{at, end}) : std::nullopt;
}

// The first code behind `at`, when only fillers stand between.
std::optional<TextRange> digits_behind(std::string_view text, std::size_t at) {
  const std::size_t limit = std::min(text.size(), at + kMaxGap);
  while (at < limit && text[at] != '\n') {
    std::size_t end = at;
    while (end < text.size() && is_alnum(text[end])) ++end;
    if (is_digit(text[at])) return code_at(text, at, end);
    if (end > at && !is_filler(text.substr(at, end - at))) return std::nullopt;
    at = std::max(end, at + 1);
  }
  return std::nullopt;
}

// "exit code is 10054": a code of something else than of a person.
bool is_technical(std::string_view text, std::size_t at) {
  constexpr std::size_t kMaxBefore = 16;
  constexpr std::array<std::string_view, 9> kKinds = {
      "exit", "status", "error", "return", "response", "result", "country", "area", "zip"};
  const std::size_t from = at > kMaxBefore ? at - kMaxBefore : 0;
  const std::string before = to_lower(text.substr(from, at - from));
  return std::any_of(kKinds.begin(), kKinds.end(),
                     [&](std::string_view kind) { return before.ends_with(kind); });
}

// Each with two letters of ASCII in a row, which the literal scan needs.
constexpr std::string_view kForeignNames[] = {
    "contraseña", "hasło",  "mật khẩu",   "lösenord", "şifre", "mot de passe", "palavra-passe",
    "Пароль",     "пароль", "パスワード", "密码",     "密碼",  "비밀번호"};

// Behind the rest of a sentence, up to "is" or a colon: "… du compte est : X". Nothing when the
// sentence goes on for more than a few words.
std::optional<std::size_t> sentence_end(std::string_view text, std::size_t at) {
  constexpr int kMaxWords = 7;
  for (int i = 0; i < kMaxWords; ++i) {
    Cursor cursor{text, at};
    cursor.skip_blanks();
    const std::size_t end = std::min(text.find_first_of(" \r\n", cursor.at), text.size());
    const std::string_view word = text.substr(cursor.at, std::min(end - cursor.at, kMaxGap));
    if (word.empty() || word.ends_with('.') || word.find('"') != word.npos) return std::nullopt;
    if (word.ends_with(':')) return end;
    at = end;
    if (!is_copula(word)) continue;
    cursor.at = end;
    cursor.skip_blanks();
    return cursor.takes(":") ? cursor.at : end;
  }
  return std::nullopt;
}

// Where a value begins that a word for "password" hands over.
struct HandedOver {
  std::size_t begin;
  bool has_sign;  // right behind the word; else a sentence leads to it
};

std::optional<HandedOver> handed_over(ScanText& scan, TextRange word) {
  constexpr std::string_view kWideColon = "：";
  constexpr std::size_t kMaxSentence = 96;
  Cursor cursor{scan.text, word.end};
  const auto quote = quote_at(cursor.text, cursor.at);
  if (quote) cursor.at += quote->size;
  cursor.skip_blanks();
  if (cursor.takes(":") || cursor.takes("=") || cursor.takes(kWideColon))
    return HandedOver{cursor.at, true};
  if (cursor.at + kMaxSentence >= scan.text.size()) wants_line(scan, word.begin);
  const auto end = sentence_end(scan.text.substr(0, cursor.at + kMaxSentence), cursor.at);
  return quote || !end ? std::nullopt : std::optional(HandedOver{*end, false});
}

}  // namespace

std::vector<std::string_view> code_message_words() {
  return word_column(kWords, &CodeWords::words);
}

void take_code_message(ScanText& scan, std::size_t index, TextRange at,
                       std::vector<Finding>& findings) {
  const CodeWords& known = kWords[index];
  const std::string_view text = scan.text;
  if (at.end + 2 * kMaxGap >= text.size()) wants_line(scan, at.begin);
  if (known.needs_code && !has_word_of_code(text.substr(at.end))) return;
  if (known.side == Side::kBehind && is_technical(text, at.begin)) return;
  const auto code =
      known.side == Side::kBefore ? digits_before(text, at.begin) : digits_behind(text, at.end);
  const bool is_sure =
      known.side == Side::kBehind || known.needs_code || (code && is_asked_for(text, code->begin));
  if (code && is_sure) findings.push_back({*code, "otp"});
}

std::vector<std::string_view> foreign_password_names() {
  return {std::begin(kForeignNames), std::end(kForeignNames)};
}

void take_foreign_value(ScanText& scan, TextRange at, std::vector<Finding>& findings) {
  const auto found = handed_over(scan, at);
  if (!found) return;
  TextRange value = read_value({scan.text, found->begin}, at, Tie::kColon).value;
  if (value.end + 1 >= scan.text.size()) wants_line(scan, at.begin);
  while (!found->has_sign && value.end > value.begin && is_in(scan.text[value.end - 1], ".,!"))
    --value.end;
  const std::string_view written = scan.text.substr(value.begin, value.end - value.begin);
  if (!found->has_sign && !has_password_sign(written)) return;
  if (is_secret_word(written) && is_plausible_value("generic-password", written))
    findings.push_back({value, "generic-password"});
}

}  // namespace scopetrace
