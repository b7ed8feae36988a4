// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/mysql.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/wire/field_reader.h"
#include "userspace/redact/wire/sql_text.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {
namespace {

constexpr std::uint64_t kConnectWithDb = 1U << 3;
constexpr std::uint64_t kProtocol41 = 1U << 9;
constexpr std::uint64_t kSecureConnection = 1U << 15;
constexpr std::uint64_t kPluginAuth = 1U << 19;
constexpr std::uint64_t kConnectAttrs = 1U << 20;
constexpr std::uint64_t kLenencAuth = 1U << 21;
constexpr std::size_t kMaxStatements = 64;  // prepared ones whose parameters are named

constexpr std::size_t kHeader = 4;      // 3 bytes length, 1 byte sequence
constexpr std::size_t kFixedPart = 32;  // of the handshake response, up to the user's name
constexpr std::size_t kFiller = 19;     // NULs in it; MariaDB uses the 4 bytes behind them
constexpr std::uint8_t kComQuit = 1, kComInitDb = 2, kComQuery = 3, kComPing = 14,
                       kComChangeUser = 17, kComPrepare = 22, kComExecute = 23;

// Statements begin with these: what a session under way is known by.
constexpr std::array kStatements = {"SELECT", "INSERT",  "UPDATE", "DELETE", "SET",   "CREATE",
                                    "ALTER",  "GRANT",   "SHOW",   "USE",    "BEGIN", "COMMIT",
                                    "CALL",   "REPLACE", "DROP",   "WITH",   "START", "ROLLBACK"};

// A length-encoded integer.
std::uint64_t lenenc(FieldReader& fields) {
  const std::uint8_t first = fields.u8();
  if (first < 0xfb) return first;
  return first == 0xfc ? fields.little(2) : first == 0xfd ? fields.little(3) : fields.little(8);
}

void tell_attributes(FieldReader& fields, WireText& out) {
  FieldReader attributes(fields.take(lenenc(fields)));
  while (attributes.ok() && !attributes.empty()) {
    const std::string_view name = attributes.take(lenenc(attributes));
    const std::string_view value = attributes.take(lenenc(attributes));
    if (attributes.ok()) out.field(name, value);
  }
}

// Bytes of a value of this type; 0 for one with its length in front of it.
std::size_t value_size(unsigned type) {
  switch (type) {
    case 1:  // tiny
      return 1;
    case 2:   // short
    case 13:  // year
      return 2;
    case 3:  // long
    case 4:  // float
    case 9:  // int24
      return 4;
    case 5:  // double
    case 8:  // longlong
      return 8;
    default:
      return 0;
  }
}

void tell_parameter(const std::string& name, unsigned type, FieldReader& fields, WireText& out) {
  const std::size_t size = value_size(type);
  const std::string shown = name.empty() ? "?" : name;
  if (size > 0) {
    const std::string number = std::to_string(fields.little(size));
    if (fields.ok()) out.field(shown, number);
    return;
  }
  const std::string_view value = fields.take(lenenc(fields));
  if (fields.ok()) out.field(shown, value);
}

// Packets that answer the server (sequence above 0) carry credentials: the handshake, an answer to
// AuthSwitchRequest, a password in clear. Commands begin at sequence 0.
class Mysql final : public WireProtocol {
 public:
  Extent extent(std::string_view begin) const override {
    if (begin.size() < kHeader) return Extent::needs_more();
    return Extent::of(kHeader + FieldReader(begin).little(3));
  }
  void tell(std::string_view message, WireText& out) override;
  void skip(std::size_t size_bytes, WireText& out) override {
    is_first_ = false;
    out.withhold(size_bytes);
  }

 private:
  void tell_handshake(FieldReader& fields, WireText& out);
  void tell_command(FieldReader& fields, WireText& out);
  void tell_change_user(FieldReader& fields, WireText& out);
  static void tell_query(std::string_view payload, WireText& out);
  void tell_prepare(std::string_view statement, WireText& out);
  void tell_execute(FieldReader& fields, WireText& out) const;

  // Names of parameters by the number of the statement: servers count from 1.
  std::map<std::uint64_t, std::vector<std::string>> statements_;
  std::uint64_t prepared_ = 0;
  bool is_first_ = true;
};

void Mysql::tell(std::string_view message, WireText& out) {
  const bool is_command = message[3] == '\0';
  FieldReader fields(message.substr(kHeader));
  if (is_command) {
    tell_command(fields, out);
  } else if (is_first_ && fields.rest().size() >= kFixedPart) {
    tell_handshake(fields, out);
  } else {
    out.begin("AuthResponse");
    std::string_view answer = fields.rest();
    if (answer.ends_with('\0')) answer.remove_suffix(1);
    out.secret("password", answer);
  }
  out.end();
}

void Mysql::tell_handshake(FieldReader& fields, WireText& out) {
  const std::uint64_t capabilities = fields.little(4);
  fields.take(kFixedPart - 4);
  if (fields.empty()) return out.begin("SSLRequest");
  is_first_ = false;
  out.begin("HandshakeResponse");
  out.field("user", fields.c_string());
  const bool is_counted = (capabilities & (kLenencAuth | kSecureConnection)) != 0;
  const std::string_view answer = is_counted ? fields.take(lenenc(fields)) : fields.c_string();
  out.secret("password", answer);
  if ((capabilities & kConnectWithDb) != 0) out.field("database", fields.c_string());
  if ((capabilities & kPluginAuth) != 0) out.field("plugin", fields.c_string());
  if ((capabilities & kConnectAttrs) != 0) tell_attributes(fields, out);
}

void Mysql::tell_command(FieldReader& fields, WireText& out) {
  is_first_ = false;
  const std::uint8_t command = fields.u8();
  switch (command) {
    case kComQuery:
      return tell_query(fields.rest(), out);
    case kComPrepare:
      return tell_prepare(fields.rest(), out);
    case kComChangeUser:
      return tell_change_user(fields, out);
    case kComInitDb:
      out.begin("InitDb");
      return out.value(fields.rest());
    case kComQuit:
      return out.begin("Quit");
    case kComPing:
      return out.begin("Ping");
    case kComExecute:
      return tell_execute(fields, out);
    default:
      out.begin("Command");
      out.word(std::to_string(command));
      if (!fields.empty()) out.binary(fields.rest().size());
  }
}

// With query attributes the statement stands behind their count and sets; none is 0, 1.
void Mysql::tell_query(std::string_view payload, WireText& out) {
  out.begin("Query");
  const std::string_view no_attributes("\0\1", 2);
  if (payload.starts_with(no_attributes)) payload.remove_prefix(2);
  tell_sql(payload, out);
}

void Mysql::tell_prepare(std::string_view statement, WireText& out) {
  out.begin("Prepare");
  tell_sql(statement, out);
  statements_[++prepared_] = sql_parameter_names(statement);
  if (statements_.size() > kMaxStatements) statements_.erase(statements_.begin());
}

// Values are told only where the packet says their types and the statement is known.
void Mysql::tell_execute(FieldReader& fields, WireText& out) const {
  out.begin("Execute");
  const auto statement = statements_.find(fields.little(4));
  fields.take(5);  // flags, number of iterations
  if (statement == statements_.end() || fields.empty()) return out.binary(fields.rest().size());
  const auto& names = statement->second;
  const std::string_view nulls = fields.take((names.size() + 7) / 8);
  if (fields.u8() != 1) return out.binary(fields.rest().size());
  const std::string_view types = fields.take(2 * names.size());
  for (std::size_t i = 0; i < names.size() && fields.ok(); ++i) {
    const bool is_null = (static_cast<unsigned char>(nulls[i / 8]) >> (i % 8) & 1U) != 0;
    if (!is_null) tell_parameter(names[i], static_cast<unsigned char>(types[2 * i]), fields, out);
  }
}

void Mysql::tell_change_user(FieldReader& fields, WireText& out) {
  out.begin("ChangeUser");
  out.field("user", fields.c_string());
  out.secret("password", fields.take(fields.u8()));
  if (fields.ok()) out.field("database", fields.c_string());
  fields.take(2);  // character set
  if (!fields.ok() || fields.empty()) return;
  out.field("plugin", fields.c_string());
  if (!fields.empty()) tell_attributes(fields, out);
}

Match match_statement(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) { return !is_letter(c); });
  const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  Match best = Match::kNo;
  for (const std::string_view known : kStatements) {
    if (equals_ignoring_case(known, word) && word.size() < text.size()) return Match::kYes;
    const bool may_be = word.size() == text.size() && word.size() <= known.size() &&
                        equals_ignoring_case(known.substr(0, word.size()), word);
    if (may_be) best = Match::kMaybe;
  }
  return best;
}

Match match_handshake(std::string_view begin) {
  FieldReader fields(begin.substr(kHeader));
  const std::uint64_t capabilities = fields.little(4);
  fields.take(5);  // largest packet, character set
  const std::string_view filler = fields.rest().substr(0, kFiller);
  const bool is_filler =
      std::all_of(filler.begin(), filler.end(), [](char c) { return c == '\0'; });
  if (begin.size() >= kHeader + 4 && (capabilities & kProtocol41) == 0) return Match::kNo;
  if (!is_filler) return Match::kNo;
  return filler.size() == kFiller ? Match::kYes : Match::kMaybe;
}

}  // namespace

Match match_mysql(std::string_view begin) {
  if (begin.size() < kHeader) return Match::kMaybe;
  const std::uint64_t length = FieldReader(begin).little(3);
  const auto sequence = static_cast<std::uint8_t>(begin[3]);
  if (sequence == 1 || sequence == 2) {
    return length >= kFixedPart && length < 4096 ? match_handshake(begin) : Match::kNo;
  }
  if (sequence != 0 || length < 2) return Match::kNo;
  if (begin.size() < kHeader + 1) return Match::kMaybe;
  const auto command = static_cast<std::uint8_t>(begin[4]);
  if (command != kComQuery && command != kComPrepare) return Match::kNo;
  std::string_view text = begin.substr(kHeader + 1);
  if (text.starts_with('\0')) text.remove_prefix(std::min<std::size_t>(2, text.size()));
  return match_statement(text);
}

std::unique_ptr<WireProtocol> make_mysql() { return std::make_unique<Mysql>(); }

}  // namespace scopetrace
