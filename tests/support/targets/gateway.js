// SPDX-License-Identifier: Apache-2.0
// A traced program: gateway.py on one thread with an event loop.
//
// usage: gateway.js HOST PORT CA_FILE MANIFEST
'use strict';
const fs = require('fs');
const https = require('https');
const path = require('path');

const [host, port, caFile] = process.argv.slice(2);
const ca = fs.readFileSync(caFile);
const agent = new https.Agent({keepAlive: true, maxSockets: 16});

function askVendor(target, headers) {
  return new Promise((resolve, reject) => {
    const options = {host: '127.0.0.1', servername: host, port, path: target, ca, agent, headers: {Host: host, ...headers}};
    https.get(options, (answer) => answer.resume().on('end', resolve)).on('error', reject);
  });
}

const identity = {cert: ca, key: fs.readFileSync(path.join(path.dirname(caFile), 'server.key'))};
const server = https.createServer(identity, async (request, response) => {
  await askVendor('/v1/status', {'X-Request-Id': request.headers['x-request-id']});
  await askVendor('/v1/limits', {});
  response.end();
});
server.listen(0, '127.0.0.1', 256, () => console.log(`ready\n${server.address().port}`));
process.stdin.on('end', () => process.exit()).resume();
