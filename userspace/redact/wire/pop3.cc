// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/pop3.h"

#include "userspace/redact/wire/command_lines.h"

namespace scopetrace {
namespace {

// USER opens FTP too, whose reader knows PASS and ACCT: such a stream is told as FTP.
constexpr Verb kVerbs[] = {
    {"CAPA", Argument::kText, true}, {"APOP", Argument::kLastSecret, true},
    {"AUTH", Argument::kSasl},       {"STLS", Argument::kText, true},
    {"USER", Argument::kText},       {"PASS", Argument::kSecret},
    {"STAT", Argument::kText},       {"LIST", Argument::kText},
    {"RETR", Argument::kText},       {"DELE", Argument::kText},
    {"NOOP", Argument::kText},       {"RSET", Argument::kText},
    {"TOP", Argument::kText},        {"UIDL", Argument::kText},
    {"QUIT", Argument::kText},       {"UTF8", Argument::kText},
};

}  // namespace

Match match_pop3(std::string_view begin) {
  const Match opened = match_verbs(kVerbs, begin);
  return opened == Match::kNo ? match_any(begin, {"AUTH\r\n", "AUTH SCRAM-", "AUTH NTLM"}) : opened;
}
std::unique_ptr<WireProtocol> make_pop3() { return make_command_lines(kVerbs); }
Match match_pop3_server(std::string_view begin) { return match_any(begin, {"+OK "}); }

}  // namespace scopetrace
