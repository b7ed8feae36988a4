// SPDX-License-Identifier: Apache-2.0
// Checks a file of OTLP JSON lines against the official protobuf definitions: every line becomes a
// message and comes back with nothing lost, so that no member is unknown or of another type.
//
// usage: node check_otlp.mjs NODE_FOLDER FILE
// exits: 0 valid (prints the number of spans), 1 not, 77 the definitions are not in NODE_FOLDER (scripts/setup
// does it)
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import { resolve } from 'node:path';

const [folder, file] = process.argv.slice(2);
const load = createRequire(resolve(folder, 'package.json'));
let root;
try {
  root = load('@opentelemetry/otlp-transformer/build/src/generated/root.js');
} catch {
  console.error(`check_otlp.mjs: no OTLP definitions in ${folder}; run scripts/setup`);
  process.exit(77);
}
const Request = root.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;

// OTLP writes ids as hexadecimal digits, where the JSON of protobuf would have base64.
function idsAsBytes(key, value) {
  const digits = { traceId: 32, spanId: 16 }[key];
  if (digits === undefined) return value;
  if (!new RegExp(`^[0-9a-f]{${digits}}$`).test(value)) throw new Error(`${key} is no id`);
  return Buffer.from(value, 'hex');
}

let spans = 0;
for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
  const told = JSON.parse(line);
  const bytes = Request.encode(Request.fromObject(JSON.parse(line, idsAsBytes))).finish();
  const back = JSON.parse(JSON.stringify(Request.toObject(Request.decode(bytes), { longs: String, bytes: Array }), (key, value) =>
    key === 'traceId' || key === 'spanId' ? Buffer.from(value).toString('hex') : value));
  if (!isDeepStrictEqual(back, told)) {
    console.error('a line does not survive the way through protobuf: it has members that are not of OTLP');
    console.error(JSON.stringify(told).slice(0, 600));
    console.error(JSON.stringify(back).slice(0, 600));
    process.exit(1);
  }
  for (const resource of told.resourceSpans) {
    for (const scope of resource.scopeSpans) spans += scope.spans.length;
  }
}
console.log(spans);
