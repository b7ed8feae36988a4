// SPDX-License-Identifier: Apache-2.0
// Checks a HAR file against the schemas of HAR 1.2.
//
// usage: node check_har.mjs NODE_FOLDER FILE
// exits: 0 valid (prints the number of entries), 1 not, 77 the validator is not in NODE_FOLDER (scripts/setup
// does it)
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [folder, file] = process.argv.slice(2);
const load = createRequire(resolve(folder, 'package.json'));
let validator;
try {
  validator = load('har-validator/lib/promise');
} catch {
  console.error(`check_har.mjs: no har-validator in ${folder}; run scripts/setup`);
  process.exit(77);
}
const har = JSON.parse(readFileSync(file, 'utf8'));
try {
  await validator.har(har);
} catch (error) {
  for (const fault of error.errors ?? [error]) console.error(`${fault.dataPath ?? ''} ${fault.message}`);
  process.exit(1);
}
console.log(har.log.entries.length);
