// SPDX-License-Identifier: Apache-2.0
// A traced program: Node.js, whose TLS goes through memory BIOs, with many connections open at once.
// Same usage as memory_bio_client.py.
'use strict';
const fs = require('fs');
const readline = require('readline');
const tls = require('tls');

const [host, port, caFile] = process.argv.slice(2);
const ca = fs.readFileSync(caFile);

function ask(socket) {
  return new Promise((resolve, reject) => {
    let head = '';
    const read = (bytes) => {
      head += bytes;
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', read);
      resolve(head.startsWith('HTTP/1.1 202 '));
    };
    socket.on('data', read);
    socket.once('error', reject);
    socket.write(`GET /hook?port=${socket.localPort} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  });
}

async function converse() {
  const socket = tls.connect({host: '127.0.0.1', port: Number(port), ca, servername: host});
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  const answered = (await ask(socket)) & (await ask(socket));
  socket.end();
  return answered;
}

async function takeTurns(left) {
  let answered = 0;
  while (left.count-- > 0) answered += await converse();
  return answered;
}

async function main() {
  console.log('ready');
  for await (const line of readline.createInterface({input: process.stdin})) {
    const [count, atOnce] = line.split(' ').map(Number);
    const left = {count};
    const answers = await Promise.all(Array.from({length: atOnce}, () => takeTurns(left)));
    console.log(answers.reduce((sum, one) => sum + one, 0));
  }
}

main();
