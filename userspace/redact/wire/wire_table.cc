// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/wire_table.h"

#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/wire/amqp.h"
#include "userspace/redact/wire/command_lines.h"
#include "userspace/redact/wire/ftp.h"
#include "userspace/redact/wire/imap.h"
#include "userspace/redact/wire/kafka.h"
#include "userspace/redact/wire/ldap.h"
#include "userspace/redact/wire/mongo.h"
#include "userspace/redact/wire/mqtt.h"
#include "userspace/redact/wire/mysql.h"
#include "userspace/redact/wire/nats.h"
#include "userspace/redact/wire/pop3.h"
#include "userspace/redact/wire/postgres.h"
#include "userspace/redact/wire/redis.h"
#include "userspace/redact/wire/smtp.h"

namespace scopetrace {
namespace {

// What is recognised by more bytes stands first; FTP before SMTP and POP3 for AUTH TLS, Redis
// behind them for the AUTH of its inline commands.
constexpr WireEntry kTable[] = {
    {"amqp", match_amqp, make_amqp},
    {"mqtt", match_mqtt, make_mqtt},
    {"mqtt", match_mqtt_server, make_mqtt},
    {"ldap", match_ldap, make_ldap},
    {"postgresql", match_postgres, make_postgres},
    {"postgresql", match_postgres_server, make_postgres_server},
    {"kafka", match_kafka, make_kafka},
    {"mongodb", match_mongo, make_mongo},
    {"mysql", match_mysql, make_mysql},
    {"nats", match_nats, make_nats},
    {"ftp", match_ftp, make_ftp},
    {"smtp", match_smtp, make_smtp},
    {"pop3", match_pop3, make_pop3},
    {"redis", match_redis, make_redis},
    {"imap", match_imap, make_imap},
    {"smtp", match_smtp_server, make_reply_lines},
    {"ftp", match_ftp_server, make_reply_lines},
    {"pop3", match_pop3_server, make_reply_lines},
    {"imap", match_imap_server, make_reply_lines},
};

}  // namespace

std::span<const WireEntry> wire_table() { return kTable; }

Match match_any(std::string_view begin, std::initializer_list<std::string_view> words) {
  Match best = Match::kNo;
  for (const std::string_view word : words) {
    const std::string_view head = begin.substr(0, word.size());
    if (!equals_ignoring_case(head, word.substr(0, head.size()))) continue;
    if (head.size() == word.size()) return Match::kYes;
    best = Match::kMaybe;
  }
  return best;
}

}  // namespace scopetrace
