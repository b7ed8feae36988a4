// SPDX-License-Identifier: Apache-2.0
// Exchanges of line protocols in text: AUTH of Redis (RESP), SMTP and IMAP, LOGIN of IMAP, PASS of
// FTP and POP3, the private lines of a PuTTY key. As seen on the wire, in logs behind "C: ", and in
// quoted strings whose line ends are written as \r\n.
#pragma once

#include <vector>

#include "userspace/redact/detect/pairs/named_values.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// What a word of a protocol leads to.
enum class AuthWord {
  kAuth,            // AUTH, AUTHENTICATE
  kLogin,           // a1 LOGIN name password
  kPass,            // PASS password
  kPasswordPrompt,  // 334 UGFzc3dvcmQ6: the answer is in the next line
  kPrivateLines,    // Private-Lines: N
  kBulk,            // auth and the like as bulk strings, up to the next one's $
  kNickServ,        // NickServ :IDENTIFY password
  kXmpp,            // <auth mechanism='PLAIN'>response</auth>
  kMechanism,       // auth plain
  kApop,            // APOP name digest
  kAclUser,         // ACL SETUSER name on >password
  kBinData,         // BinData(0, "response") behind a mechanism
};

// Looks at what stands behind the word at [begin, end).
void take_auth_word(ScanText& scan, AuthWord word, std::size_t begin, std::size_t end,
                    std::vector<Finding>& findings);

// SCRAM: the proof behind ",p=" in the message that begins at `at`.
void take_scram_proof(ScanText& scan, TextRange at, std::vector<Finding>& findings);

// Asks for more where the text ends behind a name that a bulk string of Redis may follow.
void want_bulk_string(ScanText& scan);

}  // namespace scopetrace
