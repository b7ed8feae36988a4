// SPDX-License-Identifier: Apache-2.0
// Secrets that a program, a protocol, SQL or a URL announces.
#include "tests/unit/redact/fixture.h"
#include "userspace/redact/text/stream_redactor.h"

namespace scopetrace {
namespace {

std::string redact(const std::string& text) {
  static Scanner s;
  return s.scanner.redact(text);
}

// Writes `secret` for each § of `pattern` and expects it to be gone, and the rest to stay.
void expect_only_secret_gone(std::string pattern, const std::string& secret) {
  const std::string mark = "§";
  std::vector<std::string> parts;
  for (auto at = pattern.find(mark); at != std::string::npos; at = pattern.find(mark)) {
    parts.push_back(pattern.substr(0, at));
    pattern.erase(0, at + mark.size());
  }
  parts.push_back(pattern);
  std::string text = parts[0];
  for (std::size_t i = 1; i < parts.size(); ++i) text += secret + parts[i];
  const std::string redacted = redact(text);
  EXPECT_FALSE(contains(redacted, secret)) << text << "\n-> " << redacted;
  for (const std::string& part : parts) EXPECT_TRUE(contains(redacted, part)) << redacted;
}

// `text` as a stream that is cut at `cut`.
std::string redact_cut(std::string_view text, std::size_t cut) {
  static const std::unique_ptr<Detectors> detectors = *Detectors::make(standard_rules());
  TextScanner scanner(*detectors, test_key());
  StreamRedactor stream(scanner);
  std::string out = stream.push(text.substr(0, cut));
  out += stream.push(text.substr(cut));
  return out + stream.finish();
}

class LoginTest : public ::testing::TestWithParam<const char*> {};

TEST_P(LoginTest, LosesOnlyItsSecret) { expect_only_secret_gone(GetParam(), make_secret(14)); }

TEST_P(LoginTest, IsTheSameForEveryCut) {
  const std::string mark = "§";
  std::string text = GetParam();
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark))
    text.replace(at, mark.size(), make_secret(14));
  text += "\nGET /v1/items\n";
  const std::string whole = redact_cut(text, text.size());

  std::vector<std::size_t> different;
  for (std::size_t cut = 1; cut < text.size(); ++cut)
    if (redact_cut(text, cut) != whole) different.push_back(cut);

  ASSERT_TRUE(different.empty()) << different[0] << " of " << text << "\n-> "
                                 << redact_cut(text, different[0]) << "\nnot " << whole;
}

constexpr const char* kArgv[] = {
    "mysql -uroot -p§ orders",
    "mysqldump -uroot -p'§' orders",
    R"(["mysqldump","-uroot","-p§","orders"])",
    R"(execve("/usr/bin/curl", ["curl", "-u", "bob:§", "https://a.example"], 0x7ffe) = 0)",
    "curl -ubob:§ https://a.example",
    "curl --user=bob:§ https://a.example",
    "sshpass -p § ssh web1",
    "redis-cli -h cache -a § PING",
    "openssl rsa -in k.pem -passin pass:§ -out o.pem",
    "openssl enc -aes-256-cbc -k § -in a",
    "docker login hub.example.com -u bob -p §",
    "smbclient //nas/share -U bob%§ -c ls",
    "lftp -u bob,§ sftp://host",
    "zip -r -P § out.zip data",
    "7z a -p§ out.7z data",
    "snmpget -v2c -c § 10.0.0.1 sysUpTime.0",
    "keytool -list -storepass § -keystore a.jks",
    "xfreerdp /v:win1 /u:ops /p:§ /cert:ignore",
    "htpasswd -b .htpasswd bob §",
    "net use Z: \\\\nas\\x /user:bob §",
    "rabbitmqctl add_user bob §",
    "echo § | docker login -u bob --password-stdin",
    "uuuAUTH\r\n$14\r\n§\r\n",
    "echo 'bob:§' | chpasswd",
    "sqlplus bob/§@orders_db",
    "impdp userid=bob/§@orders_db",
    "printf '%s' § | docker login --password-stdin",
    "http GET https://a.example -a bob:§",
    R"(["bcp", "t", "out", "a", "-U", "sa", "-P", "§", "-c"])",
    R"(["rabbitmqctl","change_password","bob","§"])",
    R"(execve("/usr/bin/az", ["az", "login", "-u", "bob", "-p", "§"], 0x7f) = 0)",
    "twine upload -u bob -p § dist/*",
    "mysqladmin -u root password §",
    "oathtool --totp -b §",
    "plink -ssh bob@web1 -pw § uptime",
    "echo -n § | cryptsetup luksOpen /dev/sda1 data",
    "CONFIG SET requirepass §"};

constexpr const char* kFurtherArgv[] = {
    R"(type=EXECVE msg=audit(1.2:3): argc=4 a0="mysql" a1="-uroot" a2="-p§" a3="app")",
    R"(type=EXECVE msg=audit(1.2:3): argc=4 a0="curl" a1="-u" a2="bob:§" a3="https://a.example")",
    R"(type=EXECVE msg=audit(1.2:3): argc=3 a0="x" a1="--token" a2="§")",
    "java -jar jenkins-cli.jar -s https://a.example/ -auth bob:§ build nightly",
    "curl -sSku 'bob:§' https://a.example",
    "ab -n 10 -A bob:§ https://a.example/",
    "influx config create -n prod -u http://db:8086 -o ops -t §",
    "pcs host auth n1 n2 -u hacluster -p §",
    "kubectl create secret generic x --from-literal=user=bob --from-literal=foo=§",
    "vault kv put secret/app user=bob foo=§",
    "aws ssm put-parameter --name /x/db --value § --type SecureString",
    "pulumi config set --secret path:name §",
    "pulumi config set dbname § --secret",
    "rootpw --plaintext §\ntimezone Europe/Vienna --utc",
    "/usr/sbin/realm join --one-time-password=§ corp.local"};
INSTANTIATE_TEST_SUITE_P(FurtherArgv, LoginTest, ::testing::ValuesIn(kFurtherArgv));

constexpr const char* kFed[] = {"docker login -u bob --password-stdin <<< \"§\"",
                                "passwd --stdin bob <<< '§'",
                                "chpasswd <<EOF\nbob:§\nroot:§\nEOF\nid bob\n",
                                "(echo §; echo §) | smbpasswd -s -a bob",
                                "printf '%s\\n%s\\n' \"§\" \"§\" | smbpasswd -s -a bob",
                                "echo -e \"§\\n§\" | passwd bob",
                                "chpasswd:\n  list: |\n    ubuntu:§\n    root:§\n  expire: false\n",
                                "chpasswd:\n  list:\n    - ubuntu:§\n"};
INSTANTIATE_TEST_SUITE_P(Fed, LoginTest, ::testing::ValuesIn(kFed));

constexpr const char* kExpect[] = {
    "expect \"assword:\"\nsend \"§\\r\"\nexpect eof\n",
    "expect -re \".*assword.*\"\nsend -- \"§\\r\"\n",
    ("expect {\n  \"yes/no\" { send \"yes\\r\"; exp_continue }\n  \"*?assword:*\" { send "
     "\"§\\r\" }\n}\n"),
    "expect -c 'spawn ssh a; expect \"password:\"; send \"§\\r\"; interact'",
    "/usr/bin/expect -c \"spawn a; expect \\\"assword:\\\"; send \\\"§\\r\\\"; expect eof\"",
    "child.expect('[Pp]assword:')\nchild.sendline('§')\n",
    "expect \"Password: \" { send {§} }\n"};
INSTANTIATE_TEST_SUITE_P(Expect, LoginTest, ::testing::ValuesIn(kExpect));

constexpr const char* kDevices[] = {
    "tacacs-server host 10.1.1.1 key §\n",
    "radius-server host 10.1.1.2 auth-port 1812 acct-port 1813 key 7 §\n",
    "radius server ISE1\n address ipv4 10.1.1.2 auth-port 1812\n key §\n!\n",
    "snmp-server user ops grp v3 auth sha § priv aes 128 §\n",
    "snmp-server host 10.0.0.1 version 2c §\n",
    "ntp authentication-key 1 md5 §\n",
    " key-string 7 §\n",
    "set password ENC §\n",
    "set security ike policy P1 pre-shared-key ascii-text \"§\"\n"};
INSTANTIATE_TEST_SUITE_P(Devices, LoginTest, ::testing::ValuesIn(kDevices));

constexpr const char* kDaemons[] = {
    "the user of reports, bob identified by '§', may read",
    "[smtp.example.com]:587 bob:§\n",
    "smtp.example.com:465\tbob:§\n",
    "user app on ~cache:* +@read >§\n",
    "user app off >§ ~* +@all\n",
    "  stats auth admin:§\n",
    "MONITOR ups@localhost 1 monuser § master\n",
    "ldap_default_authtok = §\n",
    "DATA_SOURCE_NAME=\"exporter:§@(10.1.1.1:3306)/\"",
    "root:§@/app?parseTime=true",
    "<AdministratorPassword><Value>§</Value><PlainText>true</PlainText></AdministratorPassword>"};
INSTANTIATE_TEST_SUITE_P(Daemons, LoginTest, ::testing::ValuesIn(kDaemons));

constexpr const char* kSentences[] = {"Bonjour, le mot de passe du compte partagé est : §\nMerci",
                                      "Votre nouveau mot de passe est §\n",
                                      "Hola, la contraseña del servidor es: §\nAvísame",
                                      "Das neue Passwort ist §\n", "Hasło do serwera to: §\n"};
INSTANTIATE_TEST_SUITE_P(Sentences, LoginTest, ::testing::ValuesIn(kSentences));

constexpr const char* kCalls[] = {"db.auth('bob', '§')",
                                  R"(smtp.login("bob", "§"))",
                                  R"(requests.get(url, auth=("bob", "§"), timeout=5))",
                                  R"(req.SetBasicAuth("bob", "§"))",
                                  R"(new NetworkCredential("bob", "§"))",
                                  "$db = new PDO('mysql:host=db', 'bob', '§');",
                                  R"(DriverManager.getConnection(url, "bob", "§"))",
                                  R"(ldap_bind($c, "cn=bob", "§"))",
                                  R"(Credentials.basic("bob", "§"))",
                                  R"(smtp.PlainAuth("", "bob", "§", "smtp.example.com"))",
                                  "new Sequelize('app', 'bob', '§', { host: 'db' })",
                                  "pymysql.connect('db', 'bob', '§', 'app')",
                                  "client.bind('cn=bob', '§', cb)",
                                  R"(Twilio::REST::Client.new(sid, "§", account))",
                                  "require('twilio')(sid, '§')",
                                  R"(new BasicAWSCredentials(id, "§"))",
                                  R"(credentials.NewStaticCredentials(id, "§", ""))",
                                  "request.auth = ('bob', '§')",
                                  R"(curl_setopt($ch, CURLOPT_USERPWD, "§");)",
                                  "jwt.sign(payload, '§', { expiresIn: '1h' })",
                                  "crypto.createHmac('sha256', '§')",
                                  "hash_hmac('sha256', $data, '§')",
                                  "page.fill('#password', '§')",
                                  "cy.get('input[name=password]').type('§')",
                                  R"(d.find_element(By.ID, "password").send_keys("§"))"};
INSTANTIATE_TEST_SUITE_P(Calls, LoginTest, ::testing::ValuesIn(kCalls));
INSTANTIATE_TEST_SUITE_P(Argv, LoginTest, ::testing::ValuesIn(kArgv));

constexpr const char* kProtocols[] = {
    "*2\r\n$4\r\nAUTH\r\n$14\r\n§\r\n",
    "*3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$14\r\n§\r\n",
    "AUTH default §\r\nSELECT 0\r\n",
    "USER bob\r\nPASS §\r\n230 ok\r\n",
    "C: PASS §\r\nS: +OK\r\n",
    "a1 LOGIN bob §\r\na1 OK done\r\n",
    R"(write(5, "a1 LOGIN bob §\r\n", 30) = 30)",
    "machine hub.example.com\n  login bob\n  password §\nmachine b.example login anonymous\n",
    "db.internal:5432:orders:bob:§\n",
    "ACL SETUSER bob on >§ ~* +@all\r\n",
    "user bob on >§ ~* +@all\n",
    ". login bob §\n. select inbox\n",
    "WIFI:S:home;T:WPA;P:§;;",
    "snmp-server community § RO\n",
    "username bob password 0 §\n",
    "username bob privilege 15 secret 0 §\n",
    "radius-server key 7 §\n",
    "ScramLoginModule required username=\"a\" password=\"§\" user_bob=\"§\";",
    "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n§\nPrivate-MAC: 00ff\n"};
INSTANTIATE_TEST_SUITE_P(Protocols, LoginTest, ::testing::ValuesIn(kProtocols));

constexpr const char* kSql[] = {
    "INSERT INTO users (id, name, password) VALUES (881, 'ops', '§') RETURNING id",
    "insert into `users` (`password`, `n`) values ('§', 1), ('§', 2);",
    "INSERT INTO s.\"users\" (\"n\", \"password\") VALUES (1, crypt('§', gen_salt('bf')))",
    "CREATE USER bob IDENTIFIED WITH caching_sha2_password BY '§';",
    "CREATE USER bob IDENTIFIED BY \"§\" QUOTA 10M ON users",
    "ALTER ROLE bob WITH LOGIN PASSWORD '§' VALID UNTIL '2027-01-01';",
    "SET PASSWORD FOR 'bob'@'%' = '§';",
    "INSERT INTO dbo.[users] ([id], [password]) VALUES (1, N'§')",
    "SELECT id FROM t WHERE h = crypt('§', h)",
    "SELECT pgp_sym_decrypt(data, '§') FROM t",
    ("execute: INSERT INTO users (n, password) VALUES ($1, $2)\nDETAIL:  parameters: $1 = '7', $2 "
     "= "
     "'§'\n")};
INSTANTIATE_TEST_SUITE_P(Sql, LoginTest, ::testing::ValuesIn(kSql));

constexpr const char* kUrls[] = {"fetching https://bob:§@repo.example.com/x.git now",
                                 R"({"url":"amqps:\/\/bob:§@mq.internal\/v1"})",
                                 "sql.Open(\"mysql\", \"bob:§@tcp(db:3306)/orders\")",
                                 "jdbc:oracle:thin:bob/§@//db.internal:1521/orders",
                                 "addr bob:§@db.internal:27017 up"};
INSTANTIATE_TEST_SUITE_P(Urls, LoginTest, ::testing::ValuesIn(kUrls));

TEST(UrlTest, LosesATokenThatIsItsUser) {
  expect_only_secret_gone("git clone https://§@hub.example.com/a/b.git", make_secret(40));
  expect_only_secret_gone("git clone https://§:x-oauth-basic@hub.example.com/a.git",
                          make_secret(40));
}

TEST(UrlTest, LosesAPasswordThatLooksLikeAUrl) {
  expect_only_secret_gone("https://bob:§@git.example.com/a.git", "x://" + make_secret(14));
}

TEST(UrlTest, KeepsTheHostBehindAnEncodedPassword) {
  const std::string redacted =
      redact("ftp://bob:%3Fa%20b%23" + make_secret(8) + "@ftp.example.org/pub");
  EXPECT_TRUE(redacted.starts_with("ftp://bob:[REDACTED:url-password:")) << redacted;
  EXPECT_TRUE(redacted.ends_with("]@ftp.example.org/pub")) << redacted;
}

constexpr const char* kAuthorization[] = {
    "Authorization: Hawk id=\"dh37\", ts=\"1353832234\", mac=\"§\"\r\nAccept: */*",
    "Authorization: SharedAccessSignature sr=https%3a%2f%2fa.example%2fq&sig=§&se=1353832234\r\n",
    "Authorization: SharedKey §\r\nx-ms-version: 2021-08-06\r\n",
    "curl -H 'Authorization: GenieKey §' https://a.example/v2",
    "{\"Authorization\":\"Zoho-oauthtoken §\",\"Accept\":\"text/csv\"}"};
INSTANTIATE_TEST_SUITE_P(Authorization, LoginTest, ::testing::ValuesIn(kAuthorization));

TEST(AccountHashTest, LosesBothHashes) {
  const std::string hash(32, 'b');
  const std::string redacted = redact("Administrator:500:" + hash + ":" + hash + ":::\n");
  EXPECT_FALSE(contains(redacted, hash)) << redacted;
  EXPECT_TRUE(redacted.starts_with("Administrator:500:")) << redacted;
}

TEST(Pop3Test, LosesTheDigestOfApop) {
  const std::string digest(32, 'c');
  EXPECT_FALSE(contains(redact("APOP bob " + digest + "\r\nSTAT\r\n"), digest));
}

TEST(CodeMessageTest, LosesTheCodeOfASentence) {
  for (const char* message :
       {"481516 is your Acme verification code", "Your verification code is 481516",
        "Your code: 481516", "Use 481516 to sign in", "Your one-time password is 481516",
        "Dein Code lautet 481516", "Votre code de vérification est 481516",
        "Su código de verificación es 481516", "Ihr Bestätigungscode lautet: 481516.",
        "Il tuo codice di verifica è 481516", "Seu código de verificação é 481516"})
    EXPECT_FALSE(contains(redact(message), "481516")) << message;
}

TEST(SaslTest, LosesThePasswordBehindAnyMarkOfTheSender) {
  const std::string password = "dzRoYXRldmVyMQ==";
  for (const char* exchange :
       {"> AUTH LOGIN\n< 334 VXNlcm5hbWU6\n> Ym9i\n< 334 UGFzc3dvcmQ6\n> ",
        "CLIENT: AUTH LOGIN\nSERVER: 334 VXNlcm5hbWU6\nCLIENT: Ym9i\nCLIENT: ",
        "AUTH LOGIN Ym9i\r\n"})
    EXPECT_FALSE(contains(redact(exchange + password + "\nQUIT\n"), password)) << exchange;
}

TEST(SaslTest, LosesResponsesAndProofs) {
  const std::string response = "AGJvYgB3NGhhdGV2ZXIx", proof(43, 'x');
  EXPECT_FALSE(contains(redact("SASL PLAIN response: " + response + "\n"), response));
  EXPECT_FALSE(contains(redact("c=biws,r=abc,p=" + proof + "=\n"), proof));
}

TEST(PasswordHashTest, IsFoundInItsFurtherForms) {
  const std::string hash(52, 'a'), hex(40, 'b');
  for (const std::string& text : {"$S$" + hash, "sha1$a1b2c3d4$" + hex})
    EXPECT_FALSE(contains(redact("hash " + text + " of bob"), text)) << text;
}

TEST(BirthDateTest, IsFoundInWords) {
  for (const char* date : {"12 March 1984", "March 12, 1984", "12-Mar-1984"})
    EXPECT_FALSE(contains(redact("dob: " + std::string(date) + "\n"), date)) << date;
}

TEST(PlaceholderTest, AMaskInTheMiddleHidesNothing) {
  const std::string secret = make_secret(10, 5) + "***" + make_secret(10, 6);
  EXPECT_FALSE(contains(redact("password=" + secret + "\n"), secret));
}

TEST(ContactCardTest, LosesNamesOfCardsAndPatients) {
  const std::string card = redact("BEGIN:VCARD\nFN:Odile Marchand\nN:Marchand;Odile\nEND:VCARD\n");
  EXPECT_FALSE(contains(card, "Marchand")) << card;
  const std::string patient = redact("PID|1||48151623^^^H^MR||MARCHAND^ODILE||19700102|F\rPV1|1\r");
  for (const char* part : {"48151623", "MARCHAND", "19700102"})
    EXPECT_FALSE(contains(patient, part)) << patient;
  EXPECT_TRUE(contains(patient, "^^^H^MR")) << patient;
  const std::string given = redact("{\"family\":\"Marchand\",\"given\":[\"Odile\"],\"n\":1}");
  EXPECT_FALSE(contains(given, "Marchand") || contains(given, "Odile")) << given;
}

TEST(SignatureTest, LosesEachSignatureOfAField) {
  const std::string secret = make_secret(64);
  expect_only_secret_gone("Stripe-Signature: t=1788812345,v1=§,v0=§\r\n", secret);
  expect_only_secret_gone("{\"stripe-signature\": \"t=1788812345,v1=§\"}", secret);
  expect_only_secret_gone("Paddle-Signature: ts=1788812345;h1=§\r\n", secret);
  expect_only_secret_gone("svix-signature: v1,§ v1,§\r\n", secret);
}

TEST(GossipKeyTest, IsFoundByTheFormOfItsValue) {
  const std::string key = make_secret(43) + "=";
  expect_only_secret_gone("{\"server\": true, \"encrypt\": \"§\"}", key);
  expect_only_secret_gone("consul agent -encrypt=§ -data-dir=/x", key);
  EXPECT_EQ(redact("{\"encrypt\": \"aws:kms\"}"), "{\"encrypt\": \"aws:kms\"}");
}

TEST(ConsulTokenTest, IsAUuidBelowTokens) {
  const std::string uuid = "3878a081-9ef1-4978-8cc5-2c868e0d53f3";
  expect_only_secret_gone("\"acl\": {\"tokens\": {\"agent\": \"§\", \"default\": \"§\"}}", uuid);
  expect_only_secret_gone("acl {\n  tokens {\n    agent = \"§\"\n  }\n}\n", uuid);
  const std::string other = "{\"agent\": \"" + uuid + "\", \"tokens\": 512}";
  EXPECT_EQ(redact(other), other);
}

TEST(PrivateKeyTest, IsFoundBehindTimeStamps) {
  const std::string line = make_secret(64), last = make_secret(10) + "==";
  const std::string stamp = "2026-11-24T10:52:01Z app ";
  const std::string redacted = redact(stamp +
                                      "-----BEGIN RSA PRIV"
                                      "ATE KEY-----\n" +
                                      stamp + line + "\n" + stamp + last + "\n" + stamp +
                                      "-----END RSA PRIV"
                                      "ATE KEY-----\n");
  EXPECT_FALSE(contains(redacted, line) || contains(redacted, last)) << redacted;
  EXPECT_TRUE(contains(redacted, "-----END RSA")) << redacted;
}

TEST(RoutingKeyTest, IsASecretOnlyOfPagerDuty) {
  const std::string key = "7" + std::string(31, 'b');
  expect_only_secret_gone("pagerduty_configs:\n  - routing_key: §\n    severity: critical\n", key);
  EXPECT_EQ(redact("routing_key=orders.created.eu.v2.2026"),
            "routing_key=orders.created.eu.v2.2026");
}

TEST(CookieTest, LosesEachStringOfAList) {
  expect_only_secret_gone("\"set-cookie\":[\"a=§; Path=/\",\"session=§; Secure\"]",
                          make_secret(24));
}

TEST(ForeignNameTest, LosesWhatFollowsItInItsScript) {
  for (const char* name : {"Пароль: §", "パスワード: §", "密码：§", "비밀번호: §"})
    expect_only_secret_gone(name, make_secret(16));
  expect_only_secret_gone("master_key → §\n", make_secret(32));
  EXPECT_FALSE(contains(redact("password: пароль" + make_secret(6)), make_secret(6)));
}

TEST(EmailTest, StandsBetweenWordsWithoutBlanks) {
  expect_only_secret_gone("番号8564：§様よりご連絡です。", "wouter_romano75@wp.pl");
  EXPECT_FALSE(contains(redact("連絡先 山田@例え.jp まで"), "山田"));
}

TEST(DocumentTest, LosesNumbersThatAreMostlyLetters) {
  expect_only_secret_gone("passport_no=§&issuing_country=DEU", "CC9NG4YUV");
  expect_only_secret_gone("{\"vin\":\"§\",\"odometer\":56433}", "WVW3FLJF1PB625313");
  expect_only_secret_gone("{\\u0022dob\\u0022:\\u0022§\\u0022}", "1980-03-12");
}

TEST(JwkTest, LosesItsPrivateMembers) {
  expect_only_secret_gone(R"({"kty":"EC","x":"abc","d":"§","use":"sig"})", make_secret(43));
}

class HarmlessLoginTest : public ::testing::TestWithParam<const char*> {};

TEST_P(HarmlessLoginTest, StaysAsItIs) { EXPECT_EQ(redact(GetParam()), GetParam()); }

constexpr const char* kHarmless[] = {
    "mysql -u root -p orders # prompts",
    "docker run -p 8080:80 nginx:1.25",
    "docker login -u bob --password-stdin < file",
    "htpasswd -c .htpasswd bob",
    "openssl rsa -passin env:KEY -in k.pem",
    "curl -u \"$USER:$PASS\" https://a.example",
    "PASS tests/unit/a_test.go",
    "INSERT INTO orders (id, plan) VALUES (1, 'basic')",
    "INSERT INTO users (id, password) VALUES (1, NULL), (2, ?)",
    "CREATE TABLE users (id bigint, password varchar(255) NOT NULL)",
    "wait 12:30:11 a@b:80",
    "https://user@host.example/path",
    "machine learning login page",
    "backup the wallet and write the recovery phrase down",
    "echo hello | cryptsetup --help",
    "rootpw is not set",
    "https://host:8443/a@b",
    "nodes=redis://a:6379,redis://user@b.example/0",
    "dial tcp smtp.example.com:587 i/o timeout",
    "user bob joined on #general >",
    "expect \"yes/no\"\nsend \"yes\\r\"",
    "expect \"assword:\"\nsend \"$password\\r\"",
    "expect(screen.getByLabelText('Password')).toBeVisible();\nawait api.send({ name: 'bob' });",
    "glab auth login --hostname gitlab.example.com",
    "pulumi config set aws:region us-west-2",
    "aws ssm put-parameter --name /x/db --type String --value db-1.internal",
    "curl -fsSLo menu https://a.example/",
    "vault kv put secret/app user=bob host=db.internal"};
INSTANTIATE_TEST_SUITE_P(Texts, HarmlessLoginTest, ::testing::ValuesIn(kHarmless));

// Names of secrets that nothing secret follows.
constexpr const char* kHarmlessNames[] = {
    "        Signature Algorithm: sha256WithRSAEncryption\n",
    "kube_secret_info{namespace=\"x\",secret=\"db-creds\"} 1",
    "checksum/secret: da0775f6eff68acb4be151ba44ea9263113d5fe1b7e15824f5e2c88f4347678f",
    "api_token = \"%{API_TOKEN}\"",
    "headers[\"Authorization\"] = $\"Bearer {token50}\";",
    "read -s -p \"Password: \" PASSWORD; echo x",
    "Usage: a login [--token TOKEN] [--username NAME] SERVER",
    "Set DB_PASSWORD to your database password before step 8.",
    "!function(e,t){e.token=t,n.apiKey=i.key}(this,a);",
    "<script nonce=\"rAnd0m123abcDEF456ghiJKL\" src=/x.js>",
    "Le mot de passe doit contenir 8 caractères",
    "while (my $token = $self->get_token) { print $token->tagname; }",
    "my $sig = $SIG{'CHLD'};",
    "token = Keyword.Type",
    "my $token = shift;",
    "Token: '#d8dee9',",
    "an error that is identified by `name` and \"code\"",
    "MountVolume.SetUp failed for volume \"tls\" : secret \"geo-router-tls\" not found",
    "{{ lookup('hashi_vault', 'secret=kv/data/catalog:password') }}",
    "<string name=\"hint_password\">パスワードを入力</string>",
    "> password login works, only the token exchange was broken",
    "Le secret est stocké dans le coffre ; le jeton reste valable 27 heures",
    "  password: パスワード\n  token: Токен доступа\n  secret: 보안 키\n",
    "auth: { password: 'Hasło', token: 'Token dostępu', pin: 'Kod PIN' }",
    "failed to list *v1.Secret: secrets \\\"mallard-db-password\\\" is forbidden",
    "{\"msg\":\"reconciled\",\"secret\":\"payments/cobalt-db-password\",\"generation\":34}",
    "PASSWORD: <set to the key 'password' in secret 'pg-app-credentials'>  Optional: false",
    "couldn't get token \"token-ph5rg\": token expired",
    "| Client secret | (hidden) |",
    "API_TOKEN: ${API_TOKEN:?missing}",
    "Taints: dedicated=secrets:NoSchedule",
    "const password = useState<string>('');",
    "{\"key\":\"ctrl+l\",\"signature\":\"(Ljava/lang/String;I)V\",\"pass\":true}",
    "pub fn rotate(&mut self, token: &SecretString) -> Result<SecretString, TokenError> {",
    "config :app, secret_key_base: System.fetch_env!(\"SECRET_KEY_BASE\")",
    "auth.signIn(login: _login.text, password: _passwordController.text);",
    "{\"secret_id\": \"VALUE_SPECIFIED_IN_NO_LOG_PARAMETER\"}",
    "fun validatePassword(password: CharArray): PasswordResult = when {",
    "$Secret = Get-Secret -Name 'db-password' -AsPlainText",
    "auto password = std::make_unique<SecureBuffer>(size_);",
    "{\"required\":[\"password\",\"token\"],\"additionalProperties\":false}",
    "\"names\":[\"password\",\"token\",\"secretKey\",17]",
    "  --private-key path       PEM private key (default \"~/.a/id_ed25519\")",
    " + 945606a98...cea4aaaf0 wip/session-key -> origin/wip/session-key  (forced update)",
    "\"Statement\":[{\"Sid\":\"AllowUse\",\"Effect\":\"Allow\"}]",
    "bin/rails credentials:show --environment production",
    "return &Session{Token: base64.RawURLEncoding.EncodeToString(token)}, nil",
    "{ UserID = user, Password = secret.Value.Value };",
    "constructor(private readonly jwt: JwtService, private readonly config: ConfigService) {}",
    "let(:token) { described_class.new(secret: secret).issue(user) }",
    "token <- httr2::oauth_flow_auth_code(client, pkce = TRUE)",
    ": \"${VAULT_TOKEN:?VAULT_TOKEN is required}\"",
    "aws secretsmanager get-secret-value --secret-id prod/billing/api-key --query SecretString",
    "ConvertTo-SecureString -String $env:SVC_PASSWORD -AsPlainText -Force",
    "password = data.vault_kv_secret_v2.app.data[\"db_password\"]",
    "Set the minimum number of days between password changes.",
    "<v-text-field v-model=\"password\" :type=\"shown ? 'text' : 'password'\" />",
    "{\"query\":\"mutation M($p:String!){signIn(login:$l,password:$p){ok}}\"}",
    "return e.password===e.passwordConfirm&&e.password.length>=r.minLength}}});"};
INSTANTIATE_TEST_SUITE_P(Names, HarmlessLoginTest, ::testing::ValuesIn(kHarmlessNames));

TEST(LabelTest, OnlyThoseOfMetricsNameSecrets) {
  const std::string words = "correct-horse-staple";  // as a cluster's object may be named
  for (const std::string before : {"Config{user=\"bob\",secret=\"", "db_info{password=\""})
    EXPECT_FALSE(contains(redact(before + words + "\"}"), words)) << before;
  EXPECT_TRUE(contains(redact("kube_secret_info{secret=\"" + words + "\"} 1"), words));
}

TEST(MnemonicTest, IsFoundBehindWordsThatAnnounceIt) {
  const std::string phrase =
      "zebra umbrella tackle vacuum kitchen identify rabbit napkin identify zebra tackle kitchen";
  EXPECT_EQ(redact("wallet restored from: " + phrase + " ok"),
            "wallet restored from: [REDACTED:recovery-phrase" +
                redact("wallet restored from: " + phrase + " ok").substr(47));
  EXPECT_FALSE(contains(redact("seed words: " + phrase), "kitchen"));
  EXPECT_EQ(redact("the wallet opens when all is well and the day is long or not at all now"),
            "the wallet opens when all is well and the day is long or not at all now");
}

TEST(ClientAddressTest, LosesPublicAddressesOnly) {
  EXPECT_EQ(redact("X-Forwarded-For: 24.113.40.11, 10.0.3.7\r\n"),
            "X-Forwarded-For: [REDACTED:client-ip], 10.0.3.7\r\n");
  EXPECT_EQ(redact("Forwarded: for=\"[2a02:5d91::5c3d]:4711\";proto=https\r\n"),
            "Forwarded: for=\"[[REDACTED:client-ip]]:4711\";proto=https\r\n");
  for (const char* text :
       {"X-Forwarded-For: 10.0.3.7\r\n", "listening on 8.8.4.4:80", "client_ip=127.0.0.1 ok"}) {
    EXPECT_EQ(redact(text), text);
  }
}

TEST(EmailTest, IsFoundInternationalQuotedAndBehindAScheme) {
  for (const char* address : {"jo.doe+x@example.com",
                              "m\xC3\xBCller@b\xC3\xBC"
                              "cher.de",
                              "\"jo doe\"@example.com"}) {
    EXPECT_EQ(redact("mail <" + std::string(address) + "> sent").substr(0, 22),
              "mail <[REDACTED:email:");
  }
  EXPECT_TRUE(redact("href=mailto:jo@example.com").starts_with("href=mailto:[REDACTED:email"));
  EXPECT_TRUE(redact("email:jo@example.com").starts_with("email:[REDACTED:email"));
  EXPECT_TRUE(contains(redact("said \xE2\x80\x9Cjo@example.com\xE2\x80\x9D"), "\xE2\x80\x9C["));
}

TEST(EmailTest, IsNoUnitNorUserOfAUrl) {
  for (const char* text : {"getty@tty1.service", "ssh -T git@gitlab.local", "a@2x.png",
                           "https://jo@example.com/path"}) {
    EXPECT_EQ(redact(text), text);
  }
}

}  // namespace
}  // namespace scopetrace
