// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/redis_arguments.h"

#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {

enum class RedisArguments::Rule : std::uint8_t {
  kReply,    // no command: a value may stand behind its name
  kText,     // nothing secret
  kAuth,     // [user] password
  kHello,    // AUTH user password, somewhere
  kMigrate,  // AUTH password or AUTH2 user password, somewhere
  kAcl,      // >password, <password, #hash, !hash
  kPairs,    // name, value, name, value
  kWrite,    // a key, then values, maybe with names
};

namespace {

constexpr std::size_t kMaxName = 128;

bool is_acl_secret(std::string_view rule) { return rule.size() > 1 && is_in(rule[0], "><#!"); }

}  // namespace

const RedisArguments::Command RedisArguments::kCommands[] = {
    {"AUTH", Rule::kAuth},    {"HELLO", Rule::kHello},    {"MIGRATE", Rule::kMigrate},
    {"ACL", Rule::kAcl},      {"CONFIG", Rule::kPairs},   {"SENTINEL", Rule::kPairs},
    {"SET", Rule::kWrite},    {"SETEX", Rule::kWrite},    {"PSETEX", Rule::kWrite},
    {"SETNX", Rule::kWrite},  {"GETSET", Rule::kWrite},   {"APPEND", Rule::kWrite},
    {"HSET", Rule::kWrite},   {"HMSET", Rule::kWrite},    {"HSETNX", Rule::kWrite},
    {"MSET", Rule::kWrite},   {"MSETNX", Rule::kWrite},   {"XADD", Rule::kWrite},
    {"SADD", Rule::kWrite},   {"ZADD", Rule::kWrite},     {"LPUSH", Rule::kWrite},
    {"RPUSH", Rule::kWrite},  {"PUBLISH", Rule::kWrite},  {"JSON.SET", Rule::kWrite},
    {"PING", Rule::kText},    {"GET", Rule::kText},       {"MGET", Rule::kText},
    {"HGET", Rule::kText},    {"HMGET", Rule::kText},     {"HGETALL", Rule::kText},
    {"DEL", Rule::kText},     {"EXISTS", Rule::kText},    {"EXPIRE", Rule::kText},
    {"TTL", Rule::kText},     {"KEYS", Rule::kText},      {"SCAN", Rule::kText},
    {"SELECT", Rule::kText},  {"CLIENT", Rule::kText},    {"INFO", Rule::kText},
    {"INCR", Rule::kText},    {"SUBSCRIBE", Rule::kText}, {"EVAL", Rule::kText},
    {"EVALSHA", Rule::kText}, {"MULTI", Rule::kText},     {"EXEC", Rule::kText},
    {"COMMAND", Rule::kText}, {"QUIT", Rule::kText},      {"REPLCONF", Rule::kText},
    {"PSYNC", Rule::kText},   {"CLUSTER", Rule::kText},   {"DEBUG", Rule::kText},
};

void RedisArguments::begin(std::uint64_t count) {
  count_ = count;
  index_ = 0;
  secret_at_ = 0;
  key_.clear();
  before_.clear();
}

void RedisArguments::take(std::string_view element, WireText& out) {
  if (index_ == 0) {
    take_command(element, out);
  } else {
    take_argument(element, out);
  }
  if (index_ == 1) key_ = element.substr(0, kMaxName);
  before_ = element.size() <= kMaxName ? element : std::string_view();
  ++index_;
}

void RedisArguments::skip(std::size_t size_bytes, WireText& out) {
  out.binary(size_bytes);
  before_.clear();
  if (index_ == 0) rule_ = Rule::kReply;
  ++index_;
}

void RedisArguments::take_command(std::string_view element, WireText& out) {
  for (const Command& command : kCommands) {
    if (!equals_ignoring_case(command.word, element)) continue;
    rule_ = command.rule;
    return out.begin(command.word);
  }
  rule_ = Rule::kReply;
  out.begin("(array)");
  out.value(element);
}

void RedisArguments::take_argument(std::string_view element, WireText& out) {
  if (is_secret(element)) return out.secret({}, element);
  if (rule_ == Rule::kReply || rule_ == Rule::kPairs || rule_ == Rule::kWrite) {
    return take_named(element, out);
  }
  note_announced(element);
  out.value(element);
}

void RedisArguments::note_announced(std::string_view element) {
  if (rule_ != Rule::kHello && rule_ != Rule::kMigrate) return;
  const bool has_user = rule_ == Rule::kHello || equals_ignoring_case(element, "AUTH2");
  const std::string_view word = rule_ == Rule::kMigrate && has_user ? "AUTH2" : "AUTH";
  if (equals_ignoring_case(element, word)) secret_at_ = index_ + (has_user ? 2 : 1);
}

bool RedisArguments::is_secret(std::string_view element) const {
  if (secret_at_ != 0 && index_ == secret_at_) return true;
  if (rule_ == Rule::kAcl) return index_ > 2 && is_acl_secret(element);
  return rule_ == Rule::kAuth && (count_ != 3 || index_ != 1);
}

// The element before may be the name, or the key is.
void RedisArguments::take_named(std::string_view element, WireText& out) {
  const bool is_value = rule_ != Rule::kWrite || index_ > 1;
  std::string_view class_name = is_value ? out.class_of(before_) : std::string_view();
  if (class_name.empty() && rule_ == Rule::kWrite && is_value) class_name = out.class_of(key_);
  if (class_name.empty()) return out.value(element);
  out.secret({}, element, class_name);
}

}  // namespace scopetrace
