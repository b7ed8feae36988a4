// SPDX-License-Identifier: Apache-2.0
// A program to measure: Node.js over one TLS connection, under open load. Usage and output as of
// load_client.py. Timers have whole milliseconds: what is left of the time before a request is due
// is waited for by turns of the event loop.
'use strict';
const https = require('https');
const readline = require('readline');
const {makeAgent} = require('../support/targets/local_agent');

const [host, port, caFile] = process.argv.slice(2);
const agent = makeAgent(host, caFile);
const now = () => Number(process.hrtime.bigint()) / 1000;  // µs

function ask() {
  return new Promise((resolve, reject) => {
    https.get({host, port, path: '/v1/charges', agent}, answer => {
      answer.on('data', () => {});
      answer.on('end', resolve);
    }).on('error', reject);
  });
}

async function load(rate, seconds) {
  const latencies = [];
  const end = now() + seconds * 1e6;
  let due = now();
  while (due < end) {
    while (now() < due) {
      await new Promise(due - now() > 2000 ? done => setTimeout(done, 1) : setImmediate);
    }
    await ask();
    latencies.push(now() - due);
    due = rate ? due + 1e6 / rate : now();
  }
  return latencies.sort((one, other) => one - other);
}

async function main() {
  console.log('ready');
  for await (const line of readline.createInterface({input: process.stdin})) {
    const latencies = await load(...line.split(' ').map(Number));
    const [p50, p99] = [0.5, 0.99].map(share => latencies[Math.floor(latencies.length * share)].toFixed(1));
    console.log(`${latencies.length} ${p50} ${p99}`);
  }
  agent.destroy();
}

main();
