// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/header_fields.h"

#include "tests/unit/redact/body_fixture.h"
#include "userspace/redact/body/message_redactor.h"
#include "userspace/redact/body/url.h"

namespace scopetrace {
namespace {

std::string field(const std::string& name, const std::string& value,
                  bool is_never_indexed = false) {
  Scanner s;
  return without_tags(redact_field_value(s.scanner, {name, value, is_never_indexed}));
}
std::string url(const std::string& text) {
  Scanner s;
  return without_tags(redact_url(s.scanner, text));
}

struct FieldCase {
  std::string name;
  std::string field;
  std::string value;
  std::string redacted;
};
void PrintTo(const FieldCase& c, std::ostream* out) { *out << c.name; }

class HeaderFieldTest : public ::testing::TestWithParam<FieldCase> {};

TEST_P(HeaderFieldTest, LosesOnlyItsSecret) {
  const FieldCase& c = GetParam();
  EXPECT_EQ(field(c.field, c.value), c.redacted);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, HeaderFieldTest,
    ::testing::Values(
        FieldCase{"Basic", "authorization", "Basic am86cGFzcw==", "Basic [basic-auth]"},
        FieldCase{"Bearer", "Authorization", "bearer  abc.def-1", "bearer  [bearer]"},
        FieldCase{"UnknownScheme", "Authorization", "abcd efgh", "[credentials]"},
        FieldCase{"NoScheme", "Proxy-Authorization", "abcdefgh", "[credentials]"},
        FieldCase{
            "Digest", "Authorization",
            "Digest username=\"jo\", realm=\"a@b.example\", nonce=\"n0nce/0123456789abcdef\", "
            "uri=\"/d?x=1\", qop=auth, nc=00000001, response=\"00112233445566778899aabbccddeeff\"",
            "Digest username=\"jo\", realm=\"a@b.example\", nonce=\"n0nce/0123456789abcdef\", "
            "uri=\"/d?x=1\", qop=auth, nc=00000001, response=\"[credentials]\""},
        FieldCase{
            "Aws4", "Authorization",
            "AWS4-HMAC-SHA256 Credential=AK1/20260101/eu-west-1/s3/aws4_request, "
            "SignedHeaders=host;x-amz-date, Signature=00112233445566778899aabbccddeeff",
            "AWS4-HMAC-SHA256 Credential=[aws-access-key]/20260101/eu-west-1/s3/aws4_request, "
            "SignedHeaders=host;x-amz-date, Signature=[signature]"},
        FieldCase{"Hawk", "Authorization",
                  "Hawk id=\"d1\", ts=\"1353832234\", nonce=\"n0nce\", ext=\"e\", "
                  "mac=\"0123456789/abcdefgh+ijklmnopq=\"",
                  "Hawk id=\"d1\", ts=\"1353832234\", nonce=\"n0nce\", ext=\"e\", "
                  "mac=\"[credentials]\""},
        FieldCase{"OAuth1", "Authorization",
                  "OAuth oauth_consumer_key=\"consumer0123456789\", oauth_nonce=\"n0nce\", "
                  "oauth_signature=\"0123456789abcdefgh%2Fij%3D\", "
                  "oauth_signature_method=\"HMAC-SHA1\", oauth_token=\"token-0123456789\", "
                  "oauth_version=\"1.0\"",
                  "OAuth oauth_consumer_key=\"[generic-api-key]\", oauth_nonce=\"n0nce\", "
                  "oauth_signature=\"[credentials]\", oauth_signature_method=\"HMAC-SHA1\", "
                  "oauth_token=\"[generic-token]\", oauth_version=\"1.0\""},
        FieldCase{"Negotiate", "Authorization", "Negotiate 0123456789abcdefghij",
                  "Negotiate [bearer]"},
        FieldCase{"SharedKey", "Authorization",
                  "SharedKey acct:0123456789abcdef=", "SharedKey acct:[bearer]"},
        FieldCase{"Challenge", "WWW-Authenticate",
                  "Digest realm=\"r\", nonce=\"n0nce/0123456789abcdef\", qop=\"auth\", Bearer "
                  "realm=\"x\", error=\"invalid_token\"",
                  "Digest realm=\"r\", nonce=\"n0nce/0123456789abcdef\", qop=\"auth\", Bearer "
                  "realm=\"x\", error=\"invalid_token\""},
        FieldCase{"ChallengeToken", "WWW-Authenticate", "NTLM 0123456789abcdefghijklmn",
                  "NTLM [credentials]"},
        FieldCase{"Cookie", "cookie", "theme=dark; sid=a1b2c3; x=\"q q\"; lang=en",
                  "theme=dark; sid=[cookie]; x=[cookie]; lang=en"},
        FieldCase{"SetCookie", "Set-Cookie",
                  "sid=a=b==; Path=/a; Max-Age=9; HttpOnly; SameSite=Lax",
                  "sid=[cookie]; Path=/a; Max-Age=9; HttpOnly; SameSite=Lax"},
        FieldCase{"SetCookieDeleted", "Set-Cookie", "sid=; Max-Age=0", "sid=; Max-Age=0"},
        FieldCase{"ForwardedFor", "X-Forwarded-For", "203.0.113.9, 10.0.0.1, 2a00:1450::1, unknown",
                  "[client-ip], 10.0.0.1, [client-ip], unknown"},
        FieldCase{"Forwarded", "Forwarded", "for=203.0.113.9;proto=https;by=10.1.1.1",
                  "for=[client-ip];proto=https;by=10.1.1.1"},
        FieldCase{"Location", "Location", "/cb?code=a1b2c3d4e5f6g7h8i9&x=1#t",
                  "/cb?code=[oauth-code]&x=1#t"},
        FieldCase{"Link", "Link", "<https://h/a?token=a1b2c3d4e5>; rel=\"next\", <b>; rel=prev",
                  "<https://h/a?token=[generic-token]>; rel=\"next\", <b>; rel=prev"},
        FieldCase{"Refresh", "Refresh", "5; url=/a?session_id=a1b2c3d4e5",
                  "5; url=/a?session_id=[session-id]"},
        FieldCase{"WebSocket", "Sec-WebSocket-Protocol", "chat, bearer, a1b2c3d4e5f6, v4.k8s.io",
                  "chat, bearer, [bearer], v4.k8s.io"},
        FieldCase{"WebSocketPrefix", "Sec-WebSocket-Protocol",
                  "base64url.bearer.authorization.k8s.io.a1b2c3d4e5f6g7h8",
                  "base64url.bearer.authorization.k8s.io.[bearer]"},
        FieldCase{"Signature", "X-Hub-Signature-256", "sha256=00112233445566778899aabbccddeeff",
                  "sha256=[signature]"},
        FieldCase{"SignatureParts", "Stripe-Signature",
                  "t=1492774577,v1=00112233445566778899aabbccddeeff",
                  "t=1492774577,v1=[signature]"},
        FieldCase{"SecurityToken", "X-Amz-Security-Token", "0123456789ab", "[generic-token]"},
        FieldCase{"ApiKey", "x-api-key", "k", "[generic-api-key]"},
        FieldCase{"Json", "X-Context", "{\"pin\":\"1234\",\"a\":1}", "{\"pin\":\"[pin]\",\"a\":1}"},
        FieldCase{"Etag", "ETag", "W/\"00112233445566778899aabbccddeeff00112233\"",
                  "W/\"00112233445566778899aabbccddeeff00112233\""},
        FieldCase{"Media", "Content-Type", "application/json", "application/json"}),
    [](const auto& test) { return test.param.name; });

TEST(HeaderFieldsTest, NeverIndexedValueGoesUnlessHarmless) {
  EXPECT_EQ(field("x-custom", "abc", true), "[credentials]");
  EXPECT_EQ(field("x-custom", "abc"), "abc");
  EXPECT_EQ(field(":authority", "h.example", true), "h.example");
  EXPECT_EQ(field(":path", "/a?pin=1234&b=1", true), "/a?pin=[pin]&b=1");
  EXPECT_EQ(field("content-length", "12", true), "12");
}

TEST(HeaderFieldsTest, TokenGoesWhereNoneBelongs) {
  const std::string token = make_token();
  const FieldCase fields[] = {
      {"CookieName", "cookie", "a=b; x " + token + " y=c", "a=[cookie]; x [github-pat] y=[cookie]"},
      {"Refresh", "refresh", "5; " + token + " url=/a", "5; [github-pat] url=/a"},
      {"Realm", "authorization", "Digest realm=\" " + token + " \"",
       "Digest realm=\" [github-pat] \""},
      {"Scope", "authorization", "AWS4-HMAC-SHA256 Credential=\"k/ " + token + " \"",
       "AWS4-HMAC-SHA256 Credential=\"[aws-access-key]/ [github-pat] \""},
      {"Account", "authorization", "SharedKey x " + token + " y:abcdefgh",
       "SharedKey x [github-pat] y:[bearer]"},
      {"Mark", "authorization", "[REDACTED: " + token + " ]", "[credentials]"},
      {"MarkBehindScheme", "authorization", "Bearer [REDACTED: " + token + " ]", "Bearer [bearer]"},
      {"Name", "authorization", "Digest " + token + "=\"x\"", "Digest [github-pat]=\"x\""}};
  for (const FieldCase& c : fields) EXPECT_EQ(field(c.field, c.value), c.redacted) << c.name;
}

TEST(UrlTest, KeepsWhatIsNoSecret) {
  EXPECT_EQ(url("https://u:pw12@h.example:8443/a/b;jsessionid=a1b2c3d4/c?page=2&api_key=k1k2k3#x"),
            "https://u:[url-password]@h.example:8443/a/b;jsessionid=[session-id]/c?page=2&api_key="
            "[generic-api-key]#x");
  EXPECT_EQ(url("//h/p?a=1"), "//h/p?a=1");
  EXPECT_EQ(url("?token=a1b2c3d4&b=%20x"), "?token=[generic-token]&b=%20x");
  EXPECT_EQ(url("https://h/#access_token=a1b2c3d4&token_type=bearer"),
            "https://h/#access_token=[generic-token]&token_type=bearer");
  EXPECT_EQ(url("https://h/#/route?token=a1b2c3d4"), "https://h/#/route?token=[generic-token]");
}

TEST(UrlTest, TokenBehindItsWordInThePathGoes) {
  EXPECT_EQ(url("/account/reset/a1b2c3d4e5f6a7b8c9/x"), "/account/reset/[generic-token]/x");
  EXPECT_EQ(url("/orders/a1b2c3d4e5f6a7b8c9/x"), "/orders/a1b2c3d4e5f6a7b8c9/x");
}

TEST(UrlTest, UrlsWithinUrlsAreRead) {
  EXPECT_EQ(url("/login?next=https%3A%2F%2Fh%2Fp%3Fpin%3D1234%26x%3D1"),
            "/login?next=https%3A%2F%2Fh%2Fp%3Fpin%3D[pin]%26x%3D1");
}

TEST(MessageRedactorTest, TakesHeaderListsOfHttp2) {
  Scanner s;
  MessageRedactor parts(s.scanner, Level::kHeaders, "request");
  std::vector<HttpField> list = {{":method", "GET"},
                                 {":path", "/a?pin=1234"},
                                 {":authority", "api.example.com"},
                                 {"cookie", "sid=a1b2c3d4"},
                                 {"x-custom", "abc"}};
  list.back().is_never_indexed = true;
  std::vector<std::string> values;
  for (const RedactedField& out : parts.redact_fields(list))
    values.push_back(without_tags(out.value));
  EXPECT_EQ(values, (std::vector<std::string>{"GET", "/a?pin=[pin]", "api.example.com",
                                              "sid=[cookie]", "[credentials]"}));
}

}  // namespace
}  // namespace scopetrace
