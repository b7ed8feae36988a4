// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/multipart.h"

#include "tests/support/deflate.h"
#include "tests/unit/redact/body_fixture.h"
#include "userspace/redact/body/transfer_encoding.h"

namespace scopetrace {
namespace {

const std::string kType = "multipart/form-data; charset=utf-8; Boundary=\"b 1\"";

std::string part(const std::string& head, const std::string& content) {
  return "--b 1\r\n" + head + "\r\n\r\n" + content + "\r\n";
}
std::string form_field(const std::string& name, const std::string& content) {
  return part("Content-Disposition: form-data; name=\"" + name + "\"", content);
}
std::string parts(const std::string& body) { return without_tags(redact_as(kType, body)); }

const std::string kPng = std::string("\x89PNG\r\n\x1a\n\0\1\2\xff\xfe", 14);

TEST(MultipartTest, NamesDecideForEachPart) {
  EXPECT_EQ(
      parts(form_field("user", "jo") + form_field("password", "hun\r\nter&22") + "--b 1--\r\n"),
      form_field("user", "jo") + form_field("password", "[generic-password]") + "--b 1--\r\n");
}

TEST(MultipartTest, BinaryPartBecomesItsLength) {
  const std::string head =
      "Content-Disposition: form-data; name=\"f\"; filename=\"me.png\"\r\nContent-Type: image/png";
  EXPECT_EQ(parts(part(head, kPng) + form_field("a", "b") + "--b 1--"),
            part(head, "[binary 14 bytes]") + form_field("a", "b") + "--b 1--");
}

TEST(MultipartTest, PartsAreRedactedByTheirType) {
  const std::string head =
      "Content-Disposition: form-data; name=\"m\"\r\nContent-Type: application/json";
  EXPECT_EQ(parts(part(head, R"({"pin":"1234","a":1})") + "--b 1--"),
            part(head, R"({"pin":"[pin]","a":1})") + "--b 1--");
}

TEST(MultipartTest, UndoesTransferEncodings) {
  const std::string base64 =
      "Content-Disposition: form-data; name=\"m\"\r\nContent-Transfer-Encoding: base64";
  const std::string quoted =
      "Content-Disposition: form-data; name=\"m\"\r\ncontent-transfer-encoding: Quoted-Printable";
  const std::string secret = to_base64(as_bytes("token=abcdefgh12345678 end"));
  const std::string plain = to_base64(as_bytes("nothing to see"));
  EXPECT_EQ(
      parts(part(base64, secret.substr(0, 9) + "\r\n" + secret.substr(9)) + part(base64, plain) +
            part(quoted, "pass=\r\nword=3Dabcdefgh12345678 end") + "--b 1--"),
      part(base64, "token=[generic-token] end") + part(base64, plain) +
          part(quoted, "password=[generic-password] end") + "--b 1--");
}

TEST(MultipartTest, CompressedPartIsRead) {
  EXPECT_EQ(parts(form_field("log", deflated("a=1 password=hunter22abc", kGzipBits)) + "--b 1--"),
            form_field("log", "a=1 password=[generic-password]") + "--b 1--");
}

TEST(MultipartTest, MissingEndMarkLosesNothing) {
  EXPECT_EQ(
      parts(form_field("a", "b") +
            "--b 1\r\nContent-Disposition: form-data; name=\"pin\"\r\n\r\n1234"),
      form_field("a", "b") + "--b 1\r\nContent-Disposition: form-data; name=\"pin\"\r\n\r\n[pin]");
}

TEST(MultipartTest, LoneLineFeedsAndNoHeadersAreAccepted) {
  EXPECT_EQ(
      parts("--b 1\nContent-Disposition: form-data; name=pin\n\n1234\n--b 1\n\nplain\n--b 1--\n"),
      "--b 1\nContent-Disposition: form-data; name=pin\n\n[pin]\n--b 1\n\nplain\n--b 1--\n");
}

TEST(MultipartTest, BoundaryIsFoundWithoutItsParameter) {
  const std::string body =
      "--zz\r\nContent-Disposition: form-data; name=\"pin\"\r\n\r\n1234\r\n--zz--\r\n";
  EXPECT_FALSE(contains(redact_as("multipart/form-data", body), "1234"));
  EXPECT_FALSE(contains(redact_as("text/plain", body), "1234"));
}

TEST(MultipartTest, NestedMultipartIsRead) {
  const std::string head = "Content-Type: multipart/mixed; boundary=in";
  const std::string inner = "--in\r\nContent-Disposition: form-data; name=\"pin\"\r\n\r\n";
  EXPECT_EQ(parts(part(head, inner + "1234\r\n--in--") + "--b 1--"),
            part(head, inner + "[pin]\r\n--in--") + "--b 1--");
}

TEST(MultipartTest, ShapeKeepsNamesWithoutValues) {
  const std::string head = "Content-Disposition: form-data; name=\"f\"; filename=\"";
  EXPECT_EQ(shape_as(kType, "preamble" + std::string("\r\n") + form_field("n", "12") +
                                form_field("s", "text") + form_field("j", "{\"a\":true}") +
                                part(head + "pay.png\"", kPng) + "--b 1--"),
            form_field("n", "number") + form_field("s", "string") +
                form_field("j", "{\"a\":\"boolean\"}") +
                part(head + "string\"", "[binary 14 bytes]") + "--b 1--");
}

std::string form(const std::string& text) {
  return without_tags(redact_as("application/x-www-form-urlencoded", text));
}

TEST(FormTest, NamesDecideAlsoWhenNested) {
  EXPECT_EQ(
      form("user=jo&user%5Bpin%5D=1234&a[b][password]=x%26y+z&cards[][cvv]=123&n=12"),
      "user=jo&user%5Bpin%5D=[pin]&a[b][password]=[generic-password]&cards[][cvv]=[cvv]&n=12");
}

TEST(FormTest, SemicolonsSeparateWhereNoAmpersandIs) {
  EXPECT_EQ(form("a=1;password=hunter22;b=2"), "a=1;password=[generic-password];b=2");
  EXPECT_EQ(form("a=1&password=hun;ter=22&b=2"), "a=1&password=[generic-password]&b=2");
}

TEST(FormTest, ValuesMayHoldJsonAndUrls) {
  EXPECT_EQ(form("d=%7B%22pin%22%3A%221234%22%2C%22a%22%3A1%7D&u=https%3A%2F%2Fh%2Fp%3Ftoken%"
                 "3Dabcdefgh1234%26x%3D1"),
            "d=%7B%22pin%22%3A%22[pin]%22%2C%22a%22%3A1%7D&u=https%3A%2F%2Fh%2Fp%3Ftoken%3D["
            "generic-token]"
            "%26x%3D1");
}

TEST(FormTest, IsFoundUnderAnotherType) {
  EXPECT_EQ(without_tags(redact_as("", "user=jo&pin=1234")), "user=jo&pin=[pin]");
}

TEST(FormTest, ShapeHasTypes) {
  EXPECT_EQ(shape_as("application/x-www-form-urlencoded", "a=1&b=x+y&c=&d=true&e"),
            "a=number&b=string&c=empty&d=boolean&e");
}

TEST(MarkTest, IsTheWholeTextAndNothingElse) {
  for (const std::string& mark :
       {withheld_mark(7, "over the size limit"), binary_mark(12), std::string("[WITHHELD:7]")}) {
    EXPECT_TRUE(is_mark(mark)) << mark;
    EXPECT_FALSE(is_mark(mark + " ")) << mark;
    EXPECT_FALSE(is_mark(" " + mark)) << mark;
    EXPECT_FALSE(is_mark(mark.substr(0, mark.size() - 1))) << mark;
  }
}

TEST(MarkTest, HidesNothingInside) {
  const std::string token = make_token();
  const std::string texts[] = {
      "[WITHHELD:7:" + token + "]",     "[WITHHELD:" + token + "]", "[binary " + token + " bytes]",
      "[binary 7 bytes " + token + "]", "[WITHHELD:7:a b]",         "[WITHHELD:7:a]]"};
  for (const std::string& text : texts) {
    EXPECT_FALSE(is_mark(text)) << text;
    EXPECT_FALSE(contains(redact_as("text/plain", text), token)) << text;
  }
}

}  // namespace
}  // namespace scopetrace
