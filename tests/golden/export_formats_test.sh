#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What was exported is valid for others: HAR by its npm validator, spans by OTLP's protobuf definitions,
# CSV by DuckDB, which counts the exchanges as jq does.
#
# usage: export_formats_test.sh SOURCE_FOLDER DATA_FOLDER
# exits: 0 all valid, 1 something is not, 77 node or a package of scripts/setup is not installed
set -euo pipefail
readonly source_folder=$1 data=$2
command -v node >/dev/null || { echo 'node is not installed'; exit 77; }
readonly node_folder=$source_folder/build/node

for profile in responder vendor hipaa; do
  exchanges=$(grep -c "^http," "$data/export_${profile}_http.csv")
  ((exchanges > 0)) || { echo "$profile: no exchanges"; exit 1; }
  for format in har:exchanges.har otlp:spans.jsonl; do
    status=0
    count=$(node "$source_folder/tests/support/check_${format%%:*}.mjs" "$node_folder" "$data/export_${profile}_${format#*:}") || status=$?
    [[ $status -eq 0 ]] || exit "$status"
    [[ $count == "$exchanges" ]] || { echo "$profile, $format: $count exchanges, $exchanges in CSV"; exit 1; }
  done
  jq -e '[.traceEvents[] | select(.ph == "b" and .cat == "connection" and (.name | startswith("connection") | not))] | length > 0' \
    "$data/export_${profile}_trace.json" >/dev/null
done
