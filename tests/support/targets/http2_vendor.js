// SPDX-License-Identifier: Apache-2.0
// A third party that speaks what its clients ask for: HTTP/2 and WebSocket on one port, gRPC on another.
//   node http2_vendor.js HTTP2_PORT GRPC_PORT WEBSOCKET_PORT CERTIFICATE KEY MANIFEST
// Its answers hold planted values:
//   any /v1/missing      404
//   any other path       200, JSON with customer and card
//   gRPC Charge          a message back
//   gRPC Refuse          status 5 and a message
//   WebSocket            each message back, inside JSON
'use strict';
const fs = require('fs');
const http2 = require('http2');
const https = require('https');
const ours = require('module').createRequire(process.execPath);
const grpc = ours('@grpc/grpc-js');
const {WebSocketServer} = ours('ws');

const [http2Port, grpcPort, webSocketPort, certFile, keyFile, manifest] = process.argv.slice(2);
const cert = fs.readFileSync(certFile);
const key = fs.readFileSync(keyFile);
const planted = {};
for (const one of JSON.parse(fs.readFileSync(manifest))) planted[one.name] = one.value;

function listening(server, port) {
  return new Promise(resolve => server.listen(Number(port), '127.0.0.1', resolve));
}

function startHttp2() {
  const server = http2.createSecureServer({cert, key});
  server.on('stream', (stream, headers) => {
    const {email, full_name, pan} = planted;
    stream.resume();
    stream.on('end', () => {
      const status = headers[':path'] === '/v1/missing' ? 404 : 200;
      stream.respond({':status': status, 'content-type': 'application/json',
                      'set-cookie': 'id=' + planted.issued_cookie}, {waitForTrailers: true});
      stream.on('wantTrailers', () => stream.sendTrailers({'x-checksum': 'crc-7'}));
      stream.end(JSON.stringify({email, full_name, card: {number: pan}}));
    });
  });
  return listening(server, http2Port);
}

const asIs = bytes => bytes;
const method = name => ({path: '/payments.Charges/' + name, requestStream: false, responseStream: false,
                         requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs,
                         responseDeserialize: asIs});

function startGrpc() {
  const server = new grpc.Server();
  server.addService({Charge: method('Charge'), Refuse: method('Refuse')}, {
    Charge: (call, done) => done(null, call.request),
    Refuse: (call, done) => done({code: grpc.status.NOT_FOUND, details: 'no account of ' + planted.email}),
  });
  const credentials = grpc.ServerCredentials.createSsl(null, [{private_key: key, cert_chain: cert}]);
  return new Promise((resolve, reject) => server.bindAsync('127.0.0.1:' + grpcPort, credentials,
      error => error ? reject(error) : resolve()));
}

function startWebSocket() {
  const server = https.createServer({cert, key});
  const sockets = new WebSocketServer({server, perMessageDeflate: {threshold: 0}});
  sockets.on('connection', socket => socket.on('message', (data, isBinary) => {
    if (isBinary) return socket.send(data);
    socket.send(JSON.stringify({echo: String(data), access_token: planted.access_token}));
  }));
  return listening(server, webSocketPort);
}

Promise.all([startHttp2(), startGrpc(), startWebSocket()]).then(() => console.log('ready'));
