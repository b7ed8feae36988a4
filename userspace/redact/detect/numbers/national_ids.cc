// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/numbers/national_ids.h"

#include <algorithm>
#include <array>

#include "userspace/redact/detect/numbers/cards.h"
#include "userspace/redact/detect/numbers/check_digits.h"
#include "userspace/redact/detect/numbers/lettered_ids.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxAnnouncement = 64;

// A number of digits only.
struct IdRule {
  std::uint8_t size;
  std::uint64_t layout;  // groups in which it is found without a word in front; 0 for none
  bool (*check)(std::string_view digits);
  std::string_view words;  // see is_announced()
  std::string_view class_name = "national-id";
};
bool is_ein(std::string_view digits) { return digits.substr(0, 2) != "00"; }
bool is_personnummer_of_century(std::string_view digits) {
  return is_personnummer(digits.substr(2));
}

// Free without a word: only where the check lets less than one in a thousand random numbers of that
// layout through, or nothing else is written so.
constexpr IdRule kRules[] = {
    {9, 324, is_ssn, "|ssn|social security|social|itin|tin|taxpayer|", "ssn"},
    {9, 0, is_sin, "|sin|social insurance|nas|"},
    {9, 0, is_tfn, "|tfn|tax file|"},
    {9, 0, is_bsn, "|bsn|sofi|burgerservicenummer|"},
    {9, 0, is_pt_nif, "|nif|contribuinte|"},
    {9, 0, is_il_id, "|teudat zehut|israeli id|"},
    {9, 0, is_aba, "|aba|routing|rtn|transit|", "account-number"},
    {9, 0, is_ein, "|ein|employer identification|fein|"},
    {10, 0, is_nhs_number, "|nhs|"},
    {10, 0, is_npi, "|npi|provider|"},
    {10, 0, is_personnummer,
     "|personnummer|samordningsnummer|personal identity|personal number|pnr|"},
    {10, 0, is_cpr, "|cpr|"},
    {10, 0, is_egn, "|egn|"},
    {10, 0, is_birth_number, "|rodne cislo|birth number|rc|"},
    {10, 0, is_au_medicare, "|medicare|"},
    {11, 0, is_au_medicare, "|medicare|"},
    {11, 0, is_abn, "|abn|"},
    {11, 0, is_pesel, "|pesel|"},
    {11, 0, is_cpf, "|cpf|"},
    {11, 0, is_steuer_id, "|steuer|steuerid|idnr|steueridentifikationsnummer|tax id|tin|"},
    {11, 0, is_fodselsnummer, "|fodselsnummer|personnummer|fnr|"},
    {11, 0, is_be_register, "|rijksregisternummer|niss|insz|registre national|"},
    {11, 0, is_tckn, "|tckn|kimlik|tc|"},
    {11, 0, is_oib, "|oib|"},
    {12, 444, is_aadhaar, "|aadhaar|aadhar|uidai|uid|"},
    {12, 0, is_personnummer_of_century, "|personnummer|personal identity|personal number|"},
    {12, 0, is_my_number, "|my number|mynumber|individual number|kojin bango|マイナンバー|"},
    {13, 67, is_rrn, "|rrn|resident registration|jumin|"},
    {13, 13, is_ahv, "|ahv|avs|"},
    {13, 0, is_za_id, "|south african id|sa id|rsa id|"},
    {13, 0, is_th_id, "|thai id|thai|"},
    {13, 0, is_cnp, "|cnp|"},
    {14, 0, is_cnpj, "|cnpj|"},
    {15, 15, is_nir, "|nir|secu|insee|"},
    {15, 0, has_luhn_digit, "|imei|", "device-id"},
    {15, 1222332, is_nir, "|nir|secu|insee|"},
    {18, 18, is_cn_resident, "|resident|"},
};

// What stands before a number, as words: lower case, one blank for what separates them, camel humps
// included.
struct WordsBefore {
  std::array<char, 2 * kMaxAnnouncement + 2> buffer;
  std::array<std::uint8_t, kMaxAnnouncement + 1> begins;  // of the words
  std::size_t size = 0, words = 0;

  std::string_view text() const { return {buffer.data(), size}; }
  void clear() { size = words = 0; }
  void add_gap() {
    if (size == 0 || buffer[size - 1] != ' ') buffer[size++] = ' ';
  }
  void add_letter(char letter) {
    if (size == 0 || buffer[size - 1] == ' ') begins[words++] = static_cast<std::uint8_t>(size);
    buffer[size++] = letter;
  }
  // Whether `phrase`, one or several words, is some of these.
  bool has(std::string_view phrase) const;
};

bool WordsBefore::has(std::string_view phrase) const {
  for (std::size_t i = 0; i < words; ++i) {
    if (buffer[begins[i]] != phrase[0]) continue;
    const std::string_view rest = text().substr(begins[i]);
    if (rest.size() > phrase.size() && rest[phrase.size()] == ' ' && rest.starts_with(phrase))
      return true;
  }
  return false;
}

WordsBefore words_before(std::string_view text, std::size_t at) {
  WordsBefore words;
  words.add_gap();
  for (std::size_t i = at - std::min(at, kMaxAnnouncement); i < at; ++i) {
    const char c = text[i];
    if (c == '\n') words.clear();
    const bool is_hump = is_upper(c) && i > 0 && is_lower(text[i - 1]);
    // What a placeholder says, or what it is the value of, announces nothing more.
    const bool ends_placeholder =
        c == ']' && words.text().find("redacted") != std::string_view::npos;
    if (ends_placeholder) words.clear();
    if (is_hump || !is_letter(c)) words.add_gap();
    if (is_letter(c)) words.add_letter(to_lower(c));
  }
  words.add_gap();
  return words;
}

// `phrases`: "|one|another|".
bool have_one_of(const WordsBefore& before, std::string_view phrases) {
  for (std::size_t begin = 1; begin < phrases.size();) {
    std::size_t end = begin;
    while (phrases[end] != '|') ++end;
    if (before.has(phrases.substr(begin, end - begin))) return true;
    begin = end + 1;
  }
  return false;
}

std::optional<Finding> by_rule(std::string_view text, const NumberRun& run) {
  std::optional<WordsBefore> before;  // most numbers pass no check
  for (const IdRule& rule : kRules) {
    if (rule.size != run.size || !rule.check(run.digits())) continue;
    if (rule.layout == run.layout) return Finding{run.range, rule.class_name};
    if (!before) before = words_before(text, run.range.begin);
    if (have_one_of(*before, rule.words)) return Finding{run.range, rule.class_name};
  }
  return std::nullopt;
}

}  // namespace

bool is_announced(std::string_view text, std::size_t at, std::string_view words) {
  return have_one_of(words_before(text, at), words);
}

std::optional<Finding> national_id_at(std::string_view text, const NumberRun& run) {
  if (auto found = lettered_id_around(text, run)) return found;
  if (run.size < 9 || run.size > 18 || !stands_alone(text, run.range)) return std::nullopt;
  return by_rule(text, run);
}

}  // namespace scopetrace
