// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/smtp.h"

#include "userspace/redact/wire/command_lines.h"

namespace scopetrace {
namespace {

constexpr Verb kVerbs[] = {
    {"EHLO", Argument::kText, true}, {"HELO", Argument::kText, true},
    {"LHLO", Argument::kText, true}, {"AUTH", Argument::kSasl},
    {"MAIL", Argument::kText},       {"RCPT", Argument::kText},
    {"DATA", Argument::kData},       {"BDAT", Argument::kText},
    {"RSET", Argument::kText},       {"NOOP", Argument::kText},
    {"VRFY", Argument::kText},       {"EXPN", Argument::kText},
    {"HELP", Argument::kText},       {"ETRN", Argument::kText},
    {"STARTTLS", Argument::kText},   {"QUIT", Argument::kText},
    {"XCLIENT", Argument::kText},    {"BURL", Argument::kText},
};

}  // namespace

// A client that was seen too late begins with what only SMTP has.
Match match_smtp(std::string_view begin) {
  const Match opened = match_verbs(kVerbs, begin);
  if (opened != Match::kNo) return opened;
  return match_any(begin, {"MAIL FROM:", "RCPT TO:", "AUTH PLAIN ", "AUTH LOGIN", "AUTH CRAM-MD5",
                           "AUTH XOAUTH2 ", "AUTH OAUTHBEARER "});
}

std::unique_ptr<WireProtocol> make_smtp() { return make_command_lines(kVerbs); }

Match match_smtp_server(std::string_view begin) {
  const Match greets = match_any(begin, {"220 ", "220-"});
  if (greets != Match::kYes) return greets;
  const auto end = begin.find('\n');
  if (end == begin.npos) return Match::kMaybe;
  return begin.substr(0, end).find("SMTP") == begin.npos ? Match::kNo : Match::kYes;
}

}  // namespace scopetrace
