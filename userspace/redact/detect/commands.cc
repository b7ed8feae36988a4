// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/commands.h"

#include "userspace/redact/detect/headers/auth_lines.h"
#include "userspace/redact/detect/headers/client_address.h"
#include "userspace/redact/detect/headers/cookie_lines.h"
#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/detect/messages/announced_codes.h"
#include "userspace/redact/detect/messages/code_messages.h"
#include "userspace/redact/detect/messages/contact_cards.h"
#include "userspace/redact/detect/messages/mnemonic.h"
#include "userspace/redact/detect/pairs/harmless_names.h"
#include "userspace/redact/detect/pairs/json_rows.h"
#include "userspace/redact/detect/programs/argv.h"
#include "userspace/redact/detect/programs/expect_scripts.h"
#include "userspace/redact/detect/programs/kubernetes.h"
#include "userspace/redact/detect/programs/login_calls.h"
#include "userspace/redact/detect/programs/login_files.h"
#include "userspace/redact/detect/programs/redis_words.h"
#include "userspace/redact/detect/programs/router_blocks.h"
#include "userspace/redact/detect/programs/sql_literals.h"
#include "userspace/redact/detect/tokens/email.h"
#include "userspace/redact/detect/tokens/jose.h"
#include "userspace/redact/detect/tokens/key_blocks.h"
#include "userspace/redact/detect/tokens/path_tokens.h"
#include "userspace/redact/detect/tokens/url_secrets.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

enum class Topic {
  kAuth,
  kSql,
  kProgram,
  kAddress,
  kMnemonic,
  kDsn,        // user:password@tcp(host)
  kPgpass,     // host:5432:database:user:password
  kMailLogin,  // [host]:587 user:password
  kNetrc,      // machine host login user password X
  kAnnounced,  // a code or date that a word announces
  kSsh2Key,
  kJwk,  // "d":" of a JSON web key
  kJsonRows,
  kCookieLine,
  kCookieList,
  kRedisWords,
  kPathToken,
  kEmailEntity,  // &#64;
  kManifest,
  kLoginCall,
  kVcard,
  kPatient,
  kGivenNames,
  kPlainResponse,
  kModuleUsers,
  kCookieOption,
  kScramProof,
  kWifiCode,
  kForeignName,
  kCookieCall,
  kCodeMessage,
  kExpect,     // expect "assword:" send "X"
  kServerKey,  // key X below radius server NAME
};

struct CommandWord {
  std::string_view text;
  bool ignores_case;
  Topic topic;
  int detail = 0;  // AuthWord, SqlWord, number of the program or announcement
};

constexpr int detail_of(AuthWord word) { return static_cast<int>(word); }
constexpr int detail_of(SqlWord word) { return static_cast<int>(word); }

constexpr CommandWord kWords[] = {
    {"PASS ", false, Topic::kAuth, detail_of(AuthWord::kPass)},
    {"AUTH", false, Topic::kAuth, detail_of(AuthWord::kAuth)},
    {" LOGIN ", true, Topic::kAuth, detail_of(AuthWord::kLogin)},
    {"auth plain ", false, Topic::kAuth, detail_of(AuthWord::kMechanism)},
    {"auth login", false, Topic::kAuth, detail_of(AuthWord::kMechanism)},
    {" on >", false, Topic::kAuth, detail_of(AuthWord::kAclUser)},
    {" on #", false, Topic::kAuth, detail_of(AuthWord::kAclUser)},
    {" on ~", false, Topic::kAuth, detail_of(AuthWord::kAclUser)},
    {" on &", false, Topic::kAuth, detail_of(AuthWord::kAclUser)},
    {" on %", false, Topic::kAuth, detail_of(AuthWord::kAclUser)},
    {" on +@", false, Topic::kAuth, detail_of(AuthWord::kAclUser)},
    {" on resetpass", false, Topic::kAuth, detail_of(AuthWord::kAclUser)},
    {" on sanitize", false, Topic::kAuth, detail_of(AuthWord::kAclUser)},
    {" off >", false, Topic::kAuth, detail_of(AuthWord::kAclUser)},
    {" off #", false, Topic::kAuth, detail_of(AuthWord::kAclUser)},
    {" off ~", false, Topic::kAuth, detail_of(AuthWord::kAclUser)},
    {"c=biws,", false, Topic::kScramProof},
    {"c=eSws,", false, Topic::kScramProof},
    {"c=cD10", false, Topic::kScramProof},
    {"WIFI:", false, Topic::kWifiCode},
    {"'d': '", false, Topic::kJwk},
    {"'k': '", false, Topic::kJwk},
    {"\"k\":\"", false, Topic::kJwk},
    {"\"k\": \"", false, Topic::kJwk},
    {"334 UGFzc3dvcmQ6", false, Topic::kAuth, detail_of(AuthWord::kPasswordPrompt)},
    {"Private-Lines:", false, Topic::kAuth, detail_of(AuthWord::kPrivateLines)},
    {" into ", true, Topic::kSql, detail_of(SqlWord::kInto)},
    {"IDENTIFIED ", true, Topic::kSql, detail_of(SqlWord::kIdentified)},
    {"PASSWORD '", true, Topic::kSql, detail_of(SqlWord::kPassword)},
    {"PASSWORD E'", false, Topic::kSql, detail_of(SqlWord::kPassword)},
    {"PASSWORD $", false, Topic::kSql, detail_of(SqlWord::kPassword)},
    {"SET PASSWORD", true, Topic::kSql, detail_of(SqlWord::kSetPassword)},
    {"PASSWORD(", true, Topic::kSql, detail_of(SqlWord::kCall)},
    {"crypt(", true, Topic::kSql, detail_of(SqlWord::kCall)},
    {"pgp_sym_encrypt(", true, Topic::kSql, detail_of(SqlWord::kKeyCall)},
    {"pgp_sym_decrypt(", true, Topic::kSql, detail_of(SqlWord::kKeyCall)},
    {"aes_encrypt(", true, Topic::kSql, detail_of(SqlWord::kKeyCall)},
    {"aes_decrypt(", true, Topic::kSql, detail_of(SqlWord::kKeyCall)},
    {"parameters: $1", true, Topic::kSql, detail_of(SqlWord::kParameters)},
    {"mnemonic", true, Topic::kMnemonic},
    {"seed", true, Topic::kMnemonic},
    {"phrase", true, Topic::kMnemonic},
    {"wallet", true, Topic::kMnemonic},
    {"bip39", true, Topic::kMnemonic},
    {"backup", true, Topic::kMnemonic},
    {"recovery", true, Topic::kMnemonic},
    {"@tcp(", false, Topic::kDsn},
    {"@unix(", false, Topic::kDsn},
    {"@udp(", false, Topic::kDsn},
    {":5432:", false, Topic::kPgpass},
    {":6432:", false, Topic::kPgpass},
    {":*:", false, Topic::kPgpass},
    {":587 ", false, Topic::kMailLogin},
    {":587\t", false, Topic::kMailLogin},
    {":465 ", false, Topic::kMailLogin},
    {":465\t", false, Topic::kMailLogin},
    {":2525 ", false, Topic::kMailLogin},
    {"machine ", false, Topic::kNetrc},
    {"default login", false, Topic::kNetrc},
    {"\"d\":\"", false, Topic::kJwk},
    {"\"d\": \"", false, Topic::kJwk},
    {"\"p\":\"", false, Topic::kJwk},
    {"\"p\": \"", false, Topic::kJwk},
    {"\"q\":\"", false, Topic::kJwk},
    {"\"q\": \"", false, Topic::kJwk},
    {"\"dp\":\"", false, Topic::kJwk},
    {"\"dp\": \"", false, Topic::kJwk},
    {"\"dq\":\"", false, Topic::kJwk},
    {"\"dq\": \"", false, Topic::kJwk},
    {"\"qi\":\"", false, Topic::kJwk},
    {"\"qi\": \"", false, Topic::kJwk},
    {"\\\"d\\\":\\\"", false, Topic::kJwk},
    {"---- BEGIN SSH2", false, Topic::kSsh2Key},
    {"\":[[", false, Topic::kJsonRows},
    {"\": [[", false, Topic::kJsonRows},
    {"[[\"", false, Topic::kJsonRows},
    {"\tTRUE\t/", false, Topic::kCookieLine},
    {"\tFALSE\t/", false, Topic::kCookieLine},
    {"cookies\"", true, Topic::kCookieList},
    {"cookies'", true, Topic::kCookieList},
    {"cookies={", true, Topic::kCookieList, 2},
    {"cookies = {", true, Topic::kCookieList, 4},
    {"cookies: {", true, Topic::kCookieList, 3},
    {"curl", false, Topic::kCookieOption},
    {"cookie(", true, Topic::kCookieCall},
    {"setcookie(", true, Topic::kCookieCall},
    {"cookies.set(", true, Topic::kCookieCall},
    {"expect ", false, Topic::kExpect},
    {".expect(", false, Topic::kExpect},
    {"radius server ", false, Topic::kServerKey},
    {"tacacs server ", false, Topic::kServerKey},
    {"BEGIN:VCARD", false, Topic::kVcard},
    {"PID|", false, Topic::kPatient},
    {"\"given\"", false, Topic::kGivenNames},
    {"SASL ", true, Topic::kPlainResponse},
    {"LoginModule ", false, Topic::kModuleUsers},
    {"APOP ", false, Topic::kAuth, detail_of(AuthWord::kApop)},
    {"SETUSER ", true, Topic::kAuth, detail_of(AuthWord::kAclUser)},
    {"\"auth\" \"", true, Topic::kRedisWords},
    {"\"hset\" \"", true, Topic::kRedisWords},
    {"\"hmset\" \"", true, Topic::kRedisWords},
    {"\"hsetnx\" \"", true, Topic::kRedisWords},
    {"\"set\" \"", true, Topic::kRedisWords},
    {"\"getset\" \"", true, Topic::kRedisWords},
    {"\"setnx\" \"", true, Topic::kRedisWords},
    {"\"mset\" \"", true, Topic::kRedisWords},
    {"\"requirepass\" \"", true, Topic::kRedisWords},
    {"\"masterauth\" \"", true, Topic::kRedisWords},
    {"/reset-password/", true, Topic::kPathToken},
    {"/reset_password/", true, Topic::kPathToken},
    {"/password-reset/", true, Topic::kPathToken},
    {"/password_reset/", true, Topic::kPathToken},
    {"/resetpassword/", true, Topic::kPathToken},
    {"/forgot-password/", true, Topic::kPathToken},
    {"/set-password/", true, Topic::kPathToken},
    {"/reset/", true, Topic::kPathToken},
    {"/verify/", true, Topic::kPathToken},
    {"/verify-email/", true, Topic::kPathToken},
    {"/verification/", true, Topic::kPathToken},
    {"/confirm/", true, Topic::kPathToken},
    {"/confirm-email/", true, Topic::kPathToken},
    {"/confirmation/", true, Topic::kPathToken},
    {"/invite/", true, Topic::kPathToken},
    {"/invites/", true, Topic::kPathToken},
    {"/invitation/", true, Topic::kPathToken},
    {"/invitations/", true, Topic::kPathToken},
    {"/accept-invite/", true, Topic::kPathToken},
    {"/magic/", true, Topic::kPathToken},
    {"/magic-link/", true, Topic::kPathToken},
    {"/magiclink/", true, Topic::kPathToken},
    {"/unsubscribe/", true, Topic::kPathToken},
    {"/activate/", true, Topic::kPathToken},
    {"/activation/", true, Topic::kPathToken},
    {"&#64;", true, Topic::kEmailEntity},
    {"&#x40;", true, Topic::kEmailEntity},
    {"&commat;", true, Topic::kEmailEntity},
    {"auth\r\n$", true, Topic::kAuth, detail_of(AuthWord::kBulk)},
    {"requirepass\r\n$", true, Topic::kAuth, detail_of(AuthWord::kBulk)},
    {"masterauth\r\n$", true, Topic::kAuth, detail_of(AuthWord::kBulk)},
    {"NickServ ", true, Topic::kAuth, detail_of(AuthWord::kNickServ)},
    {"mechanism='PLAIN'", false, Topic::kAuth, detail_of(AuthWord::kXmpp)},
    {"mechanism=\"PLAIN\"", false, Topic::kAuth, detail_of(AuthWord::kXmpp)},
    {"BinData(0, ", false, Topic::kAuth, detail_of(AuthWord::kBinData)},
    {"BinData(0,\"", false, Topic::kAuth, detail_of(AuthWord::kBinData)},
};

std::vector<CommandWord> make_words() {
  std::vector<CommandWord> words(std::begin(kWords), std::end(kWords));
  for (const std::string_view word : client_address_words())
    words.push_back({word, true, Topic::kAddress});
  int announcement = 0;
  for (const std::string_view word : announcing_words())
    words.push_back({word, true, Topic::kAnnounced, announcement++});
  for (const std::string_view word : manifest_words())
    words.push_back({word, false, Topic::kManifest});
  int call = 0;
  for (const std::string_view begin : login_calls())
    words.push_back({begin, true, Topic::kLoginCall, call++});
  int message = 0;
  for (const std::string_view begin : code_message_words())
    words.push_back({begin, true, Topic::kCodeMessage, message++});
  for (const std::string_view name : foreign_password_names())
    words.push_back({name, true, Topic::kForeignName});
  int program = 0;
  for (const std::string_view name : argv_programs())
    words.push_back({name, false, Topic::kProgram, program++});
  return words;
}

const std::vector<CommandWord>& words() {
  static const std::vector<CommandWord> list = make_words();
  return list;
}

// Whether the word at `at` is part of a placeholder's class: [REDACTED:recovery-phrase].
bool is_class_name(std::string_view text, std::size_t at) {
  constexpr std::string_view kMark = "[REDACTED:";
  std::size_t begin = at;
  while (begin > 0 && at - begin < 32 && (is_lower(text[begin - 1]) || text[begin - 1] == '-'))
    --begin;
  return text.substr(0, begin).ends_with(kMark);
}

void take_phrase(ScanText& scan, TextRange at, std::vector<Finding>& findings) {
  if (at.end + kMaxMnemonicBytes > scan.text.size()) wants_line(scan, at.begin);
  if (const auto range = mnemonic_behind(scan.text, at.end))
    findings.push_back({*range, "recovery-phrase"});
}

void add(const std::optional<TextRange>& range, std::string_view class_name,
         std::vector<Finding>& findings) {
  if (range) findings.push_back({*range, class_name});
}

void take_path_token(ScanText& scan, TextRange at, std::vector<Finding>& findings) {
  const auto range = path_token_at(scan.text, at.end);
  if (range && range->end == scan.text.size()) wants_line(scan, at.begin);
  add(range, "generic-token", findings);
}

void take_ssh2_key(ScanText& scan, TextRange at, std::vector<Finding>& findings) {
  const auto range = private_key_at(scan.text, at.begin);
  if (range && range->end == scan.text.size()) wants_line(scan, at.begin);
  add(range, "private-key", findings);
}

// Who takes what a word leads to, where the word itself says nothing more.
using Taker = void (*)(ScanText& scan, TextRange at, std::vector<Finding>& findings);
Taker taker_of(Topic topic) {
  switch (topic) {
    case Topic::kAddress:
      return take_client_addresses;
    case Topic::kMnemonic:
      return take_phrase;
    case Topic::kNetrc:
      return take_netrc;
    case Topic::kMailLogin:
      return take_mail_login;
    case Topic::kExpect:
      return take_expected;
    case Topic::kServerKey:
      return take_server_key;
    case Topic::kWifiCode:
      return take_wifi_code;
    case Topic::kForeignName:
      return take_foreign_value;
    case Topic::kScramProof:
      return take_scram_proof;
    case Topic::kManifest:
      return take_manifest;
    case Topic::kVcard:
      return take_vcard;
    case Topic::kPatient:
      return take_patient;
    case Topic::kGivenNames:
      return take_given_names;
    case Topic::kPlainResponse:
      return take_plain_response;
    case Topic::kModuleUsers:
      return take_module_users;
    case Topic::kPathToken:
      return take_path_token;
    case Topic::kSsh2Key:
      return take_ssh2_key;
    default:
      return nullptr;
  }
}

}  // namespace

std::vector<Literal> command_literals() {
  std::vector<Literal> literals;
  for (const CommandWord& word : words())
    literals.push_back({std::string(word.text), word.ignores_case});
  return literals;
}

void take_command(ScanText& scan, const NameTable& names, std::size_t index, TextRange at,
                  std::vector<Finding>& findings) {
  const CommandWord& word = words()[index];
  if (is_class_name(scan.text, at.begin)) return;
  if (const Taker take = taker_of(word.topic)) return take(scan, at, findings);
  switch (word.topic) {
    case Topic::kAuth:
      return take_auth_word(scan, static_cast<AuthWord>(word.detail), at.begin, at.end, findings);
    case Topic::kSql:
      if (word.detail == detail_of(SqlWord::kIdentified) &&
          is_identified_in_prose(scan.text, at.begin))
        return;
      return take_sql_word(scan, names, static_cast<SqlWord>(word.detail), at, findings);
    case Topic::kProgram:
      return take_program(scan, static_cast<std::size_t>(word.detail), at, findings);
    case Topic::kDsn:
      return add(login_password_before(scan.text, at.begin, true), "url-password", findings);
    case Topic::kPgpass:
      return take_pgpass(scan.text, at, findings);
    case Topic::kAnnounced:
      return take_announced(scan, static_cast<std::size_t>(word.detail), at, findings);
    case Topic::kJwk:
      return add(jwk_member_at(scan.text, at.end), "private-key", findings);
    case Topic::kJsonRows:
      return take_json_rows(scan, names, at.end - (scan.text[at.end - 1] == '"' ? 1 : 0), findings);
    case Topic::kCookieLine:
      return take_cookie_line(scan, at.end - 2, findings);
    case Topic::kCookieList:
      return take_cookie_list(scan, names, at.end - static_cast<std::size_t>(word.detail),
                              findings);
    case Topic::kCookieOption:
      return take_cookie_option(scan, names, at, findings);
    case Topic::kCookieCall:
      return take_cookie_call(scan, names, at, findings);
    case Topic::kLoginCall:
      return take_login_call(scan, static_cast<std::size_t>(word.detail), at, findings);
    case Topic::kCodeMessage:
      return take_code_message(scan, static_cast<std::size_t>(word.detail), at, findings);
    case Topic::kRedisWords:
      return take_redis_words(scan, names, at, findings);
    case Topic::kEmailEntity:
      return add(email_around(scan.text, at.begin, at.end - at.begin), "email", findings);
    default:
      return;
  }
}

}  // namespace scopetrace
