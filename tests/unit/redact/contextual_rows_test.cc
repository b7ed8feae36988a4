// SPDX-License-Identifier: Apache-2.0
// Rows 243 to 279 of the rule table: values that only what stands around them gives away.
#include <random>

#include "tests/unit/redact/fixture.h"

namespace scopetrace {
namespace {

struct ContextualRow {
  const char* label;
  // What must go stands between « and » as a shape, what must stay around it.
  const char* text;
};
// Base64 of three lower-case letters.
#define BASE64_LETTERS "[Y-d]{1}[GHWXmn23]{1}[159BFJNRVZdhlptx]{1}[h-z]{1}"

constexpr ContextualRow kRows[] = {
    {"243_BasicHeader", "Authorization: Basic «dXNlcjp[a-zA-Z]{21}»\r\nAccept: */*"},
    {"243_BasicProxy", "Proxy-Authorization: Basic «dXNlcjp[a-zA-Z]{21}»\r\nAccept: */*"},
    {"243_BasicJson", R"({"authorization": "Basic «dXNlcjp[a-zA-Z]{21}»", "accept": "*/*"})"},
    {"244_Bearer", "authorization: Bearer «[alnum]{40}»\r\naccept: */*"},
    {"244_Token", "Authorization: Token «[hex]{40}»\r\nAccept: */*"},
    {"244_ApiKey", "Authorization: ApiKey «[alnum]{40}»\r\nAccept: */*"},
    {"244_CurlBearer", "curl -H 'Authorization: Bearer «[alnum]{40}»' https://api.example/v1"},
    {"245_Digest", R"(Authorization: Digest username="jo", response="«[0-9a-f]{32}»", qop=auth)"},
    {"246_Postgres", "connect postgres://app:«[alnum]{14}»@db.example:5432/shop?sslmode=require"},
    {"246_Mysql", "url=mysql://root:«[alnum]{14}»@10.0.0.4/shop ok"},
    {"246_Mongo", "mongodb+srv://app:«[alnum]{14}»@c0.example/test?w=majority"},
    {"246_Redis", "redis://:«[alnum]{14}»@cache.example:6379/0 up"},
    {"246_Amqp", "amqps://guest:«[alnum]{14}»@mq.example/vhost up"},
    {"246_Https", "fetch https://bot:«[alnum]{14}»@git.example/repo.git done"},
    {"246_Ftp", "ftp://jo:«[alnum]{14}»@files.example/pub done"},
    {"246_Smtp", "smtps://jo:«[alnum]{14}»@mail.example:465 done"},
    {"246_Ldap", "ldap://admin:«[alnum]{14}»@dir.example/dc=x done"},
    {"247_Jdbc", "jdbc:postgresql://db.example/shop?user=app&password=«[alnum]{14}»&ssl=true"},
    {"247_JdbcSqlServer",
     "jdbc:sqlserver://db.example;user=sa;password=«[alnum]{14}»;encrypt=true"},
    {"247_Odbc", "Driver={SQL Server};Server=db.example;Uid=sa;Pwd=«[alnum]{14}»;Encrypt=yes"},
    {"247_Libpq", "host=db.example user=app password=«[alnum]{14}» dbname=shop"},
    {"248_AccountKey",
     "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=«[base64]{86}==»;EndpointSuffix="
     "x"},
    {"249_ServiceBus",
     "Endpoint=sb://x.example/;SharedAccessKeyName=Root;SharedAccessKey=«[base64]{43}=»;Entity=q"},
    {"250_Sas", "https://a.example/c?sv=2022-11-02&sp=r&sig=«[alnum]{42}%3D»&se=2024-01-01"},
    {"251_SigV4Query",
     "GET /k?X-Amz-Expires=900&X-Amz-Signature=«[0-9a-f]{64}»&X-Amz-Date=1 HTTP/1.1"},
    {"251_SigV4Header",
     "Authorization: AWS4-HMAC-SHA256 SignedHeaders=host, "
     "Signature=«[0-9a-f]{64}»"},
    {"252_Gcs", "https://s.example/o?X-Goog-Expires=900&X-Goog-Signature=«[0-9a-f]{512}»&x=1"},
    {"252_CloudFront",
     "https://d1.example/f?Expires=1&Signature=«[base64url~]{340}»&Key-Pair-Id=K2"},
    {"253_Cookie", "Cookie: theme=dark; sid=«[alnum]{24}»; lang=en"},
    {"253_SetCookie", "Set-Cookie: session=«[alnum]{24}»; Path=/; HttpOnly"},
    {"254_PemEscaped",
     R"({"key": "«-----BEGIN RSA PRIVATE KEY-----\\n[alnum]{64}\\n-----END RSA PRIVATE KEY-----»\n", "n": 1})"},
    {"254_Pem",
     "head\n«-----BEGIN PRIVATE KEY-----\n[base64]{64}\n-----END PRIVATE KEY-----»\ntail"},
    {"254_Openssh",
     "head\n«-----BEGIN OPENSSH PRIVATE KEY-----\n[base64]{70}\n-----END OPENSSH PRIVATE "
     "KEY-----»\ntail"},
    {"255_Ppk",
     "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: "
     "1\n«[base64]{48}»\nPrivate-MAC: 00"},
    {"256_Kubeconfig",
     "    client-certificate-data: x\n    client-key-data: «LS0tLS1CRUdJTi[base64]{80}==»\n"},
    {"257_DockerConfig",
     R"({"auths": {"r.example": {"auth": "«dXNlcjpw)" BASE64_LETTERS BASE64_LETTERS
     R"(»"}}, "n": 1})"},
    {"258_Npmrc", "//registry.example/:_authToken=«[alnum]{36}»\nalways-auth=true"},
    {"258_Netrc", "machine git.example login jo password «[alnum]{14}»\nmachine b.example"},
    {"258_Nuget",
     R"(<add key="Username" value="jo" /><add key="ClearTextPassword" value="«[alnum]{14}»" />)"},
    {"259_Bcrypt", "user jo hash «$2b$12$[alnum]{53}» active"},
    {"259_Argon2", "user jo hash «$argon2id$v=19$m=65536,t=3,p=4$[alnum]{22}$[alnum]{43}» active"},
    {"259_Shadow", "jo:«$6$[alnum]{16}$[alnum]{86}»:19000:0:99999"},
    {"259_Htpasswd", "jo:«$apr1$[alnum]{8}$[alnum]{22}»\nbo:"},
    {"259_Django", "hash «pbkdf2_sha256$260000$[alnum]{22}$[base64]{43}=» ok"},
    {"260_Otpauth", "otpauth://totp/Shop:jo?secret=«[base32]{32}»&issuer=Shop"},
    {"261_MagicLink", "https://app.example/login?token=«[alnum]{32}»&next=home"},
    {"261_Callback", "GET /cb?code=«[alnum]{40}»&scope=openid HTTP/1.1"},
    {"262_TokenResponse",
     R"({"token_type": "Bearer", "access_token": "«[alnum]{40}»", "expires_in": 3600})"},
    {"263_Saml", "RelayState=x&SAMLResponse=«PHNhbWxw[alnum]{200}%3D»&n=1"},
    {"264_WsSecurity",
     "<wsse:Username>jo</wsse:Username><wsse:Password>«[alnum]{14}»</wsse:Password>"},
    {"265_MysqlArgv", "mysql -u root -p«[alnum]{14}» -h db.example shop"},
    {"265_Mysqldump", "mysqldump --user=root --password=«[alnum]{14}» shop"},
    {"265_Sshpass", "sshpass -p «[alnum]{14}» ssh db01 uptime"},
    {"265_CurlUser", "curl -u jo:«[alnum]{14}» https://api.example/v1/items"},
    {"265_DockerLogin", "docker login -u jo -p «[alnum]{14}» r.example"},
    {"266_IdentifiedBy", "CREATE USER 'jo'@'%' IDENTIFIED BY '«[alnum]{14}»' REQUIRE SSL"},
    {"266_AlterRole", "ALTER ROLE jo WITH LOGIN PASSWORD '«[alnum]{14}»' VALID UNTIL '2030-01-01'"},
    {"267_Redis", "*2\r\n$4\r\nAUTH\r\n$14\r\n«[alnum]{14}»\r\n*1\r\n"},
    {"267_SmtpPlain", "AUTH PLAIN «AHVzZXIAcGFz[a-zA-Z]{12}»\r\n235 ok"},
    {"267_Imap", "a1 LOGIN jo «[alnum]{14}»\r\na1 OK"},
    {"267_Ftp", "USER jo\r\nPASS «[alnum]{14}»\r\n230 ok"},
    {"268_Jaas", R"(PlainLoginModule required username="jo" password="«[alnum]{14}»";)"},
    {"271_Cvv", R"({"brand": "visa", "cvv": "«[digit]{3}»", "n": 1})"},
    {"271_Otp", "otp=«[digit]{6}» attempt=2"},
    {"274_Ssn", "ssn «5[digit]{1}1-[1-9]{2}-[1-9]{4}» on file"},
    {"275_Email", "mail from «jo.doe7@[a-z]{8}.com» today"},
    {"276_Phone", "call «+14155552[digit]{3}» today"},
    {"278_BirthDate", R"({"date_of_birth": "«19[digit]{2}-05-06»", "n": 1})"},
    {"278_Passport", R"({"passport_number": "«[A-Z]{1}[digit]{8}»", "n": 1})"},
    {"278_Name", R"({"first_name": "«Johanna»", "n": 1})"},
    {"279_ClientIp", "X-Forwarded-For: «93.184.216.3[digit]{1}»\r\nAccept: */*"},
};

std::string generate(const std::string& shape) {
  std::mt19937_64 random(17);
  return Shape::parse(shape)->generate(random);
}

class ContextualRowTest : public testing::TestWithParam<ContextualRow> {};

TEST_P(ContextualRowTest, IsRedactedInItsContext) {
  const std::string marked = GetParam().text;
  const auto open = marked.find("«");
  const auto close = marked.find("»");
  ASSERT_NE(close, marked.npos);
  const std::string value = generate(marked.substr(open + 2, close - open - 2));
  const std::string before = marked.substr(0, open);
  const std::string after = marked.substr(close + 2);
  Scanner s;

  const std::string redacted = s.scanner.redact(before + value + after);

  EXPECT_FALSE(contains(redacted, value)) << redacted;
  EXPECT_TRUE(redacted.starts_with(before.substr(0, before.size() / 2))) << redacted;
  EXPECT_TRUE(redacted.ends_with(after.substr(after.size() / 2))) << redacted;
}

INSTANTIATE_TEST_SUITE_P(RuleTable, ContextualRowTest, testing::ValuesIn(kRows),
                         [](const auto& row) { return row.param.label; });

}  // namespace
}  // namespace scopetrace
