// SPDX-License-Identifier: Apache-2.0
// Opens HAR files in the network panel of Chromium's DevTools, by the input of its button "Import HAR
// file", and compares every request that the panel then has with its entry. Takes a picture of each.
//
// usage: node har_in_devtools.mjs NODE_FOLDER PICTURE_FOLDER FILE…
// exits: 0 all as in the files, 1 not
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkFiles } from './browser.mjs';

const [nodeFolder, pictureFolder, ...files] = process.argv.slice(2);

// A page with the front end of DevTools, which looks at an empty page.
async function openDevTools(browser) {
  const inspected = await browser.newPage();
  const page = await browser.newPage();
  // The last of what its entry point does; before it, its modules have neither texts nor panels.
  const ready = page.next('Runtime.consoleAPICalled', ({ args }) => String(args[0]?.value).startsWith('Main._lateInitialization'));
  await page.load(`devtools://devtools/bundled/devtools_app.html?ws=${browser.host}/devtools/page/${inspected.targetId}&panel=network`);
  await ready;
  return page;
}

// Waits for as many requests as there are entries.
async function importHar(page, file, count) {
  await page.run(async (wanted) => {
    globalThis.panel = (await import('./panels/network/network.js')).NetworkPanel.NetworkPanel.instance();
    const { NetworkLog } = await import('./models/logs/logs.js');
    globalThis.log = NetworkLog.NetworkLog.instance();
    globalThis.imported = new Promise((done) => {
      let seen = 0;
      log.addEventListener(NetworkLog.Events.RequestAdded, () => ++seen === wanted && done());
    });
  }, count);
  await page.chooseFile(() => panel.element.querySelector('input[type=file]'), file);
  await page.run(() => imported);
}

// What the panel has, in the words of HAR. A phase that was not seen has no end.
function shownRequests() {
  return log.requests().map((request) => {
    const { sendStart, sendEnd, receiveHeadersEnd } = request.timing;
    return {
      startedMs: request.issueTime() * 1000,
      time: request.duration * 1000,
      send: sendEnd - sendStart,
      wait: receiveHeadersEnd - sendEnd,
      method: request.requestMethod,
      url: request.url(),
      status: request.statusCode,
      address: request.remoteAddress(),
      connection: request.connectionId,
      requestHeaders: request.requestHeaders().map(({ name, value }) => ({ name, value })),
      responseHeaders: request.responseHeaders.map(({ name, value }) => ({ name, value })),
      size: request.resourceSize,
      type: request.mimeType ?? '',
    };
  });
}

// Both are doubles of milliseconds; DevTools keeps seconds since 1970, to about 0.24 µs.
function sameTime(shown, told, what) {
  assert.ok(Math.abs(shown - told) < 0.001, `${what}: ${shown} ms, ${told} ms in the file`);
}

function compare(shown, entry) {
  const what = `${entry.request.method} ${entry.request.url}`;
  const { timings, request, response } = entry;
  assert.equal(shown.method, request.method, what);
  assert.equal(shown.url, request.url, what);
  assert.equal(shown.status, response.status, what);
  assert.deepEqual(shown.requestHeaders, request.headers, what);
  assert.deepEqual(shown.responseHeaders, response.headers, what);
  assert.equal(shown.address, `${entry.serverIPAddress ?? ''}:${entry.connection ?? 80}`, what);
  assert.equal(shown.connection, entry._connectionId ?? '', what);
  assert.equal(shown.size, response.content.size || Math.max(0, response.bodySize), what);
  assert.equal(shown.type, response.content.mimeType, what);
  sameTime(shown.startedMs, Date.parse(entry.startedDateTime), `${what}: start`);
  sameTime(shown.send, timings.send, `${what}: send`);
  sameTime(shown.wait, timings.wait, `${what}: wait`);
  sameTime(shown.time, entry.time, `${what}: time`);
  sameTime(timings.send + timings.wait + timings.receive, entry.time, `${what}: sum of the timings`);
}

await checkFiles(nodeFolder, files, async (browser, file) => {
  const { entries } = JSON.parse(readFileSync(file, 'utf8')).log;
  assert.ok(entries.length > 0, 'no entries: there is nothing to show');
  const page = await openDevTools(browser);
  await importHar(page, file, entries.length);
  await page.screenshot(join(pictureFolder, `${basename(file, '.har')}.png`));
  const shown = await page.run(shownRequests);
  assert.equal(shown.length, entries.length);
  // The importer sorts by whole milliseconds.
  const inOrder = entries.toSorted((a, b) => Date.parse(a.startedDateTime) - Date.parse(b.startedDateTime));
  inOrder.forEach((entry, index) => compare(shown[index], entry));
  return `${entries.length} requests as in the file`;
});
