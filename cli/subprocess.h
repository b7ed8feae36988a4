// SPDX-License-Identifier: Apache-2.0
// Runs a stock program that does for us what it does best (ssh-keygen, ssh-add).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"

namespace scopetrace {

// Runs `arguments` (the program is searched in PATH) with `input` (at most 32 KiB) as its standard
// input and returns its standard output. Its standard error and terminal are the caller's, so it
// may ask for a passphrase. Errors: kFailed status as kIo naming the program, kUnsupported when
// the program is not installed.
Result<std::string> run_program(const std::vector<std::string>& arguments, std::string_view input);

}  // namespace scopetrace
