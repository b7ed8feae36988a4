// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/json_text.h"

#include "tests/support/deflate.h"
#include "tests/unit/redact/body_fixture.h"

namespace scopetrace {
namespace {

std::string json(const std::string& text) {
  return without_tags(redact_as("application/json", text));
}

TEST(JsonTextTest, TakesNamesFromNeighbours) {
  EXPECT_EQ(
      json(R"([{"name":"password","value":"hunter22"},{"value":"hunter22","Key":"password"}])"),
      R"([{"name":"password","value":"[generic-password]"},)"
      R"({"value":"[generic-password]","Key":"password"}])");
  EXPECT_EQ(json(R"({"key":"http.authorization","value":{"stringValue":"Bearer abcdef012345"}})"),
            R"({"key":"http.authorization","value":{"stringValue":"[credentials]"}})");
  EXPECT_EQ(json(R"({"h":[["Authorization","Bearer abcdef012345"],["Accept","a/b"]]})"),
            R"({"h":[["Authorization","Bearer [bearer]"],["Accept","a/b"]]})");
  EXPECT_EQ(json(R"({"rawHeaders":["Accept","a/b","Cookie","sid=abcdef0123; theme=dark"]})"),
            R"({"rawHeaders":["Accept","a/b","Cookie","sid=[cookie]; theme=dark"]})");
}

TEST(JsonTextTest, RedactsHeaderMapsAndCookieLists) {
  EXPECT_EQ(
      json(R"({"Authorization":["Basic am86cGFzcw=="],"cookies":{"sid":"abc123","theme":"x"}})"),
      R"({"Authorization":["Basic [basic-auth]"],"cookies":{"sid":"[cookie]","theme":"x"}})");
  EXPECT_EQ(json(R"({"cookies":[{"name":"sid","value":"abc123","path":"/","httpOnly":true}]})"),
            R"({"cookies":[{"name":"sid","value":"[cookie]","path":"/","httpOnly":true}]})");
}

TEST(JsonTextTest, RedactsWhatIsInsideASensitiveName) {
  EXPECT_EQ(json(R"({"secrets":["one","two"],"pin":1234,"ok":1234})"),
            R"({"secrets":["[generic-secret]","[generic-secret]"],"pin":"[pin]","ok":1234})");
  EXPECT_EQ(
      json(R"({"password":{"hash":"x1","type":"bcrypt","created_at":"2026-01-01"}})"),
      R"({"password":{"hash":"[generic-password]","type":"bcrypt","created_at":"2026-01-01"}})");
  EXPECT_EQ(json(R"({"card_number":{"exp_month":12,"x":"4111 1111 1111 1111"}})"),
            R"({"card_number":{"exp_month":12,"x":"[pan]"}})");
}

TEST(JsonTextTest, RedactsStringsWithinStrings) {
  const std::string inner =
      R"({"a":"{\"b\":\"{\\\"password\\\":\\\"hunter22\\\",\\\"k\\\":1}\"}"})";
  const std::string out = json(inner);
  EXPECT_FALSE(contains(out, "hunter22")) << out;
  EXPECT_TRUE(contains(out, R"(\\\"k\\\":1)")) << out;
}

TEST(JsonTextTest, RedactsBase64ThatHidesStructure) {
  const std::string hidden = to_base64(as_bytes(R"({"value":"hunter22","name":"password"})"));
  EXPECT_EQ(json("{\"d\":\"" + hidden + "\",\"type\":\"application/json\"}"),
            "{\"d\":\"[encoded]\",\"type\":\"application/json\"}");
  const std::string zipped = to_base64(as_bytes(deflated("password=hunter22abc", kGzipBits)));
  EXPECT_EQ(json("{\"d\":\"" + zipped + "\"}"), "{\"d\":\"[encoded]\"}");
}

TEST(JsonTextTest, KeepsDuplicatesNumbersAndEscapes) {
  const std::string text =
      R"({ "a" : 1.50e3, "a":-0, "u":"https:\/\/h\u00e9","n":null, "e":{} , "l":[ ] })";
  EXPECT_EQ(redact_as("application/json", text), text);
  EXPECT_EQ(json(R"({"password":"hunter22","password":"hunter33"})"),
            R"({"password":"[generic-password]","password":"[generic-password]"})");
}

TEST(JsonTextTest, KeepsEscapesAroundASecret) {
  EXPECT_EQ(json(R"({"u":"https:\/\/h\/p?token=abcdefgh12345678&x=\u0031"})"),
            R"({"u":"https:\/\/h\/p?token=[generic-token]&x=\u0031"})");
}

TEST(JsonTextTest, ReadsGuardsCallsMarksAndLines) {
  EXPECT_EQ(json(")]}'\n{\"pin\":\"1234\"}"), ")]}'\n{\"pin\":\"[pin]\"}");
  EXPECT_EQ(json("/**/cb({\"pin\":\"1234\"});"), "/**/cb({\"pin\":\"[pin]\"});");
  EXPECT_EQ(json("for(;;);[{\"pin\":\"1234\"}]"), "for(;;);[{\"pin\":\"[pin]\"}]");
  EXPECT_EQ(json("\xef\xbb\xbf{\"pin\":\"1234\"}"), "\xef\xbb\xbf{\"pin\":\"[pin]\"}");
  EXPECT_EQ(json("{\"pin\":\"1234\"}\n{\"a\":1}\n"), "{\"pin\":\"[pin]\"}\n{\"a\":1}\n");
  EXPECT_EQ(json("{\"a\":1}\n{broken password=hunter22xyz1\n{\"pin\":\"1234\"}"),
            "{\"a\":1}\n{broken password=[generic-password]\n{\"pin\":\"[pin]\"}");
}

TEST(JsonTextTest, BrokenTextIsScanned) {
  const std::string secret = make_secret(24);
  for (const std::string& text :
       {"{\"a\":1,}password=\"" + secret + "\"", "{a:'b', password: '" + secret + "'}",
        "{\"password\":\"" + secret + "\""}) {
    EXPECT_FALSE(contains(json(text), secret)) << text;
  }
}

TEST(JsonTextTest, ShapeOfLinesHasNoValues) {
  EXPECT_EQ(shape_as("application/x-ndjson", "{\"a\":1}\n{\"b\":\"x\"}\n"),
            "{\"a\":\"number\"}\n{\"b\":\"string\"}\n");
}

TEST(JsonTextTest, VariablesAreCalledAsTheirArguments) {
  const std::string query =
      R"("query":"mutation($a:String,$b:String){f(name:$a,password: $b){id}}")";
  const std::string variables = R"("variables":{"a":"Jo","b":"hunter22"})";
  const std::string safe = R"("variables":{"a":"Jo","b":"[generic-password]"})";
  EXPECT_EQ(json("{" + query + "," + variables + "}"), "{" + query + "," + safe + "}");
  EXPECT_EQ(json("{" + variables + "," + query + "}"), "{" + safe + "," + query + "}");
}

}  // namespace
}  // namespace scopetrace
