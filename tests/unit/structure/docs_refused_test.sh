#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Names tests that do not exist, one of each form, and expects the checker to print them.
#
# usage: docs_refused_test.sh CHECKER
# exits: 0 each was printed, 1 one was not
set -euo pipefail

readonly checker=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for name in NosuchTest Nosuch2Test LedgerTest.Nosuch cli_nosuch fuzz_nosuch privileged_nosuch; do
  echo "Shown by \`$name\`." >"$folder/a.md"
  "$checker" "$folder" 2>"$folder/said" && { echo "$name was accepted"; exit 1; }
  grep -qx "no such test: $name" "$folder/said" || { echo "$name was not printed"; exit 1; }
done
echo 'Shown by LedgerTest.FindsOtherKey, cli_audit and forgery_ledger.' >"$folder/a.md"
"$checker" "$folder"
