// SPDX-License-Identifier: Apache-2.0
// Check digits of national numbers. Each takes all digits of the number, without separators; the
// caller knows that the length is right. Sources: the rules of the issuing authorities, as named.
#pragma once

#include <string_view>

namespace scopetrace {

bool is_ssn(std::string_view digits);           // US 9: areas, groups and serials ever issued; ITIN
bool is_nhs_number(std::string_view digits);    // UK 10: weights 10 to 2, mod 11
bool is_bsn(std::string_view digits);           // NL 9: the eleven-test
bool is_pesel(std::string_view digits);         // PL 11
bool is_cpf(std::string_view digits);           // BR 11
bool is_cnpj(std::string_view digits);          // BR 14
bool is_nir(std::string_view digits);           // FR 15: key 97
bool is_aadhaar(std::string_view digits);       // IN 12: Verhoeff
bool is_cn_resident(std::string_view text);     // CN 18, the last may be X: ISO 7064 mod 11-2
bool is_sin(std::string_view digits);           // CA 9: Luhn
bool is_tfn(std::string_view digits);           // AU 9
bool is_abn(std::string_view digits);           // AU 11
bool is_au_medicare(std::string_view digits);   // AU 10, 11
bool is_personnummer(std::string_view digits);  // SE 10: date and Luhn
bool is_steuer_id(std::string_view digits);     // DE 11: ISO 7064 mod 11,10
bool is_rrn(std::string_view digits);        // KR 13: date and century; no check digit since 2020
bool is_my_number(std::string_view digits);  // JP 12
bool is_npi(std::string_view digits);        // US 10: Luhn behind 80840
bool is_aba(std::string_view digits);        // US 9: weights 3, 7, 1
bool is_fodselsnummer(std::string_view digits);  // NO 11
bool is_cpr(std::string_view digits);            // DK 10: a date; no check digit since 2007
bool is_be_register(std::string_view digits);    // BE 11: 97
bool is_pt_nif(std::string_view digits);         // PT 9
bool is_ahv(std::string_view digits);            // CH 13: 756, EAN-13
bool is_tckn(std::string_view digits);           // TR 11
bool is_za_id(std::string_view digits);          // ZA 13: date and Luhn
bool is_il_id(std::string_view digits);          // IL 9
bool is_th_id(std::string_view digits);          // TH 13
bool is_cnp(std::string_view digits);            // RO 13
bool is_egn(std::string_view digits);            // BG 10
bool is_birth_number(std::string_view digits);   // CZ, SK 10: a multiple of 11
bool is_oib(std::string_view digits);            // HR 11: ISO 7064 mod 11,10
// Day, month and year of two digits each, in the order that `text` has them in.
bool is_day_month(std::string_view day, std::string_view month);

}  // namespace scopetrace
