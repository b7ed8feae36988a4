// SPDX-License-Identifier: Apache-2.0
// Numbers that give themselves away. All are generated with their check digits.
#include <map>

#include "tests/support/corpus/values.h"
#include "tests/unit/redact/fixture.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

using testing::personal_value;
using testing::Random;

std::string redact_numbers(const std::string& text) {
  static Scanner s;
  return s.scanner.redact(text);
}

// `value` is gone from "seen <value> today", and nothing else is.
void expect_found(const std::string& value, const std::string& before = "seen ") {
  const std::string redacted = redact_numbers(before + value + " today");
  EXPECT_FALSE(contains(redacted, value)) << before + value;
  EXPECT_TRUE(redacted.starts_with(before) && redacted.ends_with(" today")) << redacted;
}

void expect_kept(const std::string& text) { EXPECT_EQ(redact_numbers(text), text); }

// The last digit raised by one: no check digit holds any more.
std::string with_wrong_digit(std::string value) {
  const auto last = value.find_last_of("0123456789");
  value[last] = value[last] == '9' ? '0' : static_cast<char>(value[last] + 1);
  return value;
}

class PersonalNumberTest : public ::testing::TestWithParam<std::string> {};

TEST_P(PersonalNumberTest, IsFoundInFreeText) {
  Random random(1);
  for (int i = 0; i < 50; ++i) expect_found(personal_value(GetParam(), random));
}

INSTANTIATE_TEST_SUITE_P(Kinds, PersonalNumberTest,
                         ::testing::Values("pan", "pan-spaced", "pan-dashed", "pan-amex-spaced",
                                           "track2", "iban", "iban-spaced", "ssn", "phone", "nino",
                                           "nric", "dni", "nie", "cpf", "rrn", "nir", "resident_id",
                                           "codice_fiscale"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(AnnouncedNumberTest, IsFoundBehindItsWordOnly) {
  const std::map<std::string, std::string> words = {{"nhs_number", "NHS number "},
                                                    {"bsn", "BSN: "},
                                                    {"pesel", "PESEL "},
                                                    {"tfn", "tax file number "},
                                                    {"sin", "SIN "},
                                                    {"aba_routing", "routing "},
                                                    {"my_number", "my number "},
                                                    {"npi", "NPI "},
                                                    {"steuer_id", "steuer-id "},
                                                    {"mbi", "Medicare "},
                                                    {"in_pan", "pan card "},
                                                    {"device-id", "IMEI "},
                                                    {"personnummer", "personnummer "}};
  Random random(2);
  for (const auto& [kind, word] : words) {
    const std::string value = personal_value(kind == "in_pan" ? "pan_no" : kind, random);
    expect_found(value, word);
    expect_kept("row " + value + " done");
  }
}

TEST(AnnouncedNumberTest, NeedsItsCheckDigit) {
  Random random(3);
  for (const std::string kind : {"nhs_number", "bsn", "pesel", "npi", "my_number"}) {
    expect_kept("nhs bsn pesel npi my number " + with_wrong_digit(personal_value(kind, random)));
  }
}

TEST(AnnouncedNumberTest, IsNotAnnouncedByAPlaceholder) {
  expect_kept("id=[REDACTED:phone],2025551234 and [REDACTED:ssn] 123456789");
}

TEST(CardTest, TakesTheRestOfItsTracks) {
  Random random(4);
  const std::string pan = personal_value("pan", random);
  EXPECT_EQ(redact_numbers("%B" + pan + "^DOE/JO^29121010000?"), "%B[REDACTED:track1]?");
  EXPECT_EQ(redact_numbers(";" + pan + "=29121010000?"), ";[REDACTED:track2]?");
}

TEST(CardTest, LeavesTruncatedAndWrongNumbers) {
  Random random(5);
  const std::string pan = personal_value("pan-spaced", random);
  expect_kept("paid with " + pan.substr(0, 7) + "** **** " + pan.substr(15));
  expect_kept("invoice " + with_wrong_digit(personal_value("pan", random)) + " paid");
}

TEST(IbanTest, IsFoundInSmallLettersAndWithDashes) {
  Random random(6);
  std::string iban = personal_value("iban", random);
  std::string dashed = personal_value("iban-spaced", random);
  std::replace(dashed.begin(), dashed.end(), ' ', '-');
  std::transform(iban.begin(), iban.end(), iban.begin(), [](char c) { return to_lower(c); });
  expect_found(iban);
  expect_found(dashed);
  expect_kept("batch=" + with_wrong_digit(iban));
}

TEST(PhoneTest, IsFoundInAllUsualForms) {
  for (const char* number :
       {"+1 (415) 555-2671", "+1-415-555-2671", "+14155552671", "+44 (0)20 7946 0958",
        "+49 30 1234567", "+49/30/1234567", "+33 6 12 34 56 78", "(415) 555-2671", "415-555-2671",
        "1-415-555-2671", "%2B14155552671"}) {
    expect_found(number);
  }
}

TEST(PhoneTest, TakesNoMoreDigitsThanItsCountryHas) {
  EXPECT_EQ(redact_numbers("call +33 6 12 34 56 78 12 times"), "call [REDACTED:phone] 12 times");
}

TEST(PhoneTest, IsFoundBehindAWordInNationalForm) {
  expect_found("030/1234567", "tel. ");
  expect_found("07700 900123", "mobile ");
  expect_found("415 555 2671", "phone ");
  expect_kept("inode 07700900123");
  expect_kept("at 2026-11-24 phone was down, phone log 2026-11-25");
}

TEST(AnnouncedDateTest, IsFoundInAnyContainer) {
  for (const char* before : {"dob: ", "<key>birth_date</key><string>", "(b'x-dob', b'",
                             "| date of birth | ", "born on birthday ", "customerBirthDate="}) {
    for (const char* date : {"1980-03-12", "12.03.1980", "3/12/1980"}) {
      expect_found(date, before);
    }
  }
}

TEST(AnnouncedDateTest, LeavesOtherDates) {
  for (const char* text : {"dob: null, created: 2024-01-02", "adobe 2024-01-02",
                           "birth certificate issued 2024-01-02", "dob here, created 2024-01-02"}) {
    expect_kept(text);
  }
}

TEST(AnnouncedCodeTest, FindsDocumentsBehindTheirWords) {
  for (const char* before : {"passport no. ", "X-Passport-Number: ", "\"passportNo\":[\""})
    expect_found("C01234567", before);
  EXPECT_EQ(redact_numbers("\"passport\":[\"A7654321\",\"B7654321\"]"),
            "\"passport\":[\"[REDACTED:passport]\",\"[REDACTED:passport]\"]");
  expect_found("MRN00412233", "mrn=");
  expect_kept("passport strategy 1234567 loaded, passport-local 0.6.0");
}

TEST(NationalIdTest, LeavesLookAlikes) {
  for (const char* text :
       {"order 10000123456 shipped", "seq=5433042809 ack=6930892301", "isbn 978-0-914-41561-1",
        "bytes=01149-080321/2881096", "ts=1764355965123456789", "v 12.345.678",
        "serial Y6I77LE2V2Y7", "job 20260762-993344 done", "part 000-81-6896"}) {
    expect_kept(text);
  }
}

}  // namespace
}  // namespace scopetrace
