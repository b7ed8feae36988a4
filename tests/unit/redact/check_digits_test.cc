// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/numbers/check_digits.h"

#include "tests/unit/redact/fixture.h"
#include "userspace/redact/detect/numbers/cards.h"
#include "userspace/redact/detect/numbers/iban.h"
#include "userspace/redact/detect/tokens/email.h"
#include "userspace/redact/scan/ip_address.h"

namespace scopetrace {
namespace {

// `head` completed with zeros and its check digit to `size` digits.
std::string make_card(std::string head, std::size_t size) {
  head.resize(size, '0');
  for (char c = '0'; c <= '9'; ++c) {
    head.back() = c;
    if (has_luhn_digit(head)) return head;
  }
  return {};
}

TEST(CardNumberTest, NeedsIssuerLengthAndCheckDigit) {
  EXPECT_TRUE(is_card_number(make_card("41", 16)));
  EXPECT_TRUE(is_card_number(make_card("37", 15)));
  EXPECT_FALSE(is_card_number(make_card("91", 16)));
  EXPECT_FALSE(is_card_number(make_card("41", 15)));
  std::string wrong = make_card("41", 16);
  wrong.back() = wrong.back() == '9' ? '0' : static_cast<char>(wrong.back() + 1);
  EXPECT_FALSE(is_card_number(wrong));
}

TEST(CardNumberTest, IsFoundSpacedAndDashedButNotInsideLongerNumbers) {
  const std::string card = make_card("41", 16);
  std::string dashed = card;
  for (const std::size_t at : {12, 8, 4}) dashed.insert(at, "-");
  Scanner s;

  EXPECT_EQ(s.scanner.redact("pay " + card + " now"), "pay [REDACTED:pan] now");
  EXPECT_EQ(s.scanner.redact("pay " + dashed), "pay [REDACTED:pan]");
  EXPECT_EQ(s.scanner.redact("at 1." + card), "at 1." + card);
}

TEST(SsnTest, RefusesNumbersNeverIssued) {
  EXPECT_TRUE(is_ssn("123456789"));
  EXPECT_TRUE(is_ssn("912716789"));
  for (const char* bad : {"000456789", "666456789", "912456789", "123006789", "123450000"}) {
    EXPECT_FALSE(is_ssn(bad)) << bad;
  }
}

TEST(IbanTest, ChecksCountryLengthAndRemainder) {
  // The remainder is completed here: check digits are 98 − (BBAN country "00" mod 97).
  std::string iban = "DE00" + std::string(18, '1');
  std::size_t found = 0;
  for (int check = 2; check < 99; ++check) {
    iban[2] = static_cast<char>('0' + check / 10);
    iban[3] = static_cast<char>('0' + check % 10);
    found += is_iban(iban) ? 1 : 0;
  }
  EXPECT_EQ(found, 1U);
  EXPECT_FALSE(is_iban(iban + "1"));
}

TEST(EmailTest, KnowsWhatOnlyLooksLikeOne) {
  EXPECT_TRUE(is_email("jo.doe", "mail.example.com"));
  EXPECT_FALSE(is_email("git", "github.com"));
  EXPECT_FALSE(is_email("icon", "2x.png"));
  EXPECT_FALSE(is_email("user", "localhost"));
}

TEST(PublicAddressTest, KnowsPrivateRanges) {
  EXPECT_TRUE(is_public_ipv4("8.8.4.4"));
  EXPECT_TRUE(is_public_address("2a02:5d91:1b12:4f4::5c3d"));
  for (const char* address :
       {"::1", "fe80::1", "fd00::1", "2001:db8::1", "2a02:5d91", "2a02::1::2", "10:11:12"}) {
    EXPECT_FALSE(is_public_address(address)) << address;
  }
  for (const char* address : {"10.1.2.3", "172.20.1.1", "192.168.0.1", "127.0.0.1", "1.2.3"}) {
    EXPECT_FALSE(is_public_ipv4(address)) << address;
  }
}

}  // namespace
}  // namespace scopetrace
