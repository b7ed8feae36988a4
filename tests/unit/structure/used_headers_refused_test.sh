#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Plants uses of the standard library with and without their header and expects the checker to tell
# them apart.
#
# usage: used_headers_refused_test.sh CHECKER
# exits: 0 it did, 1 it did not
set -euo pipefail

readonly checker=$1
file=$(mktemp --suffix .cc)
trap 'rm -f "$file"' EXIT
failed=0

# Expects a file of these lines to be refused (or accepted) by the checker.
expect() {
  local verdict=$1 got=accepted
  shift
  printf '%s\n' "$@" >"$file"
  "$checker" "$file" >/dev/null || got=refused
  [[ $got = "$verdict" ]] || { printf '%s, expected %s:\n%s\n' "$got" "$verdict" "$(<"$file")"; failed=1; }
}

expect accepted '#include <vector>' 'std::vector<int> all;'
expect accepted '#include "userspace/base/result.h"' 'std::string by_a_header_of_ours;'
expect accepted '// std::vector in a comment' 'const char* text = "std::map<";'
expect refused '#include <string>' 'std::vector<int> all;'
expect refused '#include <vector>' 'int least = std::min(1, 2);'
expect refused 'std::uint32_t number;'
exit "$failed"
