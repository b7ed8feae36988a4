// SPDX-License-Identifier: Apache-2.0
// Runs one SQL query over a bundle as it is, evidence frames and all. In the query, `bundle` is the table
// of its lines: `n`, `type`, `time` and the members that the query names, which read_json finds itself.
//
// usage: node duckdb_query.mjs NODE_FOLDER BUNDLE SQL        prints a row a line, values separated by blanks
// exits: 0 printed, 1 the query failed, 77 DuckDB is not installed in NODE_FOLDER (scripts/setup does it)
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [folder, bundle, sql] = process.argv.slice(2);
if (sql === undefined) {
  console.error('usage: duckdb_query.mjs NODE_FOLDER BUNDLE SQL');
  process.exit(2);
}

// The module, or null when it is not there.
function loadDuckDb() {
  const load = createRequire(resolve(folder, 'package.json'));
  try {
    load.resolve('@duckdb/node-api');
  } catch {
    return null;
  }
  return load('@duckdb/node-api');
}

const duckdb = loadDuckDb();
if (duckdb === null) {
  console.error(`duckdb_query.mjs: no @duckdb/node-api in ${folder}; run scripts/setup`);
  process.exit(77);
}
const instance = await duckdb.DuckDBInstance.create(':memory:');
const connection = await instance.connect();
const path = resolve(bundle).replaceAll("'", "''");
await connection.run(
  `CREATE VIEW bundle AS SELECT * FROM read_json('${path}', format = 'newline_delimited', ` +
    `compression = 'zstd', union_by_name = true, sample_size = -1, maximum_object_size = 4194304)`);
const reader = await connection.runAndReadAll(sql);
for (const row of reader.getRows()) console.log(row.map(String).join(' '));
