// SPDX-License-Identifier: Apache-2.0
// Opens traces with the engine of ui.perfetto.dev, its trace processor as WebAssembly in a worker of
// Chromium, and compares processes, threads, tracks and slices with what the files' events say.
//
// usage: node trace_in_perfetto.mjs NODE_FOLDER ENGINE_FOLDER FILE…
// exits: 0 all as in the files, 1 not
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { checkFiles } from './browser.mjs';

const [nodeFolder, engineFolder, ...files] = process.argv.slice(2);

// The engine's worker asks first whether it may have 64-bit memory; the package has the program for
// 32 bits only.
const worker = `
const Module = WebAssembly.Module;
WebAssembly.Module = function () { WebAssembly.Module = Module; throw new Error('no memory of 64 bits'); };
importScripts('/engine_bundle.node.js');`;

// Serves the page, the engine and the trace on a free port of this host.
async function serve(file) {
  const made = { '/': ['text/html', '<!doctype html><link rel="icon" href="data:">'], '/worker.js': ['text/javascript', worker] };
  const stored = {
    '/engine.mjs': 'text/javascript', '/engine_bundle.node.js': 'text/javascript', '/trace_processor.wasm': 'application/wasm',
  };
  const server = createServer(({ url }, response) => {
    let [type, body] = made[url] ?? [];
    if (stored[url]) [type, body] = [stored[url], readFileSync(join(engineFolder, url))];
    if (url === '/trace.json') [type, body] = ['application/json', readFileSync(file)];
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': type ?? 'text/plain' }).end(body);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}

// In the page: lets the engine read the trace; then rows(SQL) are objects.
async function readTrace() {
  globalThis.process = { env: { NODE_ENV: 'production' } };
  const { EngineBase } = await import('/engine.mjs');
  const worker = new Worker('/worker.js');
  const failed = new Promise((_, fail) => { worker.onerror = (event) => fail(new Error(event.message)); });
  const { port1, port2 } = new MessageChannel();
  const engine = new class extends EngineBase {
    id = 'trace';
    mode = 'WASM';
    rpcSendRequestBytes(bytes) { port1.postMessage(bytes); }
  }();
  port1.onmessage = ({ data }) => engine.onRpcResponseBytes(data);
  worker.postMessage(port2, [port2]);
  const trace = new Uint8Array(await (await fetch('/trace.json')).arrayBuffer());
  const step = 32 << 20; // as the UI does
  for (let at = 0; at < trace.length; at += step) await Promise.race([engine.parse(trace.subarray(at, at + step)), failed]);
  await Promise.race([engine.notifyEof(), failed]);
  globalThis.rows = async (sql) => {
    const result = await Promise.race([engine.query(sql), failed]);
    const columns = result.columns();
    const list = [];
    for (const row = result.iter({}); row.valid(); row.next()) {
      list.push(Object.fromEntries(columns.map((name) => [name, typeof row.get(name) === 'bigint' ? Number(row.get(name)) : row.get(name)])));
    }
    return list;
  };
}

const nanoseconds = (event) => Math.round(event.ts * 1000);
const inTime = (a, b) => nanoseconds(a) - nanoseconds(b); // sorting keeps the file's order within an instant

// A slice of a track of a connection begins or ends. `track.open` are those that go on.
function stepOfConnection(track, event, slice) {
  if (event.ph === 'b') {
    track.open.push(Object.assign(slice, { track: track.title, dur: -1, depth: track.open.length }));
    return [slice];
  }
  const begun = track.open.pop();
  assert.equal(begun?.name, event.name, `track ${track.title}, ${event.ts} µs: what ends is not what began last`);
  begun.dur = slice.ts - begun.ts;
  return [];
}

// A slice of a track of a thread, whole from its beginning on.
function stepOfThread(track, slice) {
  while (track.open.length > 0 && track.open.at(-1).ts + track.open.at(-1).dur <= slice.ts) track.open.pop();
  slice.depth = track.open.length;
  track.open.push(slice);
  return [slice];
}

// The slices that a reader has to see: process, name of the track, name, start, duration (-1 while it goes
// on) and how many slices it stands in. A track of a connection has the name of its first slice.
function toldSlices(events) {
  const tracks = new Map();
  return events.filter(({ ph }) => ph !== 'M').toSorted(inTime).flatMap((event) => {
    const { pid, tid, name, id2 } = event;
    const slice = { pid, track: `thread ${tid}`, name, ts: nanoseconds(event), dur: Math.round((event.dur ?? 0) * 1000) };
    const id = id2 ? `${pid} ${id2.local}` : `${pid} thread ${tid}`;
    if (!tracks.has(id)) tracks.set(id, { title: name, open: [] });
    return id2 ? stepOfConnection(tracks.get(id), event, slice) : stepOfThread(tracks.get(id), slice);
  });
}

const sql = {
  faults: `select name, value from stats where severity in ('error', 'data_loss') and value > 0`,
  // Process 0 is the kernel's idle one, which the engine always has.
  processes: 'select pid, name from process where pid > 0 order by pid',
  threads: 'select pid, tid, thread.name from thread join process using (upid) where thread.name is not null order by pid, tid',
  slices: `select pid, thread.name as track, slice.name, ts, dur, depth
      from slice join thread_track on track_id = thread_track.id join thread using (utid) join process using (upid)
    union all select pid, process_track.name, slice.name, ts, dur, depth
      from slice join process_track on track_id = process_track.id join process using (upid)`,
  count: 'select count(*) as slices, count(distinct track_id) as tracks from slice',
};

const byNumbers = (a, b) => a.pid - b.pid || a.tid - b.tid;
const sorted = (slices) => slices.map(({ pid, track, name, ts, dur, depth }) => JSON.stringify([ts, depth, pid, track, name, dur])).sort();

// `ask` gives the rows of a statement of `sql`.
async function compare(ask, events) {
  const named = (what) => events.filter(({ ph, name }) => ph === 'M' && name === what);
  assert.deepEqual(await ask('faults'), [], 'the engine found faults');
  const processes = new Map(named('process_name').map(({ pid, args }) => [pid, { pid, name: args.name }]));
  assert.deepEqual(await ask('processes'), [...processes.values()].sort(byNumbers));
  const threads = named('thread_name').map(({ pid, tid, args }) => ({ pid, tid, name: args.name }));
  assert.deepEqual(await ask('threads'), threads.sort(byNumbers));
  const told = toldSlices(events);
  assert.deepEqual(sorted(await ask('slices')), sorted(told));
  const [{ slices, tracks }] = await ask('count');
  assert.equal(slices, told.length, 'slices that are on no track of a process');
  return `${processes.size} processes, ${threads.length} threads, ${tracks} tracks and ${slices} slices as in the file`;
}

await checkFiles(nodeFolder, files, async (browser, file) => {
  const server = await serve(file);
  try {
    const page = await browser.newPage();
    await page.load(`http://127.0.0.1:${server.address().port}/`);
    await page.run(readTrace);
    return await compare((name) => page.run((text) => rows(text), sql[name]), JSON.parse(readFileSync(file, 'utf8')).traceEvents);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
