// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/postgres.h"

#include <algorithm>
#include <map>
#include <string>

#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/wire/field_reader.h"
#include "userspace/redact/wire/sql_text.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {
namespace {

constexpr std::uint64_t kVersion3 = 3;  // upper half of the code in StartupMessage
constexpr std::uint64_t kCancel = 80877102;
constexpr std::uint64_t kSsl = 80877103;
constexpr std::uint64_t kGss = 80877104;
constexpr std::uint64_t kMaxStartup = 10000;    // the server's own bound
constexpr std::uint64_t kMaxLength = 1U << 30;  // the server's own bound
constexpr std::size_t kMaxStatements = 64;      // prepared ones whose parameters are named
constexpr std::uint64_t kNull = 0xffffffff;     // length of a value that is NULL

bool is_startup_code(std::uint64_t code) {
  return code >> 16 == kVersion3 || code == kCancel || code == kSsl || code == kGss;
}

// A typed message: type, length with itself, payload.
Extent typed_extent(std::string_view begin, std::string_view types) {
  if (begin.empty()) return Extent::needs_more();
  if (types.find(begin[0]) == types.npos) return Extent::broken();
  if (begin.size() < 5) return Extent::needs_more();
  const std::uint64_t length = FieldReader(begin.substr(1)).big(4);
  return length < 4 || length > kMaxLength ? Extent::broken() : Extent::of(1 + length);
}

// Values with 32-bit lengths, each with the name at its index.
void tell_values(FieldReader& fields, const std::vector<std::string>& names, WireText& out) {
  const std::uint64_t count = fields.big(2);
  for (std::uint64_t i = 0; i < count && fields.ok(); ++i) {
    const std::uint64_t length = fields.big(4);
    const std::string_view value = length == kNull ? "NULL" : fields.take(length);
    if (!fields.ok()) return;
    if (length == kNull) {
      out.word(value);
    } else if (i < names.size() && !names[i].empty()) {
      out.field(names[i], value);
    } else {
      out.field("$" + std::to_string(i + 1), value);
    }
  }
}

class Postgres final : public WireProtocol {
 public:
  Extent extent(std::string_view begin) const override;
  void tell(std::string_view message, WireText& out) override;

 private:
  static constexpr std::string_view kTypes = "QPBEDCSHXpdcfF";

  void tell_startup(FieldReader& fields, WireText& out);
  void tell_typed(char type, FieldReader fields, WireText& out);
  void tell_parse(FieldReader& fields, WireText& out);
  void tell_bind(FieldReader& fields, WireText& out);
  static void tell_password(std::string_view payload, WireText& out);

  std::map<std::string, std::vector<std::string>, std::less<>> statements_;  // names of parameters
};

// Untyped messages begin with a length below 10000, so with a NUL; no type is NUL.
Extent Postgres::extent(std::string_view begin) const {
  if (!begin.starts_with('\0')) return typed_extent(begin, kTypes);
  if (begin.size() < 8) return Extent::needs_more();
  FieldReader fields(begin);
  const std::uint64_t length = fields.big(4);
  const bool is_startup = length >= 8 && length <= kMaxStartup && is_startup_code(fields.big(4));
  return is_startup ? Extent::of(length) : Extent::broken();
}

void Postgres::tell(std::string_view message, WireText& out) {
  if (message[0] == '\0') {
    FieldReader fields(message.substr(4));
    tell_startup(fields, out);
  } else {
    tell_typed(message[0], FieldReader(message.substr(5)), out);
  }
  out.end();
}

void Postgres::tell_startup(FieldReader& fields, WireText& out) {
  const std::uint64_t code = fields.big(4);
  if (code == kSsl) return out.begin("SSLRequest");
  if (code == kGss) return out.begin("GSSENCRequest");
  if (code == kCancel) {
    out.begin("CancelRequest");
    return out.secret("key", fields.take_all());
  }
  out.begin("StartupMessage");
  while (fields.ok() && !fields.empty()) {
    const std::string_view name = fields.c_string();
    if (name.empty()) return;
    out.field(name, fields.c_string());
  }
}

void Postgres::tell_typed(char type, FieldReader fields, WireText& out) {
  switch (type) {
    case 'p':
      return tell_password(fields.rest(), out);
    case 'Q':
      out.begin("Query");
      return tell_sql(fields.c_string(), out);
    case 'P':
      return tell_parse(fields, out);
    case 'B':
      return tell_bind(fields, out);
    case 'd':
      out.begin("CopyData");
      return out.value(fields.rest());
    case 'F':
      out.begin("FunctionCall");
      return out.binary(fields.rest().size());
    default: {
      static constexpr std::string_view kNames[] = {"Execute", "Describe",  "Close",    "Sync",
                                                    "Flush",   "Terminate", "CopyDone", "CopyFail"};
      out.begin(kNames[std::string_view("EDCSHXcf").find(type)]);
    }
  }
}

// Whatever answers a request for authentication. A mechanism's name, NUL and a length come first in
// SASLInitialResponse; a password has its only NUL at the end.
void Postgres::tell_password(std::string_view payload, WireText& out) {
  FieldReader fields(payload);
  const std::string_view mechanism = fields.c_string();
  const std::uint64_t length = fields.big(4);
  if (mechanism.starts_with("SCRAM-SHA-") || mechanism == "OAUTHBEARER") {
    if (fields.ok() && (length == kNull || length == fields.rest().size())) {
      out.begin("SASLInitialResponse");
      out.value(mechanism);
      return out.secret("data", fields.take_all());
    }
  }
  out.begin("PasswordMessage");
  if (payload.ends_with('\0')) payload.remove_suffix(1);
  out.secret("password", payload);
}

void Postgres::tell_parse(FieldReader& fields, WireText& out) {
  const std::string_view name = fields.c_string();
  const std::string_view query = fields.c_string();
  out.begin("Parse");
  tell_sql(query, out);
  if (statements_.size() >= kMaxStatements && !statements_.contains(name)) {
    statements_.erase(statements_.begin());
  }
  if (name.size() <= 64) statements_[std::string(name)] = sql_parameter_names(query);
}

void Postgres::tell_bind(FieldReader& fields, WireText& out) {
  fields.c_string();  // portal
  const auto statement = statements_.find(fields.c_string());
  fields.take(2 * fields.big(2));  // formats
  out.begin("Bind");
  tell_values(fields,
              statement == statements_.end() ? std::vector<std::string>() : statement->second, out);
}

class PostgresServer final : public WireProtocol {
 public:
  Extent extent(std::string_view begin) const override {
    if (begin.starts_with('N') || begin.starts_with('S')) {
      // One byte answers SSLRequest; notices and parameters begin with the same letters.
      if (is_first_ && begin.size() < 2) return Extent::needs_more();
      if (is_first_ && begin[1] == 'R') return Extent::of(1);
    }
    return typed_extent(begin, kTypes);
  }
  void tell(std::string_view message, WireText& out) override;

 private:
  static constexpr std::string_view kTypes = "RKSZTDCENIn123stAGHWdcVv";
  static constexpr std::string_view kOther = "ZIn123stAGHWcVv";  // those of the last table below

  void tell_typed(char type, FieldReader& fields, WireText& out);
  void tell_authentication(FieldReader& fields, WireText& out);
  void take_columns(FieldReader& fields, WireText& out);
  static void tell_error(FieldReader& fields, WireText& out);

  std::vector<std::string> columns_;
  bool is_first_ = true;
};

void PostgresServer::tell(std::string_view message, WireText& out) {
  is_first_ = false;
  if (message.size() < 5) {
    out.begin("SSLResponse");
  } else {
    FieldReader fields(message.substr(5));
    tell_typed(message[0], fields, out);
  }
  out.end();
}

void PostgresServer::tell_typed(char type, FieldReader& fields, WireText& out) {
  switch (type) {
    case 'R':
      return tell_authentication(fields, out);
    case 'K':
      out.begin("BackendKeyData");
      return out.secret("key", fields.take_all());
    case 'S': {
      out.begin("ParameterStatus");
      const std::string_view name = fields.c_string();
      return out.field(name, fields.c_string());
    }
    case 'T':
      return take_columns(fields, out);
    case 'D':
      out.begin("DataRow");
      return tell_values(fields, columns_, out);
    case 'C':
      out.begin("CommandComplete");
      return out.value(fields.c_string());
    case 'E':
      out.begin("ErrorResponse");
      return tell_error(fields, out);
    case 'N':
      out.begin("NoticeResponse");
      return tell_error(fields, out);
    case 'd':
      out.begin("CopyData");
      return out.value(fields.rest());
    default: {
      static constexpr std::string_view kNames[] = {
          "ReadyForQuery",   "EmptyQueryResponse",   "NoData",
          "ParseComplete",   "BindComplete",         "CloseComplete",
          "PortalSuspended", "ParameterDescription", "NotificationResponse",
          "CopyInResponse",  "CopyOutResponse",      "CopyBothResponse",
          "CopyDone",        "FunctionCallResponse", "NegotiateProtocolVersion"};
      out.begin(kNames[kOther.find(type)]);
      if (!fields.empty() && type != 'Z') out.binary(fields.rest().size());
    }
  }
}

void PostgresServer::tell_authentication(FieldReader& fields, WireText& out) {
  const std::uint64_t kind = fields.big(4);
  out.begin("Authentication");
  static constexpr std::string_view kNames[] = {
      "Ok", "1", "KerberosV5", "CleartextPassword", "4", "MD5Password"};
  out.word(kind < std::size(kNames) ? kNames[kind] : kind == 10 ? "SASL" : "more");
  if (!fields.empty()) out.binary(fields.rest().size());
}

void PostgresServer::take_columns(FieldReader& fields, WireText& out) {
  out.begin("RowDescription");
  columns_.clear();
  const std::uint64_t count = std::min<std::uint64_t>(fields.big(2), kMaxSqlParameters);
  for (std::uint64_t i = 0; i < count && fields.ok(); ++i) {
    columns_.emplace_back(fields.c_string());
    fields.take(18);  // table, column, type, size, modifier, format
    if (fields.ok()) out.value(columns_.back());
  }
}

void PostgresServer::tell_error(FieldReader& fields, WireText& out) {
  while (fields.ok() && !fields.empty() && fields.u8() != 0) out.value(fields.c_string());
}

// A typed message whose first field ends inside of it, as texts and passwords do.
Match match_typed(std::string_view begin, std::string_view types) {
  const Extent extent = typed_extent(begin, types);
  if (extent.state == Extent::State::kBroken) return Match::kNo;
  if (extent.state == Extent::State::kNeedsMore) return Match::kMaybe;
  if (extent.size_bytes > 32768 || extent.size_bytes < 7) return Match::kNo;
  const std::string_view payload = begin.substr(5, extent.size_bytes - 5);
  const auto end = payload.find('\0');
  if (end == payload.npos && begin.size() >= extent.size_bytes) return Match::kNo;
  // What reads badly so far may be the begin of what reads well.
  if (end == payload.npos && begin.size() < kMaxProbe) return Match::kMaybe;
  return is_readable(payload.substr(0, end)) ? Match::kYes : Match::kNo;
}

}  // namespace

Match match_postgres(std::string_view begin) {
  if (begin.empty()) return Match::kMaybe;
  if (begin[0] != '\0') return match_typed(begin, "QPp");
  FieldReader fields(begin);
  const std::uint64_t length = begin.size() < 4 ? 8 : fields.big(4);
  if (begin.size() >= 2 && begin[1] != '\0') return Match::kNo;
  if (length < 8 || length > kMaxStartup) return Match::kNo;
  if (begin.size() < 8) return Match::kMaybe;
  return is_startup_code(fields.big(4)) ? Match::kYes : Match::kNo;
}

std::unique_ptr<WireProtocol> make_postgres() { return std::make_unique<Postgres>(); }

Match match_postgres_server(std::string_view begin) {
  if (begin.empty()) return Match::kMaybe;
  if (begin[0] == 'N' || begin[0] == 'S') {
    begin.remove_prefix(1);
    if (begin.empty()) return Match::kMaybe;
  }
  if (begin[0] != 'R') return Match::kNo;
  if (begin.size() < 9) {
    const bool may_be = begin.size() < 2 ||
                        begin.substr(1, 2) == std::string_view("\0\0", begin.size() < 3 ? 1 : 2);
    return may_be ? Match::kMaybe : Match::kNo;
  }
  FieldReader fields(begin.substr(1));
  const std::uint64_t length = fields.big(4);
  return length >= 8 && length <= 2048 && fields.big(4) <= 12 ? Match::kYes : Match::kNo;
}

std::unique_ptr<WireProtocol> make_postgres_server() { return std::make_unique<PostgresServer>(); }

}  // namespace scopetrace
