#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A bundle is a table: DuckDB counts its lines as zstd and jq do, by type and by status.
#
# usage: duckdb_test.sh SOURCE_FOLDER BUNDLE
# exits: 0 the counts agree, 1 they differ, 77 node or DuckDB is not installed
set -euo pipefail
readonly source_folder=$1 bundle=$2

command -v node >/dev/null || { echo 'node is not installed'; exit 77; }

query() { node "$source_folder/tests/support/duckdb_query.mjs" "$source_folder/build/node" "$bundle" "$1"; }
lines() { zstd -q -dc "$bundle"; }

# Compares what DuckDB and stock tools say.
agree() {
  local what=$1 table=$2 stock=$3
  if [[ -z $stock || $table != "$stock" ]]; then
    printf '%s: DuckDB says\n%s\njq says\n%s\n' "$what" "$table" "$stock"
    exit 1
  fi
  printf '%s agree:\n%s\n' "$what" "$table"
}

status=0
types=$(query 'SELECT type, count(*) FROM bundle GROUP BY type ORDER BY type') || status=$?
[[ $status -eq 0 ]] || exit "$status"
agree 'types' "$types" "$(lines | jq -r .type | LC_ALL=C sort | uniq -c | awk '{print $2, $1}')"
agree 'statuses' \
  "$(query "SELECT response.status, count(*) FROM bundle WHERE type = 'http' AND response IS NOT NULL GROUP BY ALL ORDER BY 1")" \
  "$(lines | jq -r 'select(.type == "http") | .response.status // empty' | sort -n | uniq -c | awk '{print $2, $1}')"
agree 'lines' "$(query 'SELECT count(*) FROM bundle')" "$(lines | wc -l)"
