// SPDX-License-Identifier: Apache-2.0
#include "tests/support/planted.h"

#include <array>
#include <nlohmann/json.hpp>
#include <random>
#include <string_view>

#include "userspace/base/bytes.h"
#include "userspace/base/file.h"

namespace scopetrace::testing {
namespace {

using Random = std::mt19937_64;  // the same sequence everywhere, unlike the standard distributions

constexpr std::size_t kMaxManifestBytes = 1 << 20;
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kAlnum =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string draw(Random& random, std::string_view alphabet, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += alphabet[random() % alphabet.size()];
  return text;
}

template <std::size_t N>
std::string pick(Random& random, const std::array<std::string_view, N>& words) {
  return std::string(words[random() % N]);
}

// The digit that makes `digits` and it pass ISO/IEC 7812-1 annex B.
char luhn_digit(std::string_view digits) {
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const int digit = digits[digits.size() - 1 - i] - '0';
    const int doubled = i % 2 == 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

std::string make_pan(Random& random) {
  const std::string head = "4539" + draw(random, kDigits, 11);
  return head + luhn_digit(head);
}

std::string group_by_four(std::string_view digits) {
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && i % 4 == 0) text += ' ';
    text += digits[i];
  }
  return text;
}

// A German IBAN: ISO 7064 mod 97-10 over account, country (DE = 13 14) and check digits.
std::string make_iban(Random& random) {
  const std::string account = draw(random, kDigits, 18);
  int remainder = 0;
  for (const char digit : account + "131400") remainder = (remainder * 10 + (digit - '0')) % 97;
  const int check = 98 - remainder;
  return std::string("DE") + static_cast<char>('0' + check / 10) +
         static_cast<char>('0' + check % 10) + account;
}

// Area 001–665, group 01–99, serial 0001–9999: the ranges the SSA has issued.
std::string make_ssn(Random& random) {
  const auto padded = [&](std::uint64_t below, std::size_t width) {
    const std::string digits = std::to_string(1 + random() % below);
    return std::string(width - digits.size(), '0') + digits;
  };
  const std::string area = padded(665, 3);
  const std::string group = padded(99, 2);
  return area + '-' + group + '-' + padded(9999, 4);
}

std::string base64url(std::string_view text) {
  std::string encoded = to_base64(as_bytes(text));
  encoded.erase(encoded.find_last_not_of('=') + 1);
  for (char& c : encoded) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return encoded;
}

std::string make_jwt(Random& random) {
  const std::string claims =
      R"({"iss":"https://issuer.example","sub":")" + draw(random, kHex, 12) +
      R"(","aud":"api.payments.example","scope":"charges:write","exp":1893456000})";
  return base64url(R"({"alg":"HS256","typ":"JWT"})") + '.' + base64url(claims) + '.' +
         base64url(draw(random, kAlnum, 32));
}

// Names and streets are put together from parts that are no words of any protocol.
constexpr std::array<std::string_view, 6> kFirst = {"Ottoline", "Barnaby",  "Philippa",
                                                    "Leopold",  "Rosalind", "Thaddeus"};
constexpr std::array<std::string_view, 6> kLast = {"Brackwater", "Thistlewood", "Quillfeather",
                                                   "Marchbanks", "Underhill",   "Fairweather"};
constexpr std::array<std::string_view, 4> kStreet = {"Larkspur Lane", "Heron Quay", "Mulberry Row",
                                                     "Tanner Street"};

}  // namespace

PlantedSet make_planted(std::uint64_t seed) {
  Random random(seed);
  PlantedSet set;
  set.api_key = std::string("sk_") + "live_" + draw(random, kAlnum, 32);
  set.signing_secret = draw(random, kAlnum, 28);
  set.client_secret = draw(random, kAlnum, 40);
  set.basic_password = draw(random, kAlnum, 18);
  set.jwt = make_jwt(random);
  set.session_cookie = draw(random, kHex, 32);
  set.issued_cookie = draw(random, kAlnum, 32);
  set.access_token = draw(random, kAlnum, 43);
  set.refresh_token = draw(random, kAlnum, 43);
  set.webhook_secret = std::string("wh") + "sec_" + draw(random, kAlnum, 32);
  set.aws_access_key_id = std::string("AK") + "IA" + draw(random, kBase32, 16);
  set.aws_secret_key = draw(random, kBase64, 40);
  const std::string first = pick(random, kFirst);
  const std::string last = pick(random, kLast);
  set.full_name = first + ' ' + last;
  set.email = first + '.' + last + draw(random, kDigits, 3) + "@mail.example";
  set.phone = "+1-415-555-" + draw(random, kDigits, 4);
  set.street = std::to_string(10 + random() % 980) + ' ' + pick(random, kStreet);
  set.ssn = make_ssn(random);
  set.iban = make_iban(random);
  set.pan = make_pan(random);
  set.pan_grouped = group_by_four(make_pan(random));
  return set;
}

std::vector<Planted> PlantedSet::all() const {
  return {{"api_key", api_key},
          {"signing_secret", signing_secret},
          {"client_secret", client_secret},
          {"basic_password", basic_password},
          {"jwt", jwt},
          {"session_cookie", session_cookie},
          {"issued_cookie", issued_cookie},
          {"access_token", access_token},
          {"refresh_token", refresh_token},
          {"webhook_secret", webhook_secret},
          {"aws_access_key_id", aws_access_key_id},
          {"aws_secret_key", aws_secret_key},
          {"email", email},
          {"full_name", full_name},
          {"phone", phone},
          {"street", street},
          {"ssn", ssn},
          {"iban", iban},
          {"pan", pan},
          {"pan_grouped", pan_grouped}};
}

Status write_manifest(const std::string& path, const PlantedSet& planted) {
  nlohmann::json list = nlohmann::json::array();
  for (const Planted& one : planted.all())
    list.push_back({{"name", one.name}, {"value", one.value}});
  return write_file_atomically(path, list.dump(1) + "\n", 0600);
}

Result<std::vector<Planted>> read_manifest(const std::string& path) {
  ST_ASSIGN_OR_RETURN(const std::string text, read_file(path, kMaxManifestBytes));
  const nlohmann::json list = nlohmann::json::parse(text, nullptr, false);
  if (!list.is_array()) return fail(ErrorCode::kCorrupt, "no list of planted values in " + path);

  std::vector<Planted> planted;
  for (const nlohmann::json& one : list) {
    if (!one.is_object() || !one.contains("name") || !one.contains("value") ||
        !one["name"].is_string() || !one["value"].is_string()) {
      return fail(ErrorCode::kCorrupt, "an entry without name and value in " + path);
    }
    planted.push_back({one["name"].get<std::string>(), one["value"].get<std::string>()});
  }
  return planted;
}

}  // namespace scopetrace::testing
