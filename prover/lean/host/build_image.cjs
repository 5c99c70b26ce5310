// node build_image.cjs INSTALLATION DRIVER OUTPUT
//
// Runs the driver once and saves what it leaves in memory. The driver prints `CLOSURE <address>`
// of a Lean closure String -> BaseIO String; when `main` has returned, the wasm stack is empty and
// linear memory, the stack pointer and the functions added to the table are the whole state.
// Writes OUTPUT/memory.bin and OUTPUT/image.json. On stdout one JSON object a line: every message of
// Lean's as it prints it, {"printed": ...} for other text, and {"built": ...} last. Exit 1 without
// that line: nothing was saved.
'use strict';
const fs = require('fs');
const path = require('path');
const { compile, libraryAnd, start } = require('./module.cjs');

const [installation, driver, output] = process.argv.slice(2);
const STACK = 16 * 1024 * 1024;
const BLOCK = 2048;  // words of 64 bits that are saved or left out together
let closure = 0;
let guard = 0;

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

// Where memory is not zero, as [from, to] in bytes: fresh memory is zero anyway.
function parts(words) {
  const found = [];
  for (let at = 0; at < words.length; at += BLOCK) {
    if (words.subarray(at, at + BLOCK).every((word) => word === 0n)) continue;
    const [from, to] = [at * 8, Math.min(at + BLOCK, words.length) * 8];
    if (found.at(-1)?.[1] === from) found.at(-1)[1] = to;
    else found.push([from, to]);
  }
  return found;
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
  const filled = parts(new BigUint64Array(all.buffer));
  const top = words()[runtime.exports().emscripten_get_sbrk_ptr() >>> 2];
  const file = fs.openSync(path.join(output, 'memory.bin'), 'w');
  for (let [at, to] of filled) {
    while (at < to) at += fs.writeSync(file, all, at, to - at, at);
  }
  fs.closeSync(file);
  const image = {
    closure, parts: filled, top, guard, memory: all.length, stack: runtime.stackSave(),
    thread: runtime.exports().pthread_self(), table: runtime.table().length,
  };
  fs.writeFileSync(path.join(output, 'image.json'), JSON.stringify(image));
  return { closure, parts: filled.length };
}

function finish() {
  if (!closure) process.exit(1);
  emit(JSON.stringify({ built: save() }));
  process.exit(0);
}

start(installation, compile(installation), {
  arguments: ['--json', '/driver.lean'],
  print,
  printErr,
  onAbort: () => process.exit(1),
  onRuntimeInitialized: moveStack,
  postRun: () => setImmediate(finish),
}, libraryAnd(installation, driver, '/driver.lean'));
