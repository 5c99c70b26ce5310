// node host.cjs INSTALLATION IMAGE VERSION
//
// Serves a memory image: one JSON request a line on stdin, one JSON reply a line on stdout
// (prover/lean/protocol.py). First line: {"ready":true,...}. A request with `fresh: true` is
// served by a Lean that has seen no other. When Lean traps, the image is laid anew and the reply
// has `trap`. What Lean prints goes to stderr, a limited amount for each request.
'use strict';
const fs = require('fs');
const path = require('path');
const { isUtf8 } = require('buffer');
const { Lean } = require('./image.cjs');
const { Lines, write } = require('./lines.cjs');
const { start } = require('./module.cjs');

const [installation, image, version] = process.argv.slice(2);
const GROWTH = 256 * 1024 * 1024;  // bytes allocated above the image at which it is laid anew
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

function reply(id, fields) {
  write(1, Buffer.from(JSON.stringify({ id, ok: false, ...fields }) + '\n'));
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

function answer(lean, line, id) {
  const start = performance.now();
  printed = 0;
  lastPrinted = '';
  try {
    write(1, lean.ask(line));
  } catch (error) {
    if (error?.code === 'EPIPE') process.exit(0);
    const trap = trapName(error);
    const trapped = performance.now();
    lean.lay();
    process.exitCode = 0;
    const [seconds, recovery] = [trapped - start, performance.now() - trapped];
    reply(id, { trap, seconds: seconds / 1000, recovery_ms: Math.round(recovery) });
  }
}

function serve(lean) {
  const lines = new Lines(0);
  for (let line = lines.next(); line !== null; line = lines.next()) {
    const request = line && parse(line);
    if (!request) {
      reply('', { kind: 'request', error: line ? 'not a JSON object' : 'the line is too long' });
      continue;
    }
    if (request.fresh === true && lean.served) lean.lay();
    answer(lean, line, request.id ?? '');
    // A file may hold more than a candidate does; whatever it did to this Lean ends with it.
    if (request.fresh === true || lean.growth() > GROWTH) lean.lay();
  }
  process.exit(0);
}

function main() {
  const instantiated = performance.now();
  const { runtime } = globalThis.LEAN_HOST;
  readOnly(runtime.files);
  const lean = new Lean(runtime, image);
  lean.lay();
  const ready = {
    ready: true, lean: version, compiled: !isNew,
    instantiate_ms: Math.round(instantiated), load_ms: Math.round(performance.now() - instantiated),
  };
  write(1, Buffer.from(JSON.stringify(ready) + '\n'));
  serve(lean);
}

// Lean's files live in this process, outside the image that is laid anew: none may be left behind.
function readOnly(FS) {
  for (const folder of ['/', '/tmp', '/home', '/home/web_user', '/dev', '/dev/shm', '/proc', '/proc/self']) {
    if (FS.analyzePath(folder).exists) FS.chmod(folder, 0o555);
  }
  FS.ignorePermissions = false;
}

const { memory } = JSON.parse(fs.readFileSync(path.join(image, 'image.json')));
const { isNew } = start(installation, {
  noInitialRun: true,
  INITIAL_MEMORY: memory,
  print,
  printErr: print,
  onRuntimeInitialized: () => setImmediate(main),
});
