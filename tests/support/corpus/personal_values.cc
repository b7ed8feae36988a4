// SPDX-License-Identifier: Apache-2.0
// Personal data with right check digits. Sources: ISO/IEC 7812-1 (cards), ISO 13616 (IBAN), and for
// each national number the rule named beside it.
#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "tests/support/corpus/values.h"

namespace scopetrace::testing {
namespace {

std::string digits(std::size_t count, Random& random) {
  return generate("[0-9]{" + std::to_string(count) + "}", random);
}

std::string letters(std::size_t count, Random& random) {
  return generate("[A-Z]{" + std::to_string(count) + "}", random);
}

// `number` in at least `width` digits.
std::string padded(std::size_t number, std::size_t width) {
  const std::string text = std::to_string(number);
  return std::string(width - std::min(width, text.size()), '0') + text;
}

int digit_at(std::string_view text, std::size_t i) { return text[i] - '0'; }

char luhn_digit(std::string_view head) {
  int sum = 0;
  for (std::size_t i = 0; i < head.size(); ++i) {
    const int digit = digit_at(head, head.size() - 1 - i) * (i % 2 == 0 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

std::string with_luhn(const std::string& head) { return head + luhn_digit(head); }

// The sum of digits times weights.
int weighted(std::string_view text, const std::vector<int>& weights) {
  int sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += digit_at(text, i) * weights[i];
  return sum;
}

int modulo(std::string_view number, int divisor) {
  int remainder = 0;
  for (const char digit : number) remainder = (remainder * 10 + (digit - '0')) % divisor;
  return remainder;
}

// Draws until the rule has a check digit for what was drawn.
std::string drawn_until(const std::function<std::string()>& draw) {
  std::string text;
  while (text.empty()) text = draw();
  return text;
}

std::string grouped(std::string_view text, const std::vector<std::size_t>& sizes, char separator) {
  std::string out;
  std::size_t at = 0;
  for (const std::size_t size : sizes) {
    if (at > 0) out += separator;
    out += text.substr(at, size);
    at += size;
  }
  return out;
}

// Head and length of the issuers' numbers.
struct Issuer {
  std::string_view head;
  std::size_t length;
};
constexpr std::array<Issuer, 9> kIssuers = {{{"4539", 16},
                                             {"4916", 16},
                                             {"5425", 16},
                                             {"2221", 16},
                                             {"3714", 15},
                                             {"6011", 16},
                                             {"3528", 16},
                                             {"3056", 14},
                                             {"6212", 19}}};

std::string pan(Random& random) {
  const Issuer& issuer = pick(random, kIssuers);
  return with_luhn(std::string(issuer.head) +
                   digits(issuer.length - issuer.head.size() - 1, random));
}

std::string pan_grouped(Random& random, char separator) {
  return grouped(with_luhn("4539" + digits(11, random)), {4, 4, 4, 4}, separator);
}

std::string amex_grouped(Random& random) {
  return grouped(with_luhn("3714" + digits(10, random)), {4, 6, 5}, ' ');
}

std::string track2(Random& random) {
  return with_luhn("4539" + digits(11, random)) + "=2912101" + digits(10, random);
}

// ISO 7064 mod 97-10 with letters as 10 to 35.
std::string iban_of(const std::string& country, const std::string& account) {
  std::string number;
  for (const char c : account + country) {
    number += c >= 'A' ? std::to_string(c - 'A' + 10) : std::string{c};
  }
  return country + padded(static_cast<std::size_t>(98 - modulo(number + "00", 97)), 2) + account;
}

std::string iban(Random& random) {
  switch (below(random, 6)) {
    case 0:
      return iban_of("DE", digits(18, random));
    case 1:
      return iban_of("GB", "NWBK" + digits(14, random));
    case 2:
      return iban_of("FR", digits(23, random));
    case 3:
      return iban_of("NL", "ABNA" + digits(10, random));
    case 4:
      return iban_of("ES", digits(20, random));
    default:
      return iban_of("PL", digits(24, random));
  }
}

std::string iban_spaced(Random& random) {
  return grouped(iban_of("DE", digits(18, random)), {4, 4, 4, 4, 4, 2}, ' ');
}

std::string ssn(Random& random) {
  return padded(1 + below(random, 665), 3) + "-" + padded(1 + below(random, 99), 2) + "-" +
         padded(1 + below(random, 9999), 4);
}

std::string itin(Random& random) {
  return "9" + digits(2, random) + "-7" + digits(1, random) + "-" + digits(4, random);
}

std::string email(Random& random) {
  constexpr std::array<std::string_view, 6> kShapes = {
      "[a-z]{4}.[a-z]{6}@example.com",          "[a-z]{6}[0-9]{2}@mail.example.org",
      "[a-z]{3}+[a-z]{4}@[a-z]{6}.io",          "[A-Z]{1}[a-z]{4}_[a-z]{5}@[a-z]{5}.co.uk",
      "[a-z]{1}.[a-z]{5}@[a-z]{4}-[a-z]{4}.de", "[a-z]{5}@[a-z]{6}.museum"};
  return generate(pick(random, kShapes), random);
}

std::string phone_international(Random& random) {
  constexpr std::array<std::string_view, 6> kShapes = {"+1[2-9]{1}[0-1]{1}[2-9]{2}[1-9]{6}",
                                                       "+49 30 [1-9]{4} [1-9]{4}",
                                                       "+44 20 7[1-9]{3} [1-9]{4}",
                                                       "+33 6 [1-9]{2} [1-9]{2} [1-9]{2} [1-9]{2}",
                                                       "+4915[1-9]{9}",
                                                       "+1 (415) [2-9]{3}-[1-9]{4}"};
  return generate(pick(random, kShapes), random);
}

std::string phone_national(Random& random) {
  constexpr std::array<std::string_view, 4> kShapes = {
      "[2-9]{1}0[2-9]{1}-[2-9]{1}[1-9]{2}-[1-9]{4}", "([2-9]{1}0[2-9]{1}) [2-9]{3}-[1-9]{4}",
      "0[1-9]{3} [1-9]{6}", "06[1-9]{8}"};
  return generate(pick(random, kShapes), random);
}

std::string date_of_birth(Random& random) {
  constexpr std::array<std::string_view, 3> kShapes = {"19[5-9]{1}[0-9]{1}-0[1-9]{1}-1[0-9]{1}",
                                                       "1[0-9]{1}/0[1-9]{1}/19[5-9]{1}[0-9]{1}",
                                                       "1[0-9]{1}.0[1-9]{1}.19[5-9]{1}[0-9]{1}"};
  return generate(pick(random, kShapes), random);
}

std::string first_name(Random& random) {
  constexpr std::array<std::string_view, 6> kNames = {"Ottoline", "Barnaby",  "Philippa",
                                                      "Leopold",  "Rosalind", "Thaddeus"};
  return std::string(pick(random, kNames));
}

std::string last_name(Random& random) {
  constexpr std::array<std::string_view, 6> kNames = {"Vandermeer",   "Okonkwo",   "Zielinska",
                                                      "Featherstone", "Abernathy", "Quillfeather"};
  return std::string(pick(random, kNames));
}

std::string full_name(Random& random) { return first_name(random) + " " + last_name(random); }

std::string street(Random& random) {
  constexpr std::array<std::string_view, 4> kStreets = {"Quillow Lane", "Brackenhurst Road",
                                                        "Mistlegate Avenue", "Tannerwick Street"};
  return std::to_string(10 + below(random, 900)) + " " + std::string(pick(random, kStreets));
}

std::string ip4(Random& random) {
  return generate("8[1-9]{1}.[1-9]{2}.1[0-9]{2}.[1-9]{2}", random);
}
std::string ip6(Random& random) {
  return generate("2a0[1-9]{1}:[1-9a-f]{3}:[1-9a-f]{4}:[1-9a-f]{2}::[1-9a-f]{4}", random);
}

// NHS number: weights 10 to 2, modulo 11.
std::string nhs_number(Random& random) {
  return drawn_until([&] {
    const std::string head = "4" + digits(8, random);
    const int check = 11 - weighted(head, {10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11;
    return check == 10 ? std::string() : head + std::to_string(check % 11);
  });
}

// BSN: the eleven-test.
std::string bsn(Random& random) {
  return drawn_until([&] {
    const std::string head = "1" + digits(7, random);
    const int check = weighted(head, {9, 8, 7, 6, 5, 4, 3, 2}) % 11;
    return check == 10 ? std::string() : head + std::to_string(check);
  });
}

std::string pesel(Random& random) {
  const std::string head = "8" + digits(1, random) + "0" + generate("[1-9]{1}", random) + "1" +
                           digits(1, random) + digits(4, random);
  const int sum = weighted(head, {1, 3, 7, 9, 1, 3, 7, 9, 1, 3});
  return head + std::to_string((10 - sum % 10) % 10);
}

std::string cpf(Random& random) {
  std::string text = generate("[1-9]{9}", random);
  int check = 11 - weighted(text, {10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11;
  text += std::to_string(check > 9 ? 0 : check);
  check = 11 - weighted(text, {11, 10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11;
  text += std::to_string(check > 9 ? 0 : check);
  return text.substr(0, 3) + "." + text.substr(3, 3) + "." + text.substr(6, 3) + "-" +
         text.substr(9);
}

// DNI: the letter of the number modulo 23.
std::string dni(Random& random) {
  const std::string number = generate("[1-7]{1}[0-9]{7}", random);
  return number + "TRWAGMYFPDXBNJZSQVHLCKE"[modulo(number, 23)];
}

std::string nie(Random& random) {
  const std::string number = digits(7, random);
  return "X" + number + "TRWAGMYFPDXBNJZSQVHLCKE"[modulo(number, 23)];
}

// NIR: 97 minus the number modulo 97.
std::string nir(Random& random) {
  const std::string head = generate("2[5-9]{1}[0-9]{1}0[1-9]{1}75[0-9]{3}[0-9]{3}", random);
  return head + padded(static_cast<std::size_t>(97 - modulo(head, 97)), 2);
}

// The dihedral group of order ten, for Verhoeff's check digit.
int dihedral(int a, int b) {
  if (a < 5) return b < 5 ? (a + b) % 5 : (a + b) % 5 + 5;
  return b < 5 ? (a - b + 5) % 5 + 5 : (a - b + 10) % 5;
}

std::string aadhaar(Random& random) {
  constexpr std::array<int, 10> kPermutation = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
  const std::string head = "4" + digits(10, random);
  int check = 0;
  for (std::size_t i = 0; i < head.size(); ++i) {
    int digit = digit_at(head, head.size() - 1 - i);
    for (std::size_t k = 0; k < (i + 1) % 8; ++k) digit = kPermutation[digit];
    check = dihedral(check, digit);
  }
  const int inverse = check > 0 && check < 5 ? 5 - check : check;
  return head + std::to_string(inverse);
}

// Resident identity number of China: ISO 7064 mod 11-2.
std::string cn_resident(Random& random) {
  const std::string head = generate("11010519[5-9]{1}[0-9]{1}0[1-9]{1}1[0-9]{1}[0-9]{3}", random);
  const int sum = weighted(head, {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2});
  return head + "10X98765432"[sum % 11];
}

std::string sin_number(Random& random) {
  const std::string text = with_luhn(generate("[1-7]{1}[0-9]{7}", random));
  return grouped(text, {3, 3, 3}, ' ');
}

// TFN: weights of the Australian Taxation Office, sum divisible by 11.
std::string tfn(Random& random) {
  return drawn_until([&] {
    const std::string text = generate("[1-8]{1}[0-9]{8}", random);
    const bool is_right = weighted(text, {1, 4, 3, 7, 5, 8, 6, 9, 10}) % 11 == 0;
    return is_right ? grouped(text, {3, 3, 3}, ' ') : std::string();
  });
}

std::string personnummer(Random& random) {
  const std::string head = generate("[5-9]{1}[0-9]{1}0[1-9]{1}1[0-9]{1}", random);
  const std::string all = with_luhn(head + digits(3, random));
  return head + "-" + all.substr(6);
}

std::string nric(Random& random) {
  const std::string number = digits(7, random);
  return "S" + number + "JZIHGFEDCBA"[weighted(number, {2, 7, 6, 5, 4, 3, 2}) % 11];
}

// Steuer-ID: ISO 7064 mod 11,10; one digit twice, one absent.
std::string steuer_id(Random& random) {
  std::string head = "2345678901";
  for (std::size_t i = 9; i > 0; --i) std::swap(head[i], head[below(random, i + 1)]);
  if (head[0] == '0') std::swap(head[0], head[1]);
  head[9] = head[8] == '0' ? head[7] : head[8];
  int product = 10;
  for (const char c : head) {
    const int sum = (c - '0' + product) % 10;
    product = (sum == 0 ? 10 : sum) * 2 % 11;
  }
  return head + std::to_string((11 - product) % 10);
}

// Codice fiscale: odd places by table, even places by value, modulo 26.
std::string codice_fiscale(Random& random) {
  constexpr std::array<int, 26> kOdd = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                        20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
  const std::string text = letters(6, random) + generate("[5-9]{1}[0-9]{1}A1[0-9]{1}H501", random);
  int sum = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int value = text[i] >= 'A' ? text[i] - 'A' : text[i] - '0';
    sum += i % 2 == 0 ? kOdd[static_cast<std::size_t>(value)] : value;
  }
  return text + static_cast<char>('A' + sum % 26);
}

std::string rrn(Random& random) {
  const std::string text = generate("[5-9]{1}[0-9]{1}0[1-9]{1}1[0-9]{1}1[0-9]{5}", random);
  const int sum = weighted(text, {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5});
  return text.substr(0, 6) + "-" + text.substr(6) + std::to_string((11 - sum % 11) % 10);
}

std::string my_number(Random& random) {
  const std::string head = digits(11, random);
  const int remainder = weighted(head, {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11;
  return head + std::to_string(remainder <= 1 ? 0 : 11 - remainder);
}

// NPI: Luhn over the prefix 80840 and the number.
std::string npi(Random& random) {
  const std::string head = "1" + digits(8, random);
  return head + luhn_digit("80840" + head);
}

std::string mbi(Random& random) {
  return generate("[1-9]{1}E[A-H]{1}[0-9]{1}T[A-H]{1}[0-9]{1}M[K-N]{1}[0-9]{2}", random);
}

// ABA routing number: weights 3, 7, 1.
std::string aba(Random& random) {
  const std::string head = "02" + digits(6, random);
  const int sum = weighted(head, {3, 7, 1, 3, 7, 1, 3, 7});
  return head + std::to_string((10 - sum % 10) % 10);
}

std::string nino(Random& random) { return generate("[A-C]{1}[EHJL]{1}[0-9]{6}[A-D]{1}", random); }
std::string in_pan(Random& random) {
  return letters(3, random) + "P" + letters(1, random) + digits(4, random) + letters(1, random);
}
std::string imei(Random& random) { return with_luhn("35" + digits(12, random)); }
std::string passport(Random& random) { return letters(1, random) + digits(8, random); }
std::string licence(Random& random) { return letters(1, random) + digits(7, random); }
std::string record_number(Random& random) { return "MRN" + digits(8, random); }
std::string account(Random& random) { return "4" + digits(9, random); }
std::string sort_code(Random& random) { return generate("[1-6]{2}-[1-9]{2}-[1-9]{2}", random); }
std::string postal_code(Random& random) { return "9" + digits(4, random); }
std::string pan_spaced(Random& random) { return pan_grouped(random, ' '); }
std::string pan_dashed(Random& random) { return pan_grouped(random, '-'); }

using Maker = std::string (*)(Random&);

// By class of the rule set and, where a name says more than its class, by name.
const std::map<std::string, Maker, std::less<>>& makers() {
  static const std::map<std::string, Maker, std::less<>> table = {
      {"pan", pan},
      {"pan-spaced", pan_spaced},
      {"pan-dashed", pan_dashed},
      {"pan-amex-spaced", amex_grouped},
      {"track2", track2},
      {"iban", iban},
      {"iban-spaced", iban_spaced},
      {"account-number", account},
      {"sort_code", sort_code},
      {"routing_number", aba},
      {"aba_routing", aba},
      {"ssn", ssn},
      {"itin", itin},
      {"email", email},
      {"phone", phone_international},
      {"phone-national", phone_national},
      {"date-of-birth", date_of_birth},
      {"person-name", full_name},
      {"first_name", first_name},
      {"given_name", first_name},
      {"middle_name", first_name},
      {"last_name", last_name},
      {"surname", last_name},
      {"family_name", last_name},
      {"maiden_name", last_name},
      {"postal-address", street},
      {"postal-code", postal_code},
      {"device-id", imei},
      {"client-ip", ip4},
      {"client-ip6", ip6},
      {"passport", passport},
      {"driving-licence", licence},
      {"medical-record", record_number},
      {"national-id", nhs_number},
      {"nhs_number", nhs_number},
      {"national_insurance_number", nino},
      {"nino", nino},
      {"bsn", bsn},
      {"pesel", pesel},
      {"cpf", cpf},
      {"dni", dni},
      {"nie", nie},
      {"nir", nir},
      {"numero_secu", nir},
      {"aadhaar", aadhaar},
      {"aadhaar_number", aadhaar},
      {"sin", sin_number},
      {"tax_file_number", tfn},
      {"tfn", tfn},
      {"personnummer", personnummer},
      {"nric", nric},
      {"steuer_id", steuer_id},
      {"steueridentifikationsnummer", steuer_id},
      {"codice_fiscale", codice_fiscale},
      {"fiscal_code", codice_fiscale},
      {"rrn", rrn},
      {"my_number", my_number},
      {"npi", npi},
      {"mbi", mbi},
      {"medicare_id", mbi},
      {"medicare_number", mbi},
      {"pan_no", in_pan},
      {"id_card_no", cn_resident},
      {"id_card", cn_resident},
      {"resident_id", cn_resident}};
  return table;
}

// What gives itself away without any name: row 270 to 277, where not all digits.
constexpr std::array<std::string_view, 18> kEvident = {
    "pan",    "pan",   "pan",  "pan-spaced",     "pan-dashed", "pan-amex-spaced",
    "track2", "iban",  "iban", "iban-spaced",    "ssn",        "email",
    "email",  "phone", "nino", "codice_fiscale", "rrn",        "nric"};

// Forms that named_values() does not reach, with a name that fits.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kNamed = {
    {{"phone-national", "phone"},
     {"phone-national", "mobile_number"},
     {"iban-spaced", "iban"},
     {"pan-spaced", "card_number"},
     {"pan-dashed", "cardNumber"},
     {"client-ip6", "client_ip"},
     {"client-ip6", "x-real-ip"},
     {"date-of-birth", "customer_birth_date"},
     {"email", "contactEmail"},
     {"phone", "customer_phone_number"}}};

}  // namespace

std::string personal_value(std::string_view kind, Random& random) {
  const auto maker = makers().find(kind);
  return maker == makers().end() ? std::string() : maker->second(random);
}

std::vector<CorpusValue> personal_values(Random& random) {
  std::vector<CorpusValue> values;
  for (int round = 0; round < 3; ++round) {
    for (const std::string_view kind : kEvident) {
      values.push_back(
          {std::string(kind), {"memo"}, personal_value(kind, random), Evidence::kItself, true});
    }
    for (const auto& [kind, name] : kNamed) {
      values.push_back({std::string(kind), words_of(name), personal_value(kind, random),
                        Evidence::kField, true, kind == "client-ip6"});
    }
  }
  return values;
}

}  // namespace scopetrace::testing
