// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/numbers/check_digits.h"

#include <array>
#include <cstdint>
#include <initializer_list>

#include "userspace/redact/detect/numbers/cards.h"

namespace scopetrace {
namespace {

int digit(std::string_view text, std::size_t i) { return text[i] - '0'; }

int weighted(std::string_view text, std::initializer_list<int> weights) {
  int sum = 0;
  std::size_t i = 0;
  for (const int weight : weights) sum += digit(text, i++) * weight;
  return sum;
}

int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

int modulo(std::string_view digits, int divisor) {
  int remainder = 0;
  for (const char c : digits) remainder = (remainder * 10 + (c - '0')) % divisor;
  return remainder;
}

bool is_one_digit_repeated(std::string_view digits) {
  return digits.find_first_not_of(digits[0]) == digits.npos;
}

// ISO 7064 mod 11,10.
bool has_mod_11_10(std::string_view digits) {
  int product = 10;
  for (const char c : digits.substr(0, digits.size() - 1)) {
    const int sum = (c - '0' + product) % 10;
    product = (sum == 0 ? 10 : sum) * 2 % 11;
  }
  return (11 - product) % 10 == digits.back() - '0';
}

// The check digit that weights from `first` down to 2 give, as Brazil has it.
int brazilian_digit(std::string_view head, int first) {
  int sum = 0, weight = first;
  for (const char c : head) {
    sum += (c - '0') * weight;
    weight = weight == 2 ? 9 : weight - 1;
  }
  return sum % 11 < 2 ? 0 : 11 - sum % 11;
}

// The dihedral group of order ten.
int dihedral(int a, int b) {
  if (a < 5) return b < 5 ? (a + b) % 5 : (a + b) % 5 + 5;
  return b < 5 ? (a - b + 5) % 5 + 5 : (a - b + 10) % 5;
}

}  // namespace

bool is_day_month(std::string_view day, std::string_view month) {
  const int d = number(day), m = number(month);
  return d >= 1 && d <= 31 && m >= 1 && m <= 12;
}

bool is_ssn(std::string_view digits) {
  const int area = number(digits.substr(0, 3));
  const int group = number(digits.substr(3, 2));
  if (area == 0 || area == 666 || group == 0 || digits.substr(5) == "0000") return false;
  const bool is_itin_group = (group >= 50 && group <= 65) || (group >= 70 && group <= 88) ||
                             (group >= 90 && group <= 92) || group >= 94;
  return area < 900 || is_itin_group;
}

bool is_nhs_number(std::string_view digits) {
  const int check = 11 - weighted(digits, {10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11;
  return check % 11 == digit(digits, 9) && check != 10 && !is_one_digit_repeated(digits);
}

bool is_bsn(std::string_view digits) {
  return digits != "000000000" && weighted(digits, {9, 8, 7, 6, 5, 4, 3, 2, -1}) % 11 == 0;
}

bool is_pesel(std::string_view digits) {
  const int month = number(digits.substr(2, 2)) % 20;
  if (month < 1 || month > 12) return false;
  return weighted(digits, {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1}) % 10 == 0;
}

bool is_cpf(std::string_view digits) {
  return !is_one_digit_repeated(digits) &&
         brazilian_digit(digits.substr(0, 9), 10) == digit(digits, 9) &&
         brazilian_digit(digits.substr(0, 10), 11) == digit(digits, 10);
}

bool is_cnpj(std::string_view digits) {
  return !is_one_digit_repeated(digits) &&
         brazilian_digit(digits.substr(0, 12), 5) == digit(digits, 12) &&
         brazilian_digit(digits.substr(0, 13), 6) == digit(digits, 13);
}

bool is_nir(std::string_view digits) {
  const int month = number(digits.substr(3, 2));
  if (digits[0] != '1' && digits[0] != '2') return false;
  if (month < 1 || (month > 12 && month < 20)) return false;
  return 97 - modulo(digits.substr(0, 13), 97) == number(digits.substr(13));
}

bool is_aadhaar(std::string_view digits) {
  constexpr std::array<int, 10> kPermutation = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
  if (digits[0] < '2') return false;
  int check = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    int value = digit(digits, digits.size() - 1 - i);
    for (std::size_t k = 0; k < i % 8; ++k) value = kPermutation[static_cast<std::size_t>(value)];
    check = dihedral(check, value);
  }
  return check == 0;
}

bool is_cn_resident(std::string_view text) {
  const int year = number(text.substr(6, 4));
  if (text[0] == '0' || year < 1900 || year > 2099) return false;
  if (!is_day_month(text.substr(12, 2), text.substr(10, 2))) return false;
  const int sum = weighted(text, {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2});
  const char check = "10X98765432"[sum % 11];
  return text[17] == check || (check == 'X' && text[17] == 'x');
}

bool is_sin(std::string_view digits) { return digits[0] != '8' && has_luhn_digit(digits); }

bool is_tfn(std::string_view digits) {
  return weighted(digits, {1, 4, 3, 7, 5, 8, 6, 9, 10}) % 11 == 0;
}

bool is_abn(std::string_view digits) {
  return (weighted(digits, {10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19}) - 10) % 89 == 0;
}

bool is_au_medicare(std::string_view digits) {
  return digits[0] >= '2' && digits[0] <= '6' &&
         weighted(digits, {1, 3, 7, 9, 1, 3, 7, 9}) % 10 == digit(digits, 8);
}

bool is_personnummer(std::string_view digits) {
  const int day = number(digits.substr(4, 2)) % 60;  // 60 more in a coordination number
  const int month = number(digits.substr(2, 2));
  return day >= 1 && day <= 31 && month >= 1 && month <= 12 && has_luhn_digit(digits);
}

bool is_steuer_id(std::string_view digits) { return digits[0] != '0' && has_mod_11_10(digits); }

bool is_rrn(std::string_view digits) {
  return is_day_month(digits.substr(4, 2), digits.substr(2, 2)) && digits[6] >= '1' &&
         digits[6] <= '8';
}

bool is_my_number(std::string_view digits) {
  const int remainder = weighted(digits, {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11;
  return digit(digits, 11) == (remainder <= 1 ? 0 : 11 - remainder);
}

bool is_npi(std::string_view digits) {
  constexpr std::size_t kPrefix = 5;
  std::array<char, 15> whole = {'8', '0', '8', '4', '0'};
  digits.copy(whole.data() + kPrefix, 10);
  return (digits[0] == '1' || digits[0] == '2') && has_luhn_digit({whole.data(), whole.size()});
}

bool is_aba(std::string_view digits) {
  const int district = number(digits.substr(0, 2));
  const bool is_district = (district >= 1 && district <= 12) ||
                           (district >= 21 && district <= 32) || (district >= 61 && district <= 72);
  return is_district && weighted(digits, {3, 7, 1, 3, 7, 1, 3, 7, 1}) % 10 == 0;
}

bool is_fodselsnummer(std::string_view digits) {
  return weighted(digits, {3, 7, 6, 1, 8, 9, 4, 5, 2, 1}) % 11 == 0 &&
         weighted(digits, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1}) % 11 == 0;
}

bool is_cpr(std::string_view digits) {
  return is_day_month(digits.substr(0, 2), digits.substr(2, 2));
}

bool is_be_register(std::string_view digits) {
  const int check = number(digits.substr(9));
  const int remainder = modulo(digits.substr(0, 9), 97);
  const int since_2000 = (remainder + modulo("2000000000", 97)) % 97;
  return number(digits.substr(2, 2)) <= 12 && (97 - remainder == check || 97 - since_2000 == check);
}

bool is_pt_nif(std::string_view digits) {
  const int remainder = weighted(digits, {9, 8, 7, 6, 5, 4, 3, 2}) % 11;
  return digits[0] != '0' && digit(digits, 8) == (remainder < 2 ? 0 : 11 - remainder);
}

bool is_ahv(std::string_view digits) {
  return digits.starts_with("756") &&
         weighted(digits, {1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1}) % 10 == 0;
}

bool is_tckn(std::string_view digits) {
  const int odd = weighted(digits, {1, 0, 1, 0, 1, 0, 1, 0, 1});
  const int even = weighted(digits, {0, 1, 0, 1, 0, 1, 0, 1});
  return digits[0] != '0' && (odd * 7 - even + 100) % 10 == digit(digits, 9) &&
         (odd + even + digit(digits, 9)) % 10 == digit(digits, 10);
}

bool is_za_id(std::string_view digits) {
  return is_day_month(digits.substr(4, 2), digits.substr(2, 2)) && digits[10] <= '2' &&
         has_luhn_digit(digits);
}

bool is_il_id(std::string_view digits) { return has_luhn_digit(digits); }

bool is_th_id(std::string_view digits) {
  const int sum = weighted(digits, {13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2});
  return digits[0] != '0' && (11 - sum % 11) % 10 == digit(digits, 12);
}

bool is_cnp(std::string_view digits) {
  const int remainder = weighted(digits, {2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9}) % 11;
  return is_day_month(digits.substr(5, 2), digits.substr(3, 2)) && digits[0] != '0' &&
         digit(digits, 12) == (remainder == 10 ? 1 : remainder);
}

bool is_egn(std::string_view digits) {
  return weighted(digits, {2, 4, 8, 5, 10, 9, 7, 3, 6}) % 11 % 10 == digit(digits, 9);
}

bool is_birth_number(std::string_view digits) {
  const int month = number(digits.substr(2, 2)) % 50;
  return month >= 1 && month <= 32 && modulo(digits, 11) == 0;
}

bool is_oib(std::string_view digits) { return has_mod_11_10(digits); }

}  // namespace scopetrace
