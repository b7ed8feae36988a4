// SPDX-License-Identifier: Apache-2.0
// The values that the generated corpus hides: made at run time from a seed, never written down.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/corpus/encode.h"
#include "userspace/redact/rules/rules.h"

namespace scopetrace::testing {

// What gives a value away.
enum class Evidence {
  kItself,  // its shape or check digits
  kName,    // its name, wherever that stands
  kField,   // its name, in data and log lines only: short numbers, names of people
};

struct CorpusValue {
  std::string class_name;
  std::vector<std::string> name;  // in words; an innocent one where the value gives itself away
  std::string value;
  Evidence evidence = Evidence::kItself;
  bool is_personal = false;
  bool is_optional = false;  // policy decides: client addresses, names, addresses, device numbers
};

// One value of every shape rule.
std::vector<CorpusValue> shape_values(const RuleSet& rules, Random& random);

// One value of every name of every name rule, of the kind that the class says; names with a
// wildcard get a beginning.
std::vector<CorpusValue> named_values(const RuleSet& rules, Random& random);

// Names that no rule lists word for word but whose meaning is plain.
std::vector<CorpusValue> unlisted_values(Random& random);

// Personal data of every kind in many forms, all with right check digits.
std::vector<CorpusValue> personal_values(Random& random);

// A value for a credential context: a shape, `jwt`, `jwe` or `mnemonic`; empty for a password.
std::string credential_value(std::string_view shape, Random& random);

// The lines between BEGIN and END of a private key.
std::string private_key_body(Random& random);

// A personal value of a kind (pan, iban, ssn, email, phone, …); empty for an unknown kind.
std::string personal_value(std::string_view kind, Random& random);

}  // namespace scopetrace::testing
