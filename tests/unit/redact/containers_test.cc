// SPDX-License-Identifier: Apache-2.0
// Each case: a secret in the container that a program, a file or a protocol puts it into.
#include "tests/unit/redact/fixture.h"

namespace scopetrace {
namespace {

struct Container {
  const char* label;
  const char* before;
  const char* after;
};
class ContainerTest : public testing::TestWithParam<Container> {};

TEST_P(ContainerTest, RedactsTheSecretAndKeepsWhatIsAround) {
  const std::string secret = make_secret(22, 77);
  const Container& c = GetParam();
  Scanner s;

  const std::string redacted = s.scanner.redact(c.before + secret + c.after);

  EXPECT_FALSE(contains(redacted, secret)) << redacted;
  EXPECT_TRUE(redacted.starts_with(c.before)) << redacted;
  EXPECT_TRUE(redacted.ends_with(c.after)) << redacted;
}

INSTANTIATE_TEST_SUITE_P(
    Formats, ContainerTest,
    testing::Values(
        Container{"GoMap", "cfg=map[host:db1 password:", " user:bob]"},
        Container{"GoStruct", "{User:bob Password:", " Port:5432}"},
        Container{"JavaToString", "Config(user=bob, password=", ", port=1)"},
        Container{"RustDebug", "Config { user: \"bob\", password: \"", "\", port: 1 }"},
        Container{"RustOption", "Config { password: Some(\"", "\"), port: 1 }"},
        Container{"PythonDict", "{'user': 'bob', 'password': '", "', 'port': 1}"},
        Container{"PythonBytes", "password=b'", "' port=1"},
        Container{"RubyHash", "{:user=>\"bob\", :password=>\"", "\"}"},
        Container{"TypeScript", "const password: string = \"", "\";"},
        Container{"PythonHint", "password: str = '", "'"},
        Container{"Properties", "spring.datasource.password=", "\nserver.port=1"},
        Container{"IniBlanks", "[db]\npassword   =   ", "\nport = 1"},
        Container{"Toml", "password = \"", "\"\nport = 1"},
        Container{"YamlAligned", "host:      db\npassword:  ", "\nport: 1"},
        Container{"YamlBlock", "password: |\n  ", "\nport: 1"},
        Container{"Dockerfile", "ENV API_TOKEN ", "\nRUN make"},
        Container{"Nginx", "proxy_set_header X-Api-Key ", ";"},
        Container{"KubernetesEnv", "- name: DB_PASSWORD\n  value: ", "\n- name: A"},
        Container{"HtmlInput", "<input type=\"hidden\" name=\"csrf_token\" value=\"", "\">"},
        Container{"SoapElement", "<wsse:Password Type=\"#PasswordText\">", "</wsse:Password>"},
        Container{"CharacterData", "<password><![CDATA[", "]]></password>"},
        Container{"Index", "config['password'] = '", "'"},
        Container{"FormIndex", "user%5Bname%5D=bob&user[password]=", "&a=b"},
        Container{"ProtobufText", "user: \"bob\" password: \"", "\" port: 1"},
        Container{"OptionBlank", "run --api-key ", " --port 1"},
        Container{"OptionList", "[\"run\", \"--api-key\", \"", "\", \"--port\"]"},
        Container{"ConnectionString", "Server=db;Uid=bob;Pwd=", ";Database=x"},
        Container{"UnicodeEscape",
                  "{\"u\":\"https://x.example/?a=1\\u0026api_key=", "\\u0026b=2\"}"},
        Container{"PercentEscape", "next=https%3A%2F%2Fx.example%2F%3Fapi_key%3D", "%26b%3D2"},
        Container{"Imap", "a1 LOGIN bob ", "\r\na2 LIST"},
        Container{"SmtpPrompt", "334 UGFzc3dvcmQ6\r\n", "\r\n235 ok"},
        Container{"SqlIdentified", "CREATE USER bob IDENTIFIED BY '", "'"},
        Container{"Curl", "curl -sS -u bob:", " https://x.example/"},
        Container{"CurlList", "[\"curl\", \"-u\", \"bob:", "\", \"https://x.example/\"]"},
        Container{"RedisCli", "redis-cli -h cache -a ", " PING"},
        Container{"Csv", "id,api_key,region\n42,", ",eu-west-1\n"},
        Container{"CookieField", "Cookie: theme=dark; session=", "; lang=en\r\n"},
        Container{"AuthorizationLine", "Authorization: Bearer ", "\r\nAccept: */*"}),
    [](const auto& test) { return test.param.label; });

TEST(ContainersTest, ATruncatedPrivateKeyEndsWithItsLastLine) {
  const std::string body = make_secret(64, 5);
  Scanner s;
  const std::string redacted = s.scanner.redact("-----BEGIN PRIVATE KEY-----\n" + body + "\n" +
                                                body + "\n2026-01-02 10:11:12 INFO ready\n");
  EXPECT_FALSE(contains(redacted, body));
  EXPECT_TRUE(redacted.ends_with("INFO ready\n")) << redacted;
}

TEST(ContainersTest, RowsOfATableEndWithAnotherNumberOfFields) {
  Scanner s;
  const std::string secret = make_secret(20, 6);
  const std::string text = "name;password\nbob;" + secret + "\n\nplain;text;line";
  const std::string redacted = s.scanner.redact(text);
  EXPECT_FALSE(contains(redacted, secret)) << redacted;
  EXPECT_TRUE(redacted.ends_with("plain;text;line")) << redacted;
}

TEST(ContainersTest, CodeThatNamesASecretIsKept) {
  Scanner s;
  for (const char* text :
       {"const password = process.env.DB_PASSWORD;", "if (token == nullptr) return;",
        "password: ${DB_PASSWORD}", "token := os.Getenv(\"TOKEN\")", "PASS src/login.test.js",
        "user.password = form.get(\"password\")", "Authorization header is missing",
        "id,name,email\n"}) {
    EXPECT_EQ(s.scanner.redact(text), text);
  }
}

}  // namespace
}  // namespace scopetrace
