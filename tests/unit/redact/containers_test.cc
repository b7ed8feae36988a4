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
        Container{"CSharpProperty", "public string Password { get; set; } = \"", "\";"},
        Container{"Cobol", "    05  WS-SMTP-PASSWORD  PIC X(64) VALUE '", "'.\n    05  WS-COUNT"},
        Container{"SqlDoubled", "CREATE SUBSCRIPTION s CONNECTION 'host=db password=''",
                  "'' dbname=x' PUBLICATION p"},
        Container{"CsvDoubled", "7,\"connected with password=\"\"", "\"\" now\",ok\n"},
        Container{"JsonInCsv", "1,\"{\"\"user\"\":\"\"bob\"\",\"\"password\"\":\"\"",
                  "\"\"}\",ok\n"},
        Container{"SqlIdentified", "CREATE USER bob IDENTIFIED BY '", "'"},
        Container{"Curl", "curl -sS -u bob:", " https://x.example/"},
        Container{"CurlList", "[\"curl\", \"-u\", \"bob:", "\", \"https://x.example/\"]"},
        Container{"RedisCli", "redis-cli -h cache -a ", " PING"},
        Container{"Csv", "id,api_key,region\n42,", ",eu-west-1\n"},
        Container{"CookieField", "Cookie: theme=dark; session=", "; lang=en\r\n"},
        Container{"Netrc", "machine api.example\n  login bob\n  password ", "\nmachine b"},
        Container{"WpaSupplicant", "network={\n  ssid=\"home\"\n  psk=\"", "\"\n}\n"},
        Container{"WireGuard", "[Interface]\nPrivateKey = ", "\nAddress = 10.0.0.2/32\n"},
        Container{"GitCredential", "host=git.example\nusername=bob\npassword=", "\n"},
        Container{"HelmSet", "helm install x ./c --set auth.password=", ",replicas=2"},
        Container{"JavaDefine", "java -Djavax.net.ssl.keyStorePassword=", " -cp x Main"},
        Container{"CSharpRecord", "DbConfig { Host = db, Password = ", ", Port = 5 }"},
        Container{"PhpPrintR", "Array\n(\n    [user] => bob\n    [password] => ", "\n)\n"},
        Container{"PhpVarDump", "array(1) {\n  [\"password\"]=>\n  string(22) \"", "\"\n}\n"},
        Container{"PhpSerialize", "a:1:{s:8:\"password\";s:22:\"", "\";}"},
        Container{"Erlang", "[{plan,basic},{password,<<\"", "\">>}]"},
        Container{"Clojure", "{:user \"bob\" :password \"", "\" :port 5}"},
        Container{"Scala", "Map(user -> bob, password -> ", ")"},
        Container{"Debugger", "{port = 5, password = 0x55d0 \"", "\", mode = FAST}"},
        Container{"RustReference", "let api_key: &'static str = \"", "\";"},
        Container{"GoType", "var dbPassword string = \"", "\""},
        Container{"CArray", "char password[64] = \"", "\";"},
        Container{"Setter", "config.setPort(5); config.setPassword(\"", "\");"},
        Container{"DefaultOfVariable", "PASSWORD=\"${PASSWORD:-", "}\""},
        Container{"DefaultOfEnvironment", "const k = process.env.API_KEY || \"", "\";"},
        Container{"JsonValueFirst", "[{\"value\":\"", "\",\"name\":\"API_KEY\"}]"},
        Container{"YamlValueFirst", "- value: '", "'\n  name: API_KEY\n- name: B"},
        Container{"YamlFlow", "- {name: API_KEY, value: ", "}\n"},
        Container{"YamlAnchor", "password: &pw ", "\nuser: bob"},
        Container{"YamlNextLine", "password:\n  ", "\nuser: bob"},
        Container{"AvroUnion", "{\"password\":{\"string\":\"", "\"},\"rev\":{\"int\":5}}"},
        Container{"TypedAttribute", "{\"password\":{\"S\":\"", "\"},\"id\":{\"N\":\"5\"}}"},
        Container{"TraceAttribute", "{\"key\":\"db.password\",\"value\":{\"stringValue\":\"",
                  "\"}}"},
        Container{"PropertyElement", "<property name=\"db.password\">", "</property>"},
        Container{"PropertyList", "<key>AuthToken</key><string>", "</string><key>n</key>"},
        Container{"EscapedMarkup", "&lt;password&gt;", "&lt;/password&gt;"},
        Container{"EscapedQuotes", "data-x=\"{&quot;apiKey&quot;:&quot;",
                  "&quot;,&quot;n&quot;:1}\""},
        Container{"Ldif", "userPassword:: ", "\n"},
        Container{"Psql", " id | api_token\n----+----------\n  1 | ", "\n(1 row)\n"},
        Container{"MysqlTable", "+----+----------+\n| id | password |\n+----+----------+\n|  1 | ",
                  " |\n+----+----------+\n"},
        Container{"MarkdownRow", "| password | ", " |\n| user | bob |\n"},
        Container{"CsvTitle", "Id,Api Key,State\n42,", ",open\n"},
        Container{"Colour", "\x1b[36mapi_key\x1b[0m=", " ok"},
        Container{"Bold", "* **api_key**: `", "`\n* port: 5"},
        Container{"SpacedName", "Client Secret: ", "\nClient ID: abc"},
        Container{"Sentence", "the password is ", ", please rotate"},
        Container{"Announcement", "New token generated: ", ""},
        Container{"PhpObject", "object(A)#3 (1) {\n  [\"apiKey\":\"A\":private]=>\n  string(22) \"",
                  "\"\n}\n"},
        Container{"SqlIn", "SELECT 1 FROM t WHERE api_token IN ('", "') LIMIT 5"},
        Container{"SqlLike", "SELECT 1 FROM t WHERE api_token LIKE '", "'"},
        Container{"HtmlInputValueFirst", "<input value=\"", "\" type=\"text\" id=\"apiToken\">"},
        Container{"TableHeader", "<tr><th>Api Token</th><td>", "</td></tr>"},
        Container{"DefinitionList", "<dt>Password</dt><dd>", "</dd>"},
        Container{"BoldLabel", "<b>Password:</b> ", "<br>"},
        Container{"ParameterPair", "<param-name>apiKey</param-name><param-value>",
                  "</param-value>"},
        Container{"ArgumentDefault", "add_argument(\"--api-key\", default=\"", "\")"},
        Container{"ErlangMacro", "-define(API_TOKEN, \"", "\")."},
        Container{"BasicConstant", "Const ApiKey As String = \"", "\""},
        Container{"RArrow", "password <- \"", "\"\nport <- 80"},
        Container{"ChatBold", "*Password*: ", "\n*Port*: 5"},
        Container{"BuildOutput", "::set-output name=api_token::", "\n"},
        Container{"PowerShellVariable", "Set-Variable -Name apiToken -Value \"", "\""},
        Container{"Registry", "reg add HKCU\\A /v ApiToken /t REG_SZ /d ", " /f"},
        Container{"BulkStrings", "*3\r\n$3\r\nSET\r\n$9\r\napi_token\r\n$22\r\n", "\r\n"},
        Container{"RedisSet", "127.0.0.1:6379> SET app:api_token ", "\nOK\n"},
        Container{"SetOfApp", "cf set-env web API_TOKEN ", "\n"},
        Container{"FlowList", "passwords: [", "]\nport: 5\n"},
        Container{"BlockList", "api_keys:\n  - ", "\nport: 5\n"},
        Container{"MapOfTokens", "\"access_tokens\":{\"main\":\"", "\"},\"n\":5"},
        Container{"ListInOneLine", "API_KEYS=", "\nPORT=5\n"},
        Container{"GoSlice", "tokens := []string{\"", "\"}"},
        Container{"ListElements", "<passwords><item>", "</item></passwords>"},
        Container{"FormList", "passwords[]=", "&n=3"},
        Container{"SetCookieCall", "response.set_cookie(\"sid_x\", \"", "\", secure=True)"},
        Container{"CookieOptionBare", "curl -s -b sid_x=", " https://x.example/"},
        Container{"Arrow", "secret key -> ", "\n"},
        Container{"DocumentCookie", "document.cookie = \"sid_x=", "; path=/\";"},
        Container{"PasswordOfMail", "your temporary password is: ", "\nPlease change it.\n"},
        Container{"PerlIndex", "$ENV{API_TOKEN} = '", "';\nmy $n = 5;"},
        Container{"BraceInit", "std::string password{\"", "\"};"},
        Container{"TraceDump", "     -> app.api_token: Str(", ")\n     -> port: Int(5)\n"},
        Container{"SecretOption", "gh secret set API_TOKEN --repo a/b --body '", "' --env x"},
        Container{"VaultOption", "az keyvault secret set --name db-password --value ", " -o none"},
        Container{"KeyValuePath", "consul kv put apps/web/db_password ", "\n"},
        Container{"SamlAttribute", "<Attribute Name=\"apiToken\"><AttributeValue>",
                  "</AttributeValue>"},
        Container{"TokenList", "{\"n\":2,\"tokens\":[\"", "\"]}"},
        Container{"ManifestKindLast",
                  "apiVersion: v1\ndata:\n  conn: ", "\nkind: Secret\nmetadata:\n  name: app\n"},
        Container{"ManifestStrings", "kind: Secret\nstringData:\n  conn: \"", "\"\ntype: Opaque\n"},
        Container{"ManifestBlock", "apiVersion: v1\nkind: Secret\ndata:\n  conn: |\n    ",
                  "\ntype: Opaque\n"},
        Container{"ManifestFlow",
                  "apiVersion: v1\nkind: Secret\nstringData: {conn: ", "}\ntype: Opaque\n"},
        Container{"ManifestList", "items:\n- apiVersion: v1\n  data:\n    conn: ",
                  "\n  kind: Secret\n- apiVersion: v1\n  kind: Pod\n"},
        Container{"ManifestJson", "{\"apiVersion\":\"v1\",\"data\":{\"conn\":\"",
                  "\"},\"kind\":\"Secret\",\"type\":\"Opaque\"}"},
        Container{"CurlCookies", "curl -b 'lang=en; sid_x=", "' https://x.example/"},
        Container{"CookieMap", "get(url, cookies={'lang': 'en', 'sid_x': '", "'}, timeout=5)"},
        Container{"PasswordOfSentence", "Created user bob with password ", " (id 42)"},
        Container{"PasswordBehindSentence", "The password was set for user bob: ", "\n"},
        Container{"AuthorizationLine", "Authorization: Bearer ", "\r\nAccept: */*"}),
    [](const auto& test) { return test.param.label; });

// Texts that name a secret and hold none.
class HarmlessTest : public testing::TestWithParam<const char*> {};

TEST_P(HarmlessTest, Stays) {
  Scanner s;
  EXPECT_EQ(s.scanner.redact(GetParam()), GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Texts, HarmlessTest,
    testing::Values(
        "Invalid password for user bob", "password must be at least 8 characters",
        "auth failed: password mismatch for bob", "token: invalid signature in row 5",
        "\"password\": \"Password is required\"", "\"token\": \"Jeton\", \"secret\": \"Geheim\"",
        "PWD=/home/bob/src", "DB_PASSWORD_FILE=/run/secrets/db", "ssl_key=/etc/nginx/server.key",
        "password=self.password, port=5", "apiKey: this.apiKey, n: 5", "password = params[:pw]",
        "if password == confirm:", "TOKEN=`cat x`", "API_KEY=******** ref=5", "TOKEN=$TOKEN run",
        "DB_PASSWORD=<password> # 5", "usage: x [--password PASSWORD]",
        "Pass your token with --token or the TOKEN variable", "--- PASS: TestTokenRefresh (0.7s)",
        "arn:aws:secretsmanager:eu-west-1:5:secret:app/billing-AbC1", "client_ip=127.0.0.1 port=5",
        "query { viewer { apiToken { id } } }", "keyboard=us monkey=5 author=nina hotkey=ctrl+k",
        "{\"password\":{\"type\":\"string\",\"minLength\":8}}", "gpio_pin=17 seed=42",
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  conn: c2VjcmV0LWE3\n",
        "{\"apiVersion\":\"v1\",\"data\":{\"conn\":\"a7b8c9\"},\"kind\":\"ConfigMap\"}",
        "A, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089",
        "hashed the password with PBKDF2WithHmacSHA1 in 5 ms",
        "gh secret set API_TOKEN --repo a/b < token.txt",
        "docker run -e URL=mongodb://m1.example.net/app -p 80:80 img:1",
        "kv get apps/web/db_password --raw", "password check for user bob: failed\n",
        "4412 is your order number", "tokens: [\"the\", \"cat\"]",
        "secrets:\n  - db-creds-2\n  - tls-cert\n", "api_keys: 3",
        "imagePullSecrets:\n- name: regcred-2024\n", "$config->{password} = shift;",
        "curl -b cookies.txt https://x.example", "set password policy strict",
        "WHERE token LIKE ? LIMIT 1", "<th>Password</th><th>Token</th>", "--api-key=KEY  API key",
        "api_key: __API_KEY__", "password: random_password.db.result", "PID|USER|CPU",
        "exit code is 10054", "your verification code has expired", "port 8080 to verify",
        "ssh deploy@web-1.example.net uptime",
        "aws secretsmanager get-secret-value --secret-id billing",
        "existingSecret: redis-auth-9f8e7d", "plan\tbasic\nport\t59\n"));

TEST(ContainersTest, FurtherStringsOfAListAreRedacted) {
  const std::string first = make_secret(20, 3), second = make_secret(20, 4);
  Scanner s;
  const std::string redacted =
      s.scanner.redact("{\"api_keys\":[\"" + first + "\", \"" + second + "\"],\"n\":2}");
  EXPECT_FALSE(contains(redacted, first) || contains(redacted, second)) << redacted;
  EXPECT_TRUE(redacted.ends_with("\"],\"n\":2}")) << redacted;
}

TEST(ContainersTest, NumbersInGroupsAreRedactedWhole) {
  Scanner s;
  EXPECT_EQ(s.scanner.redact("app.nhs.number=860 884 4281\nport=1"),
            "app.nhs.number=[REDACTED:national-id]\nport=1");
}

TEST(ContainersTest, APasswordKeepsNoPartOfItselfForItsSigns) {
  const std::string secret = "x7;" + make_secret(6, 9) + "&b,c z";
  Scanner s;
  const std::string redacted = s.scanner.redact("password=\"" + secret + "\" port=5");
  EXPECT_FALSE(contains(redacted, "c z")) << redacted;
  EXPECT_TRUE(redacted.ends_with("\" port=5")) << redacted;
}

TEST(ContainersTest, TheScopeOfACredentialStays) {
  const std::string key = "AKI" + std::string("AQ7") + "WXYZ2345QRSTUV";
  Scanner s;
  const std::string redacted =
      s.scanner.redact("Authorization: AWS4-HMAC-SHA256 Credential=" + key +
                       "/20261105/us-east-1/s3/aws4_request, Signed");
  EXPECT_FALSE(contains(redacted, key)) << redacted;
  EXPECT_TRUE(contains(redacted, "/20261105/us-east-1/s3/aws4_request, Signed")) << redacted;
}

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
        "id,name,email\n", "<user password=\"\"/><item id=\"\"/>",
        "if (password == \"\" || token == \"\") return;", "password=\"\"|user=\"\""}) {
    EXPECT_EQ(s.scanner.redact(text), text);
  }
}

}  // namespace
}  // namespace scopetrace
