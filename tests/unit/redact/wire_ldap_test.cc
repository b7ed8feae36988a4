// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/redact/wire_fixture.h"

namespace scopetrace {
namespace {

std::string ber(int tag, const std::string& content) {
  std::string length;
  if (content.size() < 128) {
    length = big(content.size(), 1);
  } else {
    length = '\x82' + big(content.size(), 2);
  }
  return static_cast<char>(tag) + length + content;
}
std::string octets(const std::string& text) { return ber(0x04, text); }
std::string ldap(int operation, const std::string& content) {
  return ber(0x30, ber(0x02, "\1") + ber(operation, content));
}
const std::string kUnbind = ldap(0x42, "");

TEST(WireLdapTest, RedactsBinds) {
  const std::string password = make_secret(13);
  const std::string simple = ber(0x02, "\3") + octets("cn=admin,dc=a") + ber(0x80, password);
  const std::string sasl =
      ber(0x02, "\3") + octets("") + ber(0xa3, octets("PLAIN") + octets(password));
  expect_safe(ldap(0x60, simple) + kUnbind, "ldap", password);
  expect_safe(ldap(0x60, sasl) + kUnbind, "ldap", password);
  const std::string text = tell(ldap(0x60, simple) + kUnbind).text;
  EXPECT_TRUE(contains(text, "BindRequest name=cn=admin,dc=a password=[REDACTED:")) << text;
  EXPECT_TRUE(contains(text, "UnbindRequest")) << text;
}

TEST(WireLdapTest, RedactsPasswordAttributesWhereverTheyAre) {
  const std::string password = make_secret(13);
  for (const std::string name :
       {"userPassword", "unicodePwd", "USERPASSWORD;lang-en", "sambaNTPassword"}) {
    const std::string attribute = ber(0x30, octets(name) + ber(0x31, octets(password)));
    const std::string city = ber(0x30, octets("l") + ber(0x31, octets("Rome")));
    const std::string change = ber(0x30, ber(0x0a, std::string(1, '\2')) + attribute);
    const std::string streams[] = {
        ldap(0x66, octets("cn=jo") + ber(0x30, change)),
        ldap(0x68, octets("cn=jo") + ber(0x30, city + attribute)),
        ldap(0x64, octets("cn=jo") + ber(0x30, attribute + city)),
        ldap(0x6e, octets("cn=jo") + ber(0x30, octets(name) + octets(password)))};
    for (const std::string& stream : streams) expect_safe(stream + kUnbind, "ldap", password);
    EXPECT_TRUE(contains(tell(streams[2]).text, "l Rome")) << tell(streams[2]).text;
  }
}

TEST(WireLdapTest, RedactsPasswordModify) {
  const std::string password = make_secret(13);
  const std::string value =
      ber(0x30, ber(0x80, "uid=jo") + ber(0x81, make_secret(12, 5)) + ber(0x82, password));
  const std::string stream = ldap(0x77, ber(0x80, "1.3.6.1.4.1.4203.1.11.1") + ber(0x81, value));

  expect_safe(stream + kUnbind, "ldap", password);
  EXPECT_TRUE(contains(tell(stream).text, "user=uid=jo password=[REDACTED:")) << tell(stream).text;
  EXPECT_FALSE(contains(tell(stream).text, make_secret(12, 5)));
}

TEST(WireLdapTest, SurvivesNestingAndHostileLengths) {
  const std::string password = make_secret(18);
  std::string deep = octets("userPassword") + octets(password);
  for (int i = 0; i < 60; ++i) deep = ber(0x30, deep);
  EXPECT_TRUE(is_hidden(tell(ldap(0x66, deep)).text, password));
  for (const std::string& hostile :
       {std::string("\x30\x80"), std::string("\x30\x84\xff\xff\xff\xff"),
        std::string("\x30\x85\1\1\1\1\1")}) {
    EXPECT_TRUE(is_hidden(tell(kUnbind + hostile + octets(password)).text, password));
  }
}

}  // namespace
}  // namespace scopetrace
