// SPDX-License-Identifier: Apache-2.0
// An agent for one TLS connection to a name that no resolver knows: TCP goes to this machine.
'use strict';
const fs = require('fs');
const https = require('https');

exports.makeAgent = (host, caFile) => new https.Agent({
  keepAlive: true,
  maxSockets: 1,
  ca: fs.readFileSync(caFile),
  servername: host,
  lookup: (name, options, done) =>
      options.all ? done(null, [{address: '127.0.0.1', family: 4}]) : done(null, '127.0.0.1', 4),
});
