// SPDX-License-Identifier: Apache-2.0
// What `verify` says of an export.
#pragma once

#include <string>

#include "userspace/bundle/verify.h"

namespace scopetrace {

// Verifies the export in a folder and prints what is found: text for people, or one JSON object.
Result<Verdict> verify_and_print_export(const std::string& path, const VerifyInputs& inputs,
                                        bool is_json, bool is_strict);

}  // namespace scopetrace
