// SPDX-License-Identifier: Apache-2.0
// Line protocols with a verb at the begin of each line: SMTP, POP3, FTP. The client's side.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "userspace/redact/wire/sasl.h"
#include "userspace/redact/wire/wire_protocol.h"
#include "userspace/redact/wire/wire_table.h"

namespace scopetrace {

// What stands behind a verb.
enum class Argument {
  kText,        // nothing secret
  kSecret,      // all of it
  kLastSecret,  // its last word
  kSasl,        // mechanism and initial response
  kData,        // nothing; lines of text follow, up to one that is "."
};

struct Verb {
  std::string_view word;  // upper case
  Argument argument;
  bool opens = false;  // a conversation may begin with it
};

// `verbs` must live as long as the program. Lines without a verb are text, or answers of SASL.
std::unique_ptr<WireProtocol> make_command_lines(std::span<const Verb> verbs);

// Whether the stream begins with one of the verbs that open a conversation.
Match match_verbs(std::span<const Verb> verbs, std::string_view begin);

// The server's side of such protocols: text, line by line.
std::unique_ptr<WireProtocol> make_reply_lines();

}  // namespace scopetrace
