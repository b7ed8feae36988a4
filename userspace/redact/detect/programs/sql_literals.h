// SPDX-License-Identifier: Apache-2.0
// Secrets in SQL that stand apart from their names: values of INSERT, arguments of IDENTIFIED BY,
// PASSWORD and crypt(), parameters of prepared statements in logs.
#pragma once

#include <vector>

#include "userspace/redact/detect/pairs/named_values.h"
#include "userspace/redact/rules/names.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

enum class SqlWord {
  kInto,         // INSERT INTO table (columns) VALUES (…), (…)
  kIdentified,   // IDENTIFIED [WITH plugin] BY|AS 'x'
  kPassword,     // PASSWORD 'x', behind PASSWORD
  kSetPassword,  // SET PASSWORD [FOR user] = 'x'
  kCall,         // crypt('x', …): behind the parenthesis
  kKeyCall,      // pgp_sym_encrypt(data, 'key'): the second argument
  kParameters,   // parameters: $1 = 'x', $2 = 'y'
};

// Looks at what stands behind the word at [begin, end).
void take_sql_word(ScanText& scan, const NameTable& names, SqlWord word, TextRange at,
                   std::vector<Finding>& findings);

}  // namespace scopetrace
