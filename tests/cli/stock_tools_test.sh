#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A fresh bundle satisfies stock tools and scopetrace alike, and a changed one satisfies neither.
#
# usage: tests/cli/stock_tools_test.sh MAKE_BUNDLE SCOPETRACE
set -euo pipefail
readonly make_bundle=$1 scopetrace=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$(mktemp -d)
readonly here folder
trap 'rm -rf "$folder"' EXIT

"$make_bundle" "$folder"
bundle=$folder/sample.jsonl.zst signers=$folder/allowed_signers
"$here/scripts/verify-with-stock-tools" "$bundle" "$signers"
[[ $(zstd -dc "$bundle" | jq -r .n | tail -1) == 4 ]]
"$scopetrace" --root "$folder" verify --json --strict --allowed-signers "$signers" "$bundle" |
  jq -e '.verdict == "COMPLETE" and .exit == 0 and .lines == 6' >/dev/null
"$scopetrace" --root "$folder" show --allowed-signers "$signers" "$bundle" | grep -q 'session ended: limit'

# One bit of the last kilobyte before the end: inside the final note.
offset=$(($(stat -c %s "$bundle") - 700))
byte=$(od -An -tu1 -j "$offset" -N 1 "$bundle" | tr -d ' ')
printf "%b" "\\x$(printf %x $((byte ^ 1)))" | dd of="$bundle" bs=1 seek="$offset" conv=notrunc status=none
if "$here/scripts/verify-with-stock-tools" "$bundle" "$signers" 2>/dev/null; then exit 1; fi
status=0
"$scopetrace" --root "$folder" verify --allowed-signers "$signers" "$bundle" >/dev/null || status=$?
[[ $status -eq 7 ]]
