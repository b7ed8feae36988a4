// SPDX-License-Identifier: Apache-2.0
// Values behind names of secrets that are none: texts for people, code, names of objects.
#pragma once

#include <string_view>

namespace scopetrace {

// kv/data/app:password: a field of a secret in a vault.
bool is_path_of_vault(std::string_view value);
// hmac.sha256, System.fetch_env!, Digest::SHA: names with dots or colons between, no digits but of
// an algorithm: what stands before the bracket of a call.
bool is_path_of_call(std::string_view head);
// Words of a script other than Latin, and no digit: what a page shows beside a field.
bool is_label_of_other_script(std::string_view value);
// CharArray, &SecretString
bool is_type_of_code(std::string_view value);
// Keyword.Type, String.Double: constants of code.
bool is_path_of_constants(std::string_view value);
// Get-Secret, New-Object of PowerShell
bool is_cmdlet(std::string_view value);
// _password.text: what a field of a form holds.
bool is_content_of_field(std::string_view value);
// db-creds: small letters, as clusters name their objects
bool is_name_of_object(std::string_view value);
// payments/db-creds, prod/billing/api-key: with its namespace, and saying what it holds.
bool is_object_in_namespace(std::string_view value);

}  // namespace scopetrace
