// SPDX-License-Identifier: Apache-2.0
// A traced program: Node.js as client of http2_vendor.js. Each line of its input is one thing to do, and
// it says the status: `METHOD PATH` over HTTP/2, `grpc METHOD`, `websocket TEXT`.
//   node http2_client.js HOST HTTP2_PORT GRPC_PORT WEBSOCKET_PORT CA_FILE MANIFEST
'use strict';
const fs = require('fs');
const http2 = require('http2');
const readline = require('readline');
const tls = require('tls');
const ours = require('module').createRequire(process.execPath);
const grpc = ours('@grpc/grpc-js');
const WebSocket = ours('ws');

const [host, http2Port, grpcPort, webSocketPort, caFile, manifest] = process.argv.slice(2);
const ca = fs.readFileSync(caFile);
const planted = {};
for (const one of JSON.parse(fs.readFileSync(manifest))) planted[one.name] = one.value;

let session;
function askHttp2(method, path) {
  session ??= http2.connect('https://' + host, {
    createConnection: () => tls.connect({host: '127.0.0.1', port: Number(http2Port), servername: host, ca,
                                         ALPNProtocols: ['h2']}),
  });
  return new Promise((resolve, reject) => {
    let status;
    const stream = session.request({
      ':method': method, ':path': path, 'authorization': 'Bearer ' + planted.api_key,
      'cookie': 'session=' + planted.session_cookie, 'content-type': 'application/json',
      'x-tenant': 'acme',
      'x-auth-token': method === 'POST' ? planted.access_token : planted.refresh_token, [http2.sensitiveHeaders]: ['authorization'],
    });
    stream.on('response', headers => { status = headers[':status']; });
    stream.on('error', reject);
    stream.on('data', () => {});
    stream.on('end', () => resolve(status));
    const {email, iban, ssn} = planted;
    stream.end(method === 'POST' ? JSON.stringify({email, iban, ssn}) : undefined);
  });
}

// A message of protobuf: field 1 is text.
function message(text) {
  return Buffer.concat([Buffer.from([0x0a, Buffer.byteLength(text)]), Buffer.from(text)]);
}

let rpc;
function askGrpc(method) {
  rpc ??= new grpc.Client('127.0.0.1:' + grpcPort, grpc.credentials.createSsl(ca), {
    'grpc.ssl_target_name_override': host, 'grpc.default_authority': host});
  const metadata = new grpc.Metadata();
  metadata.set('authorization', 'Bearer ' + planted.jwt);
  const asIs = bytes => bytes;
  return new Promise(resolve => rpc.makeUnaryRequest('/payments.Charges/' + method, asIs, asIs,
      message(planted.email), metadata, error => resolve(error ? error.code : 0)));
}

let socket;
function askWebSocket(text) {
  socket ??= new WebSocket('wss://' + host, {
    createConnection: () => tls.connect({host: '127.0.0.1', port: Number(webSocketPort), servername: host, ca}),
    perMessageDeflate: {threshold: 0},
  });
  const said = JSON.stringify({text, client_secret: planted.client_secret, card: planted.pan});
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.once('message', () => resolve('message'));
    if (socket.readyState === WebSocket.OPEN) return socket.send(said);
    socket.once('open', () => socket.send(said));
  });
}

function answer(line) {
  const [what, rest] = line.split(' ');
  if (what === 'grpc') return askGrpc(rest);
  return what === 'websocket' ? askWebSocket(rest) : askHttp2(what, rest);
}

async function main() {
  console.log('ready');
  for await (const line of readline.createInterface({input: process.stdin})) {
    console.log(await answer(line));
  }
  process.exit(0);
}

main();
