// node build_image.cjs INSTALLATION DRIVER OUTPUT
//
// Runs the driver once and saves what it leaves in memory. The driver prints `CLOSURE <address>`
// of a Lean closure String -> BaseIO String; when `main` has returned, the wasm stack is empty and
// linear memory, the stack pointer and the functions added to the table are the whole state.
// Writes OUTPUT/memory.bin and OUTPUT/image.json. On stdout one JSON object a line: every message
// of Lean's as it prints it, {"printed": ...} for other text, and {"built": ...} last. Exit 1 without that line: nothing was saved.
'use strict';
const fs = require('fs');
const path = require('path');
const { start } = require('./module.cjs');

const [installation, driver, output] = process.argv.slice(2);
const STACK = 16 * 1024 * 1024;
let closure = 0;
let guard = 0;

function files({ FS, NODEFS, ENV }) {
  FS.mkdir('/lean');
  FS.mkdir('/lean/lib');
  FS.mount(NODEFS, { root: path.join(installation, 'lib') }, '/lean/lib');
  FS.mkdirTree(installation);  // Lean asks for the real path of the folder it believes to be in
  FS.writeFile('/driver.lean', fs.readFileSync(driver));
  ENV.LEAN_PATH = '/lean/lib';
}

function print(text) {
  const found = /^CLOSURE (\d+)$/.exec(text);
  if (found) {
    closure = Number(found[1]);
    words()[closure >>> 2] = 0;  // reference count 0: persistent, never freed
  } else if (text.startsWith('{')) {
    emit(text);
  } else if (!text.startsWith('[DEBUG:')) {
    printErr(text);
  }
}

function printErr(text) {
  emit(JSON.stringify({ printed: text }));
}

function emit(text) {
  fs.writeSync(1, text + '\n');
}

function words() {
  return new Uint32Array(globalThis.LEAN_HOST.runtime.memory().buffer);
}

// The last byte that is not zero decides what is saved: fresh memory is zero anyway.
function used(bytes) {
  const all = new BigUint64Array(bytes.buffer);
  let end = all.length;
  while (end > 0 && all[end - 1] === 0n) end--;
  return Math.ceil((end * 8) / 65536) * 65536;
}

// The program brings a stack of 64 KiB that nothing guards, with its data right below: a deep
// recursion would write over it before V8's own stack is full. Give it one that V8 outlives.
function moveStack() {
  const { runtime } = globalThis.LEAN_HOST;
  const exports = runtime.exports();
  guard = exports.malloc(STACK) >>> 0;
  const base = (guard + STACK) & ~15;
  new Uint8Array(runtime.memory().buffer).fill(0, guard, base);  // the host watches its lower end
  exports.emscripten_stack_set_limits(base, guard);
  runtime.stackRestore(base);
}

function save() {
  const { runtime } = globalThis.LEAN_HOST;
  const all = new Uint8Array(runtime.memory().buffer);
  const bytes = used(all);
  const top = words()[runtime.exports().emscripten_get_sbrk_ptr() >>> 2];
  const file = fs.openSync(path.join(output, 'memory.bin'), 'w');
  for (let at = 0; at < bytes;) at += fs.writeSync(file, all, at, bytes - at, at);
  fs.closeSync(file);
  const image = {
    closure, bytes, top, guard, memory: all.length, stack: runtime.stackSave(),
    thread: runtime.exports().pthread_self(), table: runtime.table().length,
  };
  fs.writeFileSync(path.join(output, 'image.json'), JSON.stringify(image));
  emit(JSON.stringify({ built: { closure, bytes } }));
  process.exit(0);
}

function finish() {
  if (!closure) process.exit(1);
  save();
}

start(installation, {
  arguments: ['--json', '/driver.lean'],
  print,
  printErr,
  onAbort: () => process.exit(1),
  onRuntimeInitialized: moveStack,
  postRun: () => setImmediate(finish),
}, files);
