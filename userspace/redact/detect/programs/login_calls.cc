// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/programs/login_calls.h"

#include <algorithm>
#include <array>
#include <optional>

#include "userspace/redact/detect/cursor.h"
#include "userspace/redact/detect/line_look.h"
#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/detect/pairs/value_end.h"
#include "userspace/redact/detect/word_column.h"
#include "userspace/redact/rules/plausible.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxCall = 1024;  // bytes of the arguments that are looked at

struct LoginCall {
  std::string_view begin;
  int index;                   // of the argument that is the password
  std::string_view word = {};  // what stands in front of it on its line, or in the argument before
};
constexpr std::string_view kPassword = "assword";  // of a field that is filled in
constexpr LoginCall kCalls[] = {{".auth(", 1},
                                {".login(", 1},
                                {".authenticate(", 1},
                                {".basic_auth(", 1},
                                {"basicAuth(", 1},
                                {".credentials(", 1},
                                {"setCredentials(", 1},
                                {"NetworkCredential(", 1},
                                {"PasswordAuthentication(", 1},
                                {"PasswordCredentials(", 1},
                                {"UsernamePasswordToken(", 1},
                                {"simple_bind(", 1},
                                {"simple_bind_s(", 1},
                                {"auth=(", 1},
                                {"'auth' => [", 1},
                                {"UserPassword(", 1},
                                {"changePassword(", 1},
                                {"ldap_bind(", 2},
                                {"ftp_login(", 2},
                                {"ssh2_auth_password(", 2},
                                {"mysqli_connect(", 2},
                                {"new mysqli(", 2},
                                {"new PDO(", 2},
                                {"getConnection(", 2},
                                {"Credentials.basic(", 1},
                                {"PlainCredentials(", 1},
                                {"username_pw_set(", 1},
                                {"PlainAuth(", 2},
                                {"new Sequelize(", 2},
                                {"pymysql.connect(", 2},
                                {"MySQLdb.connect(", 2},
                                {"mysql.connect(", 2},
                                {"mysql_connect(", 2},
                                {"cx_Oracle.connect(", 1},
                                {"oracledb.connect(", 1},
                                {"DBI->connect(", 2},
                                {".bind('cn=", 1},
                                {".bind(\"cn=", 1},
                                {".bind('uid=", 1},
                                {".bind(\"uid=", 1},
                                {"ldap3.Connection(", 2},
                                {"Connection(server,", 2},
                                {"REST::Client.new(", 1},
                                {"rest.Client(", 1},
                                {"Client('AC", 1},
                                {"Client(\"AC", 1},
                                {"Client('SK", 1},
                                {"Client(\"SK", 1},
                                {"('twilio')(", 1},
                                {"(\"twilio\")(", 1},
                                {"twilio('AC", 1},
                                {"twilio(\"AC", 1},
                                {"Twilio.init(", 1},
                                {"TwilioClient.Init(", 1},
                                {"Aws::Credentials.new(", 1},
                                {"BasicAWSCredentials(", 1},
                                {"BasicSessionCredentials(", 1},
                                {"AwsBasicCredentials.create(", 1},
                                {"NewStaticCredentials(", 1},
                                {"NewStaticCredentialsProvider(", 1},
                                {"NewStaticV4(", 1},
                                {"connect_s3(", 1},
                                {"S3Connection(", 1},
                                {"PlainTextAuthProvider(", 1},
                                {"withCredentials(", 1},
                                {"auth.basic(", 1},
                                {"AuthTokens.basic(", 1},
                                {"InfluxDBClient(", 3},
                                {".auth = (", 1},
                                {"CURLOPT_USERPWD,", 0},
                                {"CURLOPT_PASSWORD,", 0},
                                {"CURLOPT_PROXYUSERPWD,", 0},
                                {"CURLOPT_XOAUTH2_BEARER,", 0},
                                {"jwt.sign(", 1},
                                {"jwt.verify(", 1},
                                {"jwt.encode(", 1},
                                {"jwt.decode(", 1},
                                {"signWith(", 1},
                                {"setSigningKey(", 0},
                                {"createHmac(", 1},
                                {"hmac.new(", 0},
                                {"HMAC.hexdigest(", 1},
                                {"HMAC.digest(", 1},
                                {"hash_hmac(", 2},
                                {"SecretKeySpec(", 0},
                                {"AES.encrypt(", 1},
                                {"AES.decrypt(", 1},
                                {"createCipheriv(", 1},
                                {"Fernet(", 0},
                                {"keyStore.load(", 1},
                                {"PasswordProtection(", 0},
                                {".fill(", 1, kPassword},
                                {".type(", 1, kPassword},
                                {").type(", 0, kPassword},
                                {"send_keys(", 0, kPassword},
                                {"sendKeys(", 0, kPassword}};

// Over an argument that is no string, up to the comma or bracket behind it. False at its end.
bool skip_argument(Cursor& cursor) {
  constexpr int kMaxDepth = 4;
  int depth = 0;
  while (!cursor.is_over() && !is_line_end(cursor.peek())) {
    const char c = cursor.peek();
    if (depth == 0 && c == ',') return true;
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (depth > kMaxDepth) return false;
    if ((c == ')' || c == ']' || c == '}') && --depth < 0) return false;
    ++cursor.at;
  }
  return false;
}

// b"…", N'…'
void skip_prefix(Cursor& cursor) {
  if (is_letter(cursor.peek()) && quote_at(cursor.text, cursor.at + 1)) ++cursor.at;
}

// The string that is the argument `index`, or nothing.
std::optional<TextRange> string_argument(Cursor& cursor, int index) {
  for (int i = 0;; ++i) {
    cursor.skip_spaces();
    skip_prefix(cursor);
    const auto quote = quote_at(cursor.text, cursor.at);
    if (quote) {
      const std::size_t begin = cursor.at + quote->size;
      const StringEnd end = string_end(cursor.text, begin, *quote);
      if (!end.is_closed) return std::nullopt;
      cursor.at = end.end + quote->size;
      if (i == index) return TextRange{begin, end.end};
    }
    if (i == index || !skip_argument(cursor)) return std::nullopt;
    ++cursor.at;
  }
}

}  // namespace

std::vector<std::string_view> login_calls() { return word_column(kCalls, &LoginCall::begin); }

void take_login_call(ScanText& scan, std::size_t index, TextRange at,
                     std::vector<Finding>& findings) {
  const std::size_t limit = std::min(scan.text.size(), at.end + kMaxCall);
  const std::string_view call = kCalls[index].begin;
  const std::size_t open = std::min(call.find_last_of("(["), call.size() - 1);
  Cursor cursor{scan.text.substr(0, limit), at.begin + open + 1};
  const auto password = string_argument(cursor, kCalls[index].index);
  if (limit == scan.text.size() && (!password || cursor.is_over())) wants_line(scan, at.begin);
  if (!password) return;
  const std::size_t line = line_begin(scan.text, at.begin);
  const std::string_view before = scan.text.substr(line, password->begin - line);
  if (before.find(kCalls[index].word) == before.npos) return;
  const std::string_view value = scan.text.substr(password->begin, password->end - password->begin);
  if (is_secret_word(value) && is_plausible_value("generic-password", value))
    findings.push_back({*password, "generic-password"});
}

}  // namespace scopetrace
