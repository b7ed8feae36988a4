// SPDX-License-Identifier: Apache-2.0
// SMTP, POP3, FTP, IMAP, NATS: protocols of lines.
#include "tests/unit/redact/wire_fixture.h"

namespace scopetrace {
namespace {

std::string base64(const std::string& text) { return to_base64(as_bytes(text)); }

TEST(WireSmtpTest, RedactsInitialResponseAndKeepsCommands) {
  const std::string password = make_secret(14);
  const std::string answer = base64(std::string("\0mailer\0", 8) + password);
  const std::string stream =
      "EHLO app-1\r\nAUTH PLAIN " + answer + "\r\nMAIL FROM:<>\r\nRCPT TO:<list>\r\nQUIT\r\n";

  expect_safe(stream, "smtp", password);

  const std::string text = tell(stream).text;
  EXPECT_FALSE(contains(text, answer));
  EXPECT_TRUE(contains(text, "EHLO app-1\nAUTH PLAIN [REDACTED:basic-auth:")) << text;
  EXPECT_TRUE(contains(text, "MAIL FROM:<>\nRCPT TO:<list>\nQUIT\n")) << text;
}

TEST(WireSmtpTest, RedactsEveryAnswerUpToTheNextCommand) {
  const std::string password = make_secret(9);
  const std::string stream = "LHLO app\r\nauth login\r\n" + base64("jo") + "\r\n" +
                             base64(password) + "\r\nAUTH CRAM-MD5\r\n" +
                             base64("jo " + make_secret(32, 4)) + "\r\nMAIL FROM:<>\r\n";

  expect_safe(stream, "smtp", base64(password));
  EXPECT_TRUE(contains(tell(stream).text, "AUTH login\n(answer) [REDACTED:")) << tell(stream).text;
}

TEST(WireSmtpTest, TellsTokensOfOauth) {
  const std::string token = make_secret(40);
  const std::string sent = base64("user=jo\1auth=Bearer " + token + "\1\1");
  for (const std::string mechanism : {"XOAUTH2", "OAUTHBEARER"}) {
    const std::string text = tell("EHLO a\r\nAUTH " + mechanism + " " + sent + "\r\nQUIT\r\n").text;
    EXPECT_TRUE(contains(text, mechanism + " [REDACTED:bearer:")) << text;
    EXPECT_FALSE(contains(text, sent.substr(0, 20)));
  }
}

TEST(WireSmtpTest, FindsCredentialsInsideDataThatWasRefused) {
  const std::string password = base64(make_secret(9));
  const std::string text =
      tell("EHLO a\r\nDATA\r\nAUTH LOGIN\r\nam8=\r\n" + password + "\r\nQUIT\r\n").text;
  EXPECT_TRUE(is_hidden(text, password)) << text;
}

TEST(WireSmtpTest, KeepsTheTextOfAMail) {
  const std::string text =
      tell("EHLO a\r\nDATA\r\nSubject: hello\r\n\r\nRead this.\r\n.\r\nQUIT\r\n").text;
  EXPECT_TRUE(contains(text, "DATA\nSubject: hello\n\nRead this.\n.\nQUIT\n")) << text;
}

TEST(WireSmtpTest, KeepsTheServersLines) {
  const WireResult result = tell("220 mx ESMTP ready\r\n334 UGFzc3dvcmQ6\r\n235 ok\r\n");
  EXPECT_EQ(result.protocol, "smtp");
  EXPECT_TRUE(contains(result.text, "235 ok")) << result.text;
}

TEST(WirePop3Test, RedactsPassAndDigest) {
  const std::string password = make_secret(12);
  expect_safe("CAPA\r\nUSER jo\r\nPASS " + password + " with blanks\r\nSTAT\r\n", "pop3", password);
  const std::string text = tell("APOP jo " + make_secret(32, 3) + "\r\nSTAT\r\n").text;
  EXPECT_TRUE(contains(text, "APOP jo [REDACTED:generic-password:")) << text;
  EXPECT_FALSE(contains(text, make_secret(32, 3)));
}

TEST(WireFtpTest, RedactsPassAndAccount) {
  const std::string password = make_secret(8);
  const std::string stream = "USER upload\r\nPASS " + password + "\r\nACCT " + make_secret(9, 2) +
                             "\r\nCWD /in\r\nQUIT\r\n";

  expect_safe(stream, "ftp", password);

  const std::string text = tell(stream).text;
  EXPECT_TRUE(contains(text, "USER upload\nPASS [REDACTED:generic-password:")) << text;
  EXPECT_TRUE(contains(text, "CWD /in\n")) << text;
  EXPECT_FALSE(contains(text, make_secret(9, 2)));
}

TEST(WireFtpTest, IsToldByItsGreeting) {
  EXPECT_EQ(tell("220 FTP ready\r\n").protocol, "ftp");
  EXPECT_EQ(tell("AUTH TLS\r\nUSER jo\r\n").protocol, "ftp");
}

TEST(WireImapTest, RedactsLoginInEveryForm) {
  const std::string password = make_secret(13);
  const std::string size = std::to_string(password.size());
  const std::string forms[] = {"a1 LOGIN jo " + password,
                               "a1 login \"jo\" \"" + password + "\"",
                               "a1 LOGIN jo {" + size + "}\r\n" + password,
                               "a1 LOGIN {2+}\r\njo {" + size + "+}\r\n" + password,
                               "a1 LOGIN {0}\r\n {" + size + "}\r\n" + password,
                               "a1 LOGIN \"j\\\"o\" \"x\\\"" + password + "\""};
  for (const std::string& form : forms) {
    const std::string stream = form + "\r\na2 SELECT INBOX\r\n";
    expect_safe(stream, "imap", password);
    EXPECT_TRUE(contains(tell(stream).text, "SELECT INBOX")) << tell(stream).text;
  }
}

TEST(WireImapTest, RedactsAuthenticateWithAndWithoutInitialResponse) {
  const std::string answer = base64(std::string("\0jo\0", 4) + make_secret(12));
  for (const std::string between : {" ", "\r\n"}) {
    const std::string stream =
        "x1 AUTHENTICATE PLAIN" + between + answer + "\r\nx2 LIST \"\" *\r\n";
    expect_safe(stream, "imap", answer);
    EXPECT_TRUE(contains(tell(stream).text, "PLAIN")) << tell(stream).text;
    EXPECT_TRUE(contains(tell(stream).text, "LIST \"\" *")) << tell(stream).text;
  }
}

TEST(WireImapTest, SurvivesAbsurdLiterals) {
  const std::string password = make_secret(13);
  const std::string text =
      tell("a1 LOGIN jo {99999999999999999}\r\n" + password + "\r\na2 NOOP\r\n").text;
  EXPECT_TRUE(is_hidden(text, password)) << text;
}

TEST(WireNatsTest, RedactsTheOptionsOfConnect) {
  const std::string password = make_secret(15);
  const std::string token = make_secret(22, 3);
  const std::string stream = "CONNECT {\"verbose\":false,\"user\":\"jo\",\"pass\":\"" + password +
                             "\",\"auth_token\":\"" + token +
                             "\"}\r\nPING\r\nPUB a.b 5\r\nhello\r\n";

  expect_safe(stream, "nats", password);

  const std::string text = tell(stream).text;
  EXPECT_FALSE(contains(text, token));
  EXPECT_TRUE(contains(text, "\"verbose\":false,\"user\":\"jo\"")) << text;
  EXPECT_TRUE(contains(text, "PING\nPUB a.b 5 payload=hello\n")) << text;
}

TEST(WireLinesTest, ProseThatBeginsWithAVerbIsText) {
  for (const std::string text :
       {"user changed password, audit=949\r\n", "PASS tests/unit/a.cc\n", "Help is on the way\n"}) {
    EXPECT_EQ(tell(text).protocol, "unknown") << text;
  }
}

TEST(WireLinesTest, GapWithholdsUpToTheLineEndAndAnswersBehindIt) {
  const std::string answer = base64(make_secret(30));
  Scanner s;
  WireStream stream(s.scanner, WireDetail::kRedacted);
  std::string out;
  stream.push("EHLO app\r\nAUTH LOG", out);
  stream.lose(out);
  stream.push(answer + "\r\n" + answer + "\r\nMAIL FROM:<>\r\n", out);
  stream.finish(out);

  EXPECT_FALSE(contains(out, answer)) << out;
  EXPECT_TRUE(contains(out, "MAIL FROM:<>")) << out;
}

TEST(WireLinesTest, LineWithoutEndIsALength) {
  const std::string password = make_secret(14);
  std::string stream = "EHLO a\r\nAUTH PLAIN ";
  while (stream.size() < 200'000) stream += password;
  stream += "\r\nQUIT\r\n";

  for (const std::size_t piece : {std::size_t{1000}, std::size_t{65536}, stream.size()}) {
    const std::string text = tell_pieces(stream, piece).text;
    EXPECT_TRUE(contains(text, "EHLO a\n[withheld ")) << text.substr(0, 200);
    EXPECT_TRUE(contains(text, "QUIT\n"));
    EXPECT_TRUE(is_hidden(text, password));
  }
}

}  // namespace
}  // namespace scopetrace
