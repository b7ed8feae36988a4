// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/ftp.h"

#include "userspace/redact/wire/command_lines.h"

namespace scopetrace {
namespace {

// PASS may come without USER where the begin was not seen. AUTH names a mechanism, ADAT carries it.
constexpr Verb kVerbs[] = {
    {"USER", Argument::kText, true}, {"PASS", Argument::kSecret, true},
    {"ACCT", Argument::kSecret},     {"FEAT", Argument::kText, true},
    {"ADAT", Argument::kSecret},     {"AUTH", Argument::kText},
    {"PBSZ", Argument::kText, true}, {"PROT", Argument::kText},
    {"APOP", Argument::kLastSecret}, {"SITE", Argument::kText},
    {"SYST", Argument::kText, true}, {"OPTS", Argument::kText, true},
};

}  // namespace

Match match_ftp(std::string_view begin) {
  const Match told = match_any(begin, {"AUTH TLS", "AUTH SSL", "AUTH GSSAPI"});
  return told == Match::kNo ? match_verbs(kVerbs, begin) : told;
}
Match match_ftp_server(std::string_view begin) { return match_any(begin, {"220 ", "220-"}); }
std::unique_ptr<WireProtocol> make_ftp() { return make_command_lines(kVerbs); }

}  // namespace scopetrace
