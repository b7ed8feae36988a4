// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/xml_body.h"

#include "tests/unit/redact/body_fixture.h"
#include "userspace/redact/scan/encodings.h"

namespace scopetrace {
namespace {

std::string xml(const std::string& text) { return without_tags(redact_as("text/xml", text)); }

TEST(XmlBodyTest, RedactsElementOfSensitiveName) {
  const std::string secret = make_secret(12);
  EXPECT_EQ(xml("<a><user>jo</user><Password a='1'>" + secret + "</Password></a>"),
            "<a><user>jo</user><Password a='1'>[generic-password]</Password></a>");
}

TEST(XmlBodyTest, RedactsAttributeOfSensitiveName) {
  const std::string secret = make_secret(12);
  EXPECT_EQ(xml("<db host=\"h1\" password = '" + secret + "' port=5/>"),
            "<db host=\"h1\" password = '[generic-password]' port=5/>");
}

TEST(XmlBodyTest, TakesNamesFromNeighbours) {
  const std::string secret = make_secret(12);
  const std::string bodies[] = {
      "<p><name>db.password</name><value>" + secret + "</value></p>",
      "<p><value>" + secret + "</value>\n <name>db.password</name></p>",
      "<dict><key>password</key><string>" + secret + "</string></dict>",
      "<add key=\"password\" value=\"" + secret + "\"/>",
      "<add value=\"" + secret + "\" key=\"password\"/>",
      "<string name=\"password\">" + secret + "</string>",
      "<entry id=\"password\">" + secret + "</entry>",
      "<member><name>password</name><value><string>" + secret + "</string></value></member>",
      "<saml:Attribute Name=\"password\"><saml:AttributeValue x=\"y\">" + secret +
          "</saml:AttributeValue></saml:Attribute>",
      "<input type=password value=" + secret + ">"};
  for (const std::string& body : bodies) {
    EXPECT_FALSE(contains(xml(body), secret)) << body;
  }
}

TEST(XmlBodyTest, NextValueKeepsItsOwnName) {
  EXPECT_EQ(
      xml("<dict><key>password</key><string>hunter22</string><key>city</key><string>Rome"
          "</string></dict>"),
      "<dict><key>password</key><string>[generic-password]</string><key>city</key><string>Rome"
      "</string></dict>");
}

TEST(XmlBodyTest, RedactsSecurityHeader) {
  const std::string out = xml(
      "<wsse:Security><wsse:UsernameToken><wsse:Username>svc</wsse:Username><wsse:Password "
      "Type=\"urn:x#PasswordText\">s3cret&amp;</wsse:Password><wsse:Nonce>abCD12+/w==</wsse:Nonce>"
      "<wsu:Created>2026-01-01T00:00:00Z</wsu:Created></wsse:UsernameToken>"
      "<wsse:BinarySecurityToken>MIIabcd</wsse:BinarySecurityToken></wsse:Security>");
  EXPECT_EQ(out,
            "<wsse:Security><wsse:UsernameToken><wsse:Username>svc</wsse:Username><wsse:Password "
            "Type=\"urn:x#PasswordText\">[generic-password]</wsse:Password><wsse:Nonce>[nonce]"
            "</wsse:Nonce><wsu:Created>2026-01-01T00:00:00Z</wsu:Created></wsse:UsernameToken>"
            "<wsse:BinarySecurityToken>[generic-token]</wsse:BinarySecurityToken></wsse:Security>");
}

TEST(XmlBodyTest, RedactsSectionsCommentsAndInstructions) {
  const std::string secret = make_secret(30);
  const std::string out = xml("<?x token=" + secret + "?><!-- password=" + secret +
                              " --><a>b</a><token><![CDATA[" + secret + "]]></token>");
  EXPECT_FALSE(contains(out, secret)) << out;
  EXPECT_TRUE(contains(out, "<a>b</a><token><![CDATA[[generic-token]]]></token>")) << out;
}

TEST(XmlBodyTest, DecodesReferencesAndKeepsThem) {
  EXPECT_EQ(xml("<a>x &amp; &#x70;assword=hunter22abc1 &lt;</a>"),
            "<a>x &amp; &#x70;assword=[generic-password] &lt;</a>");
}

TEST(XmlBodyTest, RedactsScriptsAndLinksOfPages) {
  const std::string secret = make_secret(32);
  const std::string out = without_tags(redact_as(
      "text/html", "<p>Hi<br><script>x = {\"apiKey\":\"" + secret +
                       "\",\"d\":1};</script><a href=\"/in?b=1&token=" + secret + "\">a < b</a>"));
  EXPECT_EQ(out,
            "<p>Hi<br><script>x = {\"apiKey\":\"[generic-api-key]\",\"d\":1};</script>"
            "<a href=\"/in?b=1&token=[generic-token]\">a < b</a>");
}

TEST(XmlBodyTest, ReadsXmlInsideAnotherBody) {
  const std::string secret = make_secret(12);
  const std::string out =
      redact_as("application/json", "{\"x\":\"<a><pin>1234</pin><b>c</b></a>\"}");
  EXPECT_EQ(without_tags(out), "{\"x\":\"<a><pin>[pin]</pin><b>c</b></a>\"}");
}

TEST(XmlBodyTest, ReadsUtf16) {
  std::string wide = "\xff\xfe";
  for (const char c : std::string("<a><password>hunter22</password></a>")) {
    wide += c;
    wide += '\0';
  }
  EXPECT_EQ(xml(wide), "<a><password>[generic-password]</password></a>");
}

TEST(XmlBodyTest, KeepsUnclosedAndCrossedElements) {
  const std::string page = "<ul><li>one<li>two</b></i></ul><p>x";
  EXPECT_EQ(redact_as("text/html", page), page);
}

TEST(XmlBodyTest, ScansWhatIsNoMarkupAsText) {
  const std::string secret = make_secret(24);
  EXPECT_FALSE(contains(redact_as("text/xml", "<a password=\"" + secret), secret));
  EXPECT_FALSE(contains(redact_as("text/xml", "<!-- password=" + secret), secret));
}

TEST(XmlBodyTest, CutTextLosesItsOpenEnd) {
  EXPECT_EQ(redact_as("text/xml", "<a><b>one</b><c>sk_li", {.is_cut = true}), "<a><b>one</b><c>");
  EXPECT_EQ(redact_as("text/xml", "<a><b>one</b><c d=\"sk_li", {.is_cut = true}), "<a><b>one</b>");
}

TEST(XmlBodyTest, NamespaceHidesNoToken) {
  const std::string token = make_token();
  EXPECT_EQ(xml("<a xmlns=\"urn:a\" xmlns:b=" + token + ">c</a>"),
            "<a xmlns=\"urn:a\" xmlns:b=[github-pat]>c</a>");
  EXPECT_FALSE(contains(shape_as("text/xml", "<a xmlns=\" " + token + " \">c</a>"), token));
  EXPECT_EQ(shape_as("text/xml", "<a xmlnsx=\"b\"/>"), "<a xmlnsx=\"string\"/>");
}

TEST(XmlBodyTest, ShapeKeepsStructureWithoutValues) {
  EXPECT_EQ(shape_as("text/xml",
                     "<?xml version=\"1.0\"?><a xmlns:b=\"urn:b\" c=\"7\"><b:d>text</b:d><!-- e -->"
                     "<f>12</f><g><![CDATA[x]]></g></a>"),
            "<a xmlns:b=\"urn:b\" c=\"number\"><b:d>string</b:d><f>number</f><g><![CDATA[string]]>"
            "</g></a>");
}

}  // namespace
}  // namespace scopetrace
