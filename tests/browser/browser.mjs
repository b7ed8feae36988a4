// SPDX-License-Identifier: Apache-2.0
// A Chromium without a window, driven by its DevTools protocol.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';

const patienceMs = 120_000; // who says nothing for so long never will

// `promise`, or an error that says what did not happen.
function inTime(promise, what) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${what}: nothing for ${patienceMs / 1000} s`)), patienceMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// One tab. Made by Browser.newPage().
export class Page {
  constructor(browser, targetId, sessionId) {
    Object.assign(this, { browser, targetId, sessionId });
  }

  send(method, params) {
    return this.browser.send(method, params, this.sessionId);
  }

  // The next event of this name that `isWanted`. Ask before doing what causes it.
  next(method, isWanted = () => true) {
    return inTime(new Promise((found) => {
      this.browser.listen((message) => {
        if (message.sessionId !== this.sessionId || message.method !== method || !isWanted(message.params)) return false;
        found(message.params);
        return true;
      });
    }), method);
  }

  async load(url) {
    const loaded = this.next('Page.loadEventFired');
    await this.send('Page.navigate', { url });
    await loaded;
  }

  // The value, as JSON has it, of a call of `body` in the page; what it throws is thrown here.
  async run(body, ...parameters) {
    const expression = `(${body})(...${JSON.stringify(parameters)})`;
    const { result, exceptionDetails: fault } = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (fault) throw new Error(`in the page: ${fault.exception?.description ?? fault.text}`);
    return result.value;
  }

  // Gives `file` to the file input that a call of `body` returns, as a person does by its dialog.
  async chooseFile(body, file) {
    const { result } = await this.send('Runtime.evaluate', { expression: `(${body})()` });
    if (result.subtype !== 'node') throw new Error('the page has no input for a file');
    await this.send('DOM.setFileInputFiles', { objectId: result.objectId, files: [resolve(file)] });
  }

  async screenshot(file) {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png' });
    writeFileSync(file, Buffer.from(data, 'base64'));
  }
}

// A browser process with an empty profile of its own, which stop() removes.
export class Browser {
  #listeners = new Set();
  #waiting = new Map();
  #lastId = 0;

  // `nodeFolder` has the package ws.
  static async start(nodeFolder) {
    const { WebSocket } = createRequire(resolve(nodeFolder, 'package.json'))('ws');
    const browser = new Browser();
    browser.profile = mkdtempSync(join(tmpdir(), 'scopetrace-browser-'));
    const options = ['--headless=new', '--disable-gpu', '--no-first-run', '--window-size=1400,900',
      '--remote-debugging-port=0', '--remote-allow-origins=*', `--user-data-dir=${browser.profile}`];
    if (process.getuid() === 0) options.push('--no-sandbox'); // its sandbox refuses root
    browser.process = spawn('chromium', [...options, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const [url, host] = await inTime(browser.#address(), 'the address of the DevTools protocol');
    browser.host = host;
    browser.socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 2 ** 30 });
    browser.socket.on('message', (data) => browser.#take(JSON.parse(data)));
    await inTime(new Promise((open, fail) => browser.socket.on('open', open).on('error', fail)), url);
    browser.version = (await browser.send('Browser.getVersion')).product;
    return browser;
  }

  #address() {
    let log = '';
    return new Promise((found, fail) => {
      this.process.on('error', fail).on('exit', () => fail(new Error(`chromium ended: ${log}`)));
      this.process.stderr.on('data', (data) => {
        log += data;
        const match = /ws:\/\/(127\.0\.0\.1:\d+)\/\S+/.exec(log);
        if (match) found(match);
      });
    });
  }

  #take(message) {
    if (message.id === undefined) {
      for (const listener of this.#listeners) if (listener(message)) this.#listeners.delete(listener);
      return;
    }
    const { answer, fail, method } = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error) fail(new Error(`${method}: ${message.error.message}`));
    else answer(message.result);
  }

  // Calls `listener` with each event until it returns true.
  listen(listener) {
    this.#listeners.add(listener);
  }

  send(method, params, sessionId) {
    const id = ++this.#lastId;
    return inTime(new Promise((answer, fail) => {
      this.#waiting.set(id, { answer, fail, method });
      this.socket.send(JSON.stringify({ id, method, params, sessionId }));
    }), method);
  }

  async newPage() {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, targetId, sessionId);
    await page.send('Runtime.enable');
    await page.send('Page.enable');
    return page;
  }

  async stop() {
    const ended = new Promise((end) => this.process.on('exit', end));
    await this.send('Browser.close');
    await inTime(ended, 'the end of chromium');
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

// Runs `check` for each file, in one browser; prints what it returns, or what is wrong, and exits with 1.
export async function checkFiles(nodeFolder, files, check) {
  const browser = await Browser.start(nodeFolder);
  for (const file of files) {
    try {
      console.log(`${basename(file)}: ${await check(browser, file)} (${browser.version})`);
    } catch (error) {
      console.error(`${basename(file)}: ${error.message}`);
      process.exitCode = 1;
    }
  }
  await browser.stop();
}
