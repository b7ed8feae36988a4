// SPDX-License-Identifier: Apache-2.0
// Files of logins whose fields have no names of their own, or stand in lines of their own.
#pragma once

#include <vector>

#include "userspace/redact/detect/pairs/named_values.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// .netrc: "machine host login user password X" between blanks or line ends. `at` is "machine" or
// "default login".
void take_netrc(ScanText& scan, TextRange at, std::vector<Finding>& findings);

// .pgpass: host:port:database:user:password, a line of its own. `at` is the port between colons.
void take_pgpass(std::string_view text, TextRange at, std::vector<Finding>& findings);

// Accounts of Windows as dumps list them: name:number:LM hash:NT hash:::, `at` is where the last
// hash begins, maybe.
void take_account_hashes(std::string_view text, std::size_t at, std::vector<Finding>& findings);

// [host]:587 user:password, a line of its own: how Postfix and its relatives list the servers that
// they pass mails on to. `at` is the port with the colon in front of it.
void take_mail_login(ScanText& scan, TextRange at, std::vector<Finding>& findings);

// WIFI:S:name;T:WPA;P:password;; of a QR code.
void take_wifi_code(ScanText& scan, TextRange at, std::vector<Finding>& findings);

// SASL PLAIN: a response of base64 with the NULs that stand around a user, on the line of `at`.
void take_plain_response(ScanText& scan, TextRange at, std::vector<Finding>& findings);

// user_name="password" behind the login module of Kafka that ends at `at`.
void take_module_users(ScanText& scan, TextRange at, std::vector<Finding>& findings);

}  // namespace scopetrace
