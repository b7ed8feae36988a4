#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every statement of docs/queries.md runs over two bundles; what some of them answer is counted by jq too.
#
# usage: queries_test.sh SOURCE_FOLDER BUNDLE [NODE_FOLDER_WITH_CHDB]
# exits: 0 all ran and agree, 1 one failed, 77 node or DuckDB is not installed
set -euo pipefail
readonly source_folder=$1 bundle=$2 chdb=${3-}
command -v node >/dev/null || { echo 'node is not installed'; exit 77; }
folder=$(mktemp -d)
readonly folder
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bundles"
cp "$bundle" "$folder/bundles/one.jsonl.zst"
cp "$bundle" "$folder/bundles/two.jsonl.zst"

run() {
  node "$source_folder/tests/support/run_queries.mjs" "$1" "$2" "$source_folder/docs/queries.md" "$folder" >"$folder/$2.txt"
  cat "$folder/$2.txt"
}
# The rows below a title, each a line of JSON.
rows() { sed -n "/^$2: [0-9]* rows/,/^[^ ]/{/^  /p}" "$folder/$1.txt"; }
agree() {
  [[ -n $2 && $2 == "$3" ]] || { printf '%s: the query says\n%s\njq says\n%s\n' "$1" "$2" "$3"; exit 1; }
}
lines() { zstd -q -dc "$folder"/bundles/*.jsonl.zst; }

# Errors and classes of each vendor, by an engine that is no SQL.
errors=$(lines | jq -r 'select(.type == "http") | select((.response.status // 0) >= 400 or .outcome != "complete") | .request.host' |
  sort | uniq -c | awk '{print $2, $1}')
classes=$(lines | jq -r 'select(.type == "http") | .request.host + " " + .data_classes[]' | sort | uniq -c | awk '{print $2, $3, $1}')

status=0
run "$source_folder/build/node" duckdb || status=$?
[[ $status -eq 0 ]] || exit "$status"
agree 'errors' "$(rows duckdb 'error rate per vendor and hour' | jq -r '"\(.vendor) \(.errors)"')" "$errors"
agree 'classes' "$(rows duckdb 'which classes of data go to whom' | jq -r '"\(.vendor) \(.class) \(.exchanges)"')" "$classes"
[[ -n $chdb ]] || exit 0
run "$chdb" clickhouse
agree 'errors' "$(rows clickhouse 'error rate per vendor and hour' | jq -r '"\(.vendor) \(.failed)"')" "$errors"
agree 'classes' "$(rows clickhouse 'which classes of data go to whom' | jq -r '"\(.vendor) \(.class) \(.exchanges)"')" "$classes"
