// node host.cjs INSTALLATION IMAGE VERSION
//
// Serves a memory image: one JSON request a line on stdin, one JSON reply a line on stdout
// (prover/lean/protocol.py). First line: {"ready":true,...}. A request with `fresh: true` is
// served by a Lean that has seen no other. When Lean traps, the image is laid anew and the reply
// has `trap`. What Lean prints goes to stderr, a limited amount for each request.
//
// As a thread of lanes.cjs it is given the compiled program, gets requests as messages, and posts
// {line} for each line and {size}, the bytes of its linear memory, when they have become more.
'use strict';
const fs = require('fs');
const path = require('path');
const { isUtf8 } = require('buffer');
const { parentPort, workerData } = require('worker_threads');
const { Lean } = require('./image.cjs');
const { Lines, write } = require('./lines.cjs');
const { compile, start } = require('./module.cjs');

const [installation, image, version] = process.argv.slice(2);
const GROWTH = 256 * 1024 * 1024;  // bytes allocated above the image at which it is laid anew
const PAGE = 64 * 1024;
const PAGES = 32768;               // as lean.wasm declares
const PRINTED = 16 * 1024;         // bytes of Lean's own output passed on for one request

let printed = 0;
let lastPrinted = '';

function print(text) {
  lastPrinted = text;
  if (text.startsWith('[DEBUG:') || printed > PRINTED) return;
  const line = Buffer.from(text + '\n').subarray(0, PRINTED);
  printed += line.length;
  write(2, line);
}

function parse(line) {
  try {
    const request = isUtf8(line) ? JSON.parse(line.toString()) : null;
    return request && typeof request === 'object' && !Array.isArray(request) ? request : null;
  } catch {
    return null;
  }
}

function send(line) {
  if (parentPort) parentPort.postMessage({ line: new Uint8Array(line) });
  else write(1, line);
}

function sendJSON(object) {
  send(Buffer.from(JSON.stringify(object) + '\n'));
}

function reply(id, fields) {
  sendJSON({ id, ok: false, ...fields });
}

// What a trap was, in the words that a verdict's reason gets.
function trapName(error) {
  const text = `${error?.message ?? error}`;
  if (error instanceof RangeError || /call stack|[Ss]tack overflow/.test(text + lastPrinted)) {
    return 'stack overflow';
  }
  if (/out of memory|OOM|enlarge memory/i.test(text + lastPrinted)) return 'out of memory';
  return text.slice(0, 200);
}

// Seconds of this thread's own computing, which other work on the machine makes no longer.
function computed() {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}

// Lean's reply, an object on a line, with what it cost.
function withCost(line, cpu) {
  const end = line.lastIndexOf('}');
  return Buffer.concat([line.subarray(0, end), Buffer.from(`,"cpu":${cpu.toFixed(4)}}\n`)]);
}

function answer(lean, line, id) {
  const [start, before] = [performance.now(), computed()];
  printed = 0;
  lastPrinted = '';
  try {
    const found = lean.ask(line);
    send(withCost(found, computed() - before));
  } catch (error) {
    if (error?.code === 'EPIPE') process.exit(0);
    const trap = trapName(error);
    const [trapped, cpu] = [performance.now(), computed() - before];
    lean.lay();
    process.exitCode = 0;
    const [seconds, recovery] = [trapped - start, performance.now() - trapped];
    reply(id, { trap, seconds: seconds / 1000, cpu, recovery_ms: Math.round(recovery) });
  }
}

// `line` is '' where it was too long.
function serve(lean, line) {
  const request = line && parse(line);
  if (!request) {
    reply('', { kind: 'request', error: line ? 'not a JSON object' : 'the line is too long' });
    return;
  }
  if (request.fresh === true && lean.served) lean.lay();
  answer(lean, line, request.id ?? '');
  // A file may hold more than a candidate does; whatever it did to this Lean ends with it.
  if (request.fresh === true || lean.growth() > GROWTH) lean.lay();
}

function serveAll(lean) {
  if (parentPort) {
    parentPort.on('message', (line) => serve(lean, Buffer.from(line.buffer)));
    return;
  }
  const lines = new Lines(0);
  for (let line = lines.next(); line !== null; line = lines.next()) serve(lean, line);
  process.exit(0);
}

// From outside a thread's share of its process cannot be seen, so it tells.
function memoryOf(bytes) {
  const memory = new WebAssembly.Memory({ initial: bytes / PAGE, maximum: PAGES, shared: true });
  const grow = memory.grow.bind(memory);
  const tell = () => parentPort?.postMessage({ size: memory.buffer.byteLength });
  memory.grow = (pages) => {
    const before = grow(pages);
    tell();
    return before;
  };
  tell();
  return memory;
}

function main() {
  const instantiated = performance.now();
  const { runtime } = globalThis.LEAN_HOST;
  readOnly(runtime.files);
  const lean = new Lean(runtime, image);
  lean.lay();
  const ready = {
    ready: true, lean: version, compiled: !program.isNew,
    instantiate_ms: Math.round(instantiated), load_ms: Math.round(performance.now() - instantiated),
  };
  sendJSON(ready);
  serveAll(lean);
}

// Lean's files live in this process, outside the image that is laid anew: none may be left behind.
function readOnly(FS) {
  for (const folder of ['/', '/tmp', '/home', '/home/web_user', '/dev', '/dev/shm', '/proc', '/proc/self']) {
    if (FS.analyzePath(folder).exists) FS.chmod(folder, 0o555);
  }
  FS.ignorePermissions = false;
}

const { memory } = JSON.parse(fs.readFileSync(path.join(image, 'image.json')));
const program = workerData ?? compile(installation);
start(installation, program, {
  noInitialRun: true,
  INITIAL_MEMORY: memory,
  wasmMemory: memoryOf(memory),
  print,
  printErr: print,
  onRuntimeInitialized: () => setImmediate(main),
});
