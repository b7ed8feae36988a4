// SPDX-License-Identifier: Apache-2.0
// Runs the SQL statements of a page of documentation, those below `-- duckdb: TITLE` or `-- clickhouse: TITLE`,
// in a folder that has a folder `bundles`. Of ClickHouse the queue over object storage becomes a table without
// storage, which the bundles are then put into.
//
// usage: node run_queries.mjs NODE_FOLDER duckdb|clickhouse PAGE FOLDER [--times]
// prints `TITLE: ROWS rows`, and with --times the seconds of each; rows go to standard output as JSON below it
// exits: 0 all ran, 1 one failed, 77 the engine is not installed in NODE_FOLDER
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [nodeFolder, engine, page, folder, times] = process.argv.slice(2);
const statements = [];
for (const block of readFileSync(page, 'utf8').matchAll(/```sql\n([^]*?)```/g)) {
  for (const part of block[1].split(/^(?=-- \w+: )/m)) {
    const [, name, title, sql] = /^-- (\w+): (.*)\n([^]*)$/.exec(part) ?? [];
    if (name === engine) statements.push({ title, sql: sql.trim().replace(/;$/, '') });
  }
}
const load = createRequire(resolve(nodeFolder, 'package.json'));

async function openDuckDb() {
  const duckdb = load('@duckdb/node-api');
  const limits = {};
  if (process.env.SCOPETRACE_DUCKDB_MEMORY) limits.memory_limit = process.env.SCOPETRACE_DUCKDB_MEMORY;
  if (process.env.SCOPETRACE_DUCKDB_THREADS) limits.threads = process.env.SCOPETRACE_DUCKDB_THREADS;
  const connection = await (await duckdb.DuckDBInstance.create(':memory:', limits)).connect();
  return async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson();
}

function openClickHouse() {
  const { Session } = load('chdb');
  const session = new Session();
  process.on('exit', () => session.cleanup());
  return async (sql) => {
    const queue = /ENGINE = S3Queue\([^]*$/;
    const answer = session.query(sql.replace(queue, 'ENGINE = Null'), 'JSONEachRow');
    if (/^CREATE MATERIALIZED VIEW vendor_hours/.test(sql)) {
      session.query("INSERT INTO bundle_lines SELECT * FROM file('bundles/*.jsonl.zst', 'JSONEachRow', " +
        "'type String, n UInt64, time DateTime64(9), conn String, outcome String, inbound Bool, " +
        'request Tuple(host String, method String, target String, size UInt64), response Tuple(status UInt16, size UInt64), ' +
        "timing Tuple(send_ns UInt64, wait_ns UInt64, receive_ns UInt64), data_classes Array(String)') " +
        "SETTINGS input_format_skip_unknown_fields = 1, date_time_input_format = 'best_effort'");
    }
    return answer.split('\n').filter(Boolean).map((row) => JSON.parse(row));
  };
}

let query;
try {
  process.chdir(folder);
  query = engine === 'duckdb' ? await openDuckDb() : openClickHouse();
} catch (error) {
  console.error(`run_queries.mjs: no ${engine} in ${nodeFolder}: ${error.message}`);
  process.exit(77);
}
if (statements.length === 0) throw new Error(`${page} has no statement for ${engine}`);
for (const { title, sql } of statements) {
  const start = performance.now();
  const rows = await query(sql);
  const seconds = times ? `, ${((performance.now() - start) / 1000).toFixed(2)} s` : '';
  console.log(`${title}: ${rows.length} rows${seconds}`);
  for (const row of rows.slice(0, 20)) console.log(`  ${JSON.stringify(row)}`);
}
