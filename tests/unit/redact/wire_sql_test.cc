// SPDX-License-Identifier: Apache-2.0
// PostgreSQL, MySQL, and the statements that both carry.
#include "tests/unit/redact/wire_fixture.h"
#include "userspace/redact/wire/sql_text.h"

namespace scopetrace {
namespace {

std::string pg(char type, const std::string& payload) {
  return type + big(payload.size() + 4, 4) + payload;
}
std::string pg_startup() {
  const std::string payload = big(196608, 4) + nul("user") + nul("jo") + nul("database") +
                              nul("shop") + std::string(1, '\0');
  return big(payload.size() + 4, 4) + payload;
}
std::string pg_bind(const std::string& statement, const std::vector<std::string>& values) {
  std::string payload = nul("") + nul(statement) + big(0, 2) + big(values.size(), 2);
  for (const std::string& value : values) payload += counted(value, 4);
  return pg('B', payload + big(0, 2));
}

TEST(WirePostgresTest, RedactsEveryAnswerToAuthentication) {
  const std::string password = make_secret(14);
  const std::string answers[] = {pg('p', nul(password)),
                                 pg('p', nul("SCRAM-SHA-256") + counted("n,,n=,r=" + password, 4)),
                                 pg('p', "c=biws,r=" + password + ",p=x")};
  for (const std::string& answer : answers) {
    const std::string stream = pg_startup() + answer + pg('Q', nul("SELECT 1")) + pg('X', "");
    expect_safe(stream, "postgresql", password);
    const std::string text = tell(stream).text;
    EXPECT_TRUE(contains(text, "StartupMessage user=jo database=shop\n")) << text;
    EXPECT_TRUE(contains(text, "Query SELECT 1\nTerminate\n")) << text;
  }
  EXPECT_TRUE(
      contains(tell(pg_startup() + answers[1]).text, "SASLInitialResponse SCRAM-SHA-256 data="));
}

TEST(WirePostgresTest, TakesRequestsBeforeStartup) {
  const std::string text = tell(big(8, 4) + big(80877103, 4) + pg_startup()).text;
  EXPECT_TRUE(contains(text, "SSLRequest\nStartupMessage user=jo")) << text;
  const std::string cancel = tell(big(16, 4) + big(80877102, 4) + big(77, 4) + "\1\2\3\4").text;
  EXPECT_TRUE(contains(cancel, "CancelRequest key=[REDACTED:")) << cancel;
}

TEST(WirePostgresTest, RedactsLiteralsOfStatements) {
  const std::string password = make_secret(14);
  for (const std::string& statement :
       {"ALTER ROLE jo PASSWORD '" + password + "'",
        "CREATE USER jo WITH ENCRYPTED PASSWORD $$" + password + "$$ LOGIN",
        "INSERT INTO users (name, password) VALUES ('jo', '" + password + "')",
        "UPDATE users SET password = '" + password + "' WHERE id = 1"}) {
    expect_safe(pg_startup() + pg('Q', nul(statement)) + pg('S', ""), "postgresql", password);
    expect_safe(pg_startup() + pg('P', nul("s1") + nul(statement) + big(0, 2)) + pg('S', ""),
                "postgresql", password);
  }
}

TEST(WirePostgresTest, ParametersAreNamedByTheirStatement) {
  const std::string password = make_secret(14);
  const std::string stream =
      pg_startup() +
      pg('P', nul("s1") + nul("INSERT INTO users (name, password) VALUES ($1, $2)") + big(0, 2)) +
      pg_bind("s1", {"jo", password}) + pg('E', nul("") + big(0, 4)) + pg('S', "");

  expect_safe(stream, "postgresql", password);
  EXPECT_TRUE(contains(tell(stream).text, "Bind name=jo password=[REDACTED:")) << tell(stream).text;
}

TEST(WirePostgresTest, RowsAreNamedByTheirDescription) {
  const std::string password = make_secret(14);
  const std::string column = big(0, 6) + big(25, 4) + big(0, 8);
  const std::string stream = pg('R', big(0, 4)) + pg('K', big(7, 4) + "\1\2\3\4") +
                             pg('T', big(2, 2) + nul("name") + column + nul("password") + column) +
                             pg('D', big(2, 2) + counted("jo", 4) + counted(password, 4)) +
                             pg('C', nul("SELECT 1"));

  expect_safe(stream, "postgresql", password);
  const std::string text = tell(stream).text;
  EXPECT_TRUE(contains(text, "DataRow name=jo password=[REDACTED:")) << text;
  EXPECT_TRUE(contains(text, "CommandComplete SELECT 1")) << text;
}

TEST(WirePostgresTest, KnowsASessionThatWasUnderWay) {
  const std::string password = make_secret(14);
  EXPECT_EQ(tell(pg('p', nul(password))).protocol, "postgresql");
  EXPECT_TRUE(is_hidden(tell(pg('p', nul(password))).text, password));
  EXPECT_EQ(tell(pg('Q', nul("SELECT 1"))).text, "Query SELECT 1\n");
}

TEST(WirePostgresTest, GivesUpOnHostileLengths) {
  const std::string password = make_secret(18);
  for (const std::string& hostile :
       {"p" + big(3, 4), "p" + big(0xffffffff, 4), big(9999, 4) + big(1, 4)}) {
    const std::string text = tell(pg_startup() + hostile + nul(password)).text;
    EXPECT_TRUE(is_hidden(text, password)) << text;
  }
}

std::string packet(std::uint8_t sequence, const std::string& payload) {
  return little(payload.size(), 3) + static_cast<char>(sequence) + payload;
}
constexpr std::uint64_t kCapabilities =
    1U << 3 | 1U << 9 | 1U << 15 | 1U << 19 | 1U << 20 | 1U << 21;
std::string handshake(std::uint8_t sequence, const std::string& answer) {
  const std::string attributes = counted("_os", 1) + counted("Linux", 1);
  return packet(sequence, little(kCapabilities, 4) + little(1 << 24, 4) + '\x2d' +
                              std::string(23, '\0') + nul("jo") + counted(answer, 1) + nul("shop") +
                              nul("caching_sha2_password") + counted(attributes, 1));
}
std::string mysql_query(const std::string& text) { return packet(0, '\3' + text); }

TEST(WireMysqlTest, RedactsWhatAnswersTheServer) {
  const std::string password = make_secret(16);
  const std::string scramble = make_secret(20, 7);
  const std::string stream =
      handshake(1, scramble) + packet(3, nul(password)) + mysql_query("SELECT 1") + packet(0, "\1");

  expect_safe(stream, "mysql", password);
  const std::string text = tell(stream).text;
  EXPECT_TRUE(contains(text, "HandshakeResponse user=jo password=[REDACTED:")) << text;
  EXPECT_TRUE(contains(text, " database=shop plugin=caching_sha2_password _os=Linux\n")) << text;
  EXPECT_TRUE(contains(text, "Query SELECT 1\nQuit\n")) << text;
  EXPECT_FALSE(contains(text, scramble));
}

TEST(WireMysqlTest, TakesSslRequestAndChangeUser) {
  const std::string password = make_secret(16);
  const std::string ssl = packet(
      1, little(kCapabilities | 1U << 11, 4) + little(1 << 24, 4) + '\x2d' + std::string(23, '\0'));
  const std::string change = packet(0, '\x11' + nul("jo") + counted(password, 1) + nul("shop") +
                                           "\x21" + '\0' + nul("mysql_clear_password"));
  const std::string stream =
      ssl + handshake(2, make_secret(20, 7)) + change + mysql_query("SELECT 1");

  expect_safe(stream, "mysql", password);
  EXPECT_TRUE(contains(tell(stream).text, "SSLRequest\nHandshakeResponse user=jo"))
      << tell(stream).text;
  EXPECT_TRUE(contains(tell(stream).text, " database=shop")) << tell(stream).text;
}

TEST(WireMysqlTest, RedactsStatements) {
  const std::string password = make_secret(14);
  for (const std::string& statement :
       {"ALTER USER 'jo'@'%' IDENTIFIED BY '" + password + "'",
        "CREATE USER jo IDENTIFIED WITH mysql_native_password BY \"" + password + "\"",
        "SET PASSWORD FOR 'jo'@'%' = '" + password + "'",
        "SELECT 1 -- it's\n; ALTER USER jo IDENTIFIED BY '" + password + "'"}) {
    expect_safe(mysql_query(statement) + mysql_query("SELECT 2"), "mysql", password);
    expect_safe(packet(0, "\3" + std::string("\0\1", 2) + statement) + mysql_query("SELECT 2"),
                "mysql", password);
  }
}

TEST(WireMysqlTest, ParametersAreNamedByTheirStatement) {
  const std::string password = make_secret(14);
  const std::string execute =
      packet(0, '\x17' + little(1, 4) + '\0' + little(1, 4) + '\0' + '\1' +
                    std::string("\xfd\0\xfd\0", 4) + counted(password, 1) + counted("jo", 1));
  const std::string stream = handshake(1, make_secret(20, 7)) +
                             packet(0, "\x16UPDATE users SET password = ? WHERE name = ?") +
                             execute + packet(0, "\1");

  expect_safe(stream, "mysql", password);
  EXPECT_TRUE(contains(tell(stream).text, "Execute password=[REDACTED:")) << tell(stream).text;
  EXPECT_TRUE(contains(tell(stream).text, " name=jo\n")) << tell(stream).text;
}

TEST(WireSqlTextTest, NamesParameters) {
  EXPECT_EQ(sql_parameter_names("SELECT * FROM t WHERE a = $2 AND b LIKE $1"),
            (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(sql_parameter_names("INSERT INTO t (a, b) VALUES (?, lower(?)), (?, ?)"),
            (std::vector<std::string>{"a", "b", "a", "b"}));
  EXPECT_EQ(sql_parameter_names("UPDATE t SET a = ?, b = ? WHERE \"c d\" = ?"),
            (std::vector<std::string>{"a", "b", "c d"}));
  EXPECT_LE(sql_parameter_names("SELECT $99999999999999999999, $0, $257").size(),
            kMaxSqlParameters);
}

TEST(WireSqlTextTest, KeepsLiteralsThatAreNoPasswords) {
  const std::string statement = "SELECT password FROM users WHERE name = 'bob' AND city = 'Rome'";
  EXPECT_EQ(tell(mysql_query(statement)).text, "Query " + statement + "\n");
}

}  // namespace
}  // namespace scopetrace
