// SPDX-License-Identifier: Apache-2.0
// A traced program: Node.js, whose executable has OpenSSL linked in. Same usage as python_client.py:
//   node node_client.js HOST PORT CA_FILE MANIFEST
'use strict';
const fs = require('fs');
const https = require('https');
const readline = require('readline');
const {makeAgent} = require('./local_agent');

const [host, port, caFile, manifest] = process.argv.slice(2);
const planted = {};
for (const one of JSON.parse(fs.readFileSync(manifest))) planted[one.name] = one.value;

const agent = makeAgent(host, caFile);

function bodyOf(padding) {
  const {email, full_name, iban, ssn, aws_secret_key} = planted;
  const card = {number: planted.pan};
  return JSON.stringify(
      {email, full_name, iban, ssn, aws_secret_key, card, padding: 'x'.repeat(padding)});
}

function ask(method, path, padding) {
  const headers = {
    'Authorization': 'Bearer ' + planted.api_key,
    'Cookie': 'session=' + planted.session_cookie,
    'Content-Type': 'application/json',
  };
  return new Promise((resolve, reject) => {
    const request = https.request({host, port, path, method, headers, agent}, answer => {
      answer.on('data', () => {});
      answer.on('end', () => resolve(answer.statusCode));
    });
    request.on('error', reject);
    request.end(method === 'POST' ? bodyOf(padding) : undefined);
  });
}

async function main() {
  console.log('ready');
  for await (const line of readline.createInterface({input: process.stdin})) {
    const [method, path, padding] = line.split(' ');
    console.log(await ask(method, path, Number(padding || 0)));
  }
  agent.destroy();
}

main();
