// SPDX-License-Identifier: Apache-2.0
// Check digits and tables: what tells a number or word of meaning from a random one.
#pragma once

#include <string_view>

namespace scopetrace {

// A payment card number: 12–19 digits without separators, a known issuer range of that length
// (ISO/IEC 7812) and the Luhn check digit.
bool is_card_number(std::string_view digits);
bool has_luhn_digit(std::string_view digits);
// An IBAN without blanks: length of its country (ISO 13616 registry) and mod 97 = 1.
bool is_iban(std::string_view text);
// AAA-GG-SSSS as issued: no area 000 or 666, area 9xx only as an ITIN (group 50–65, 70–88, 90–92,
// 94–99), no zero group or serial.
bool is_ssn(std::string_view text);
// An e-mail address that could receive mail: not git@host, name@2x.png, image@sha256:….
bool is_email(std::string_view local, std::string_view domain);
// The header of a JOSE object (RFC 7515, 7516): base64url of a JSON object that names `alg`.
bool is_jose_header(std::string_view segment);
// The credentials of RFC 7617: base64 of readable text with a colon.
bool is_basic_credentials(std::string_view base64);
// An IPv4 address in dotted form that is routed publicly.
bool is_public_ipv4(std::string_view text);

}  // namespace scopetrace
