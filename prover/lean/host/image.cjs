// A Lean whose whole state is a memory image: laid over linear memory, asked by a closure.
'use strict';
const fs = require('fs');
const path = require('path');

// Layout of a Lean object on a 32-bit machine: reference count at 0 (0 is persistent); a string
// has its size, with the final NUL, at 8 and its bytes at 20.
const STRING_SIZE = 8;
const STRING_BYTES = 20;
const GUARD_WORDS = 1024;
const ZEROS = new Uint8Array(64 * 1024);
const WORLD = 1;  // the token that an `IO` function takes as its last argument

// Makes memory zero without touching what is: an untouched page takes no room in the machine.
function clear(all, from, to) {
  for (let at = from; at < to; at += ZEROS.length) {
    const block = all.subarray(at, Math.min(at + ZEROS.length, to));
    if (Buffer.compare(block, ZEROS.subarray(0, block.length)) !== 0) block.fill(0);
  }
}

class Lean {
  constructor(runtime, folder) {
    this.runtime = runtime;
    this.exports = runtime.exports();
    this.image = JSON.parse(fs.readFileSync(path.join(folder, 'image.json')));
    this.file = fs.openSync(path.join(folder, 'memory.bin'), 'r');
    this.breakAt = this.exports.emscripten_get_sbrk_ptr() >>> 2;
    this.served = 0;
    this.used = 0;  // end of what may be not zero above the image
    this.check();
  }

  // The image belongs to exactly this program: where it does not fit, say so before serving.
  check() {
    const { runtime, image } = this;
    const size = fs.fstatSync(this.file).size;
    if (runtime.table().length !== image.table) throw new Error('the function table differs');
    if (this.exports.pthread_self() !== image.thread) throw new Error('the main thread differs');
    if (size !== image.parts.at(-1)[1]) throw new Error('memory.bin is cut short');
  }

  bytes() {
    return new Uint8Array(this.runtime.memory().buffer);
  }

  words() {
    return new Uint32Array(this.runtime.memory().buffer);
  }

  // Bytes allocated above the image; falls to 0 when the image is laid anew.
  growth() {
    return this.words()[this.breakAt] - this.image.top;
  }

  // Straight from the page cache, which all processes share; as fast as a copy in memory.
  lay() {
    const all = this.bytes();
    const { parts, top, stack } = this.image;
    let end = 0;
    for (const [from, to] of parts) {
      clear(all, end, from);
      this.read(all, from, to);
      end = to;
    }
    clear(all, end, Math.max(top, this.used));
    this.used = 0;
    this.runtime.stackRestore(stack);
    this.served = 0;
  }

  read(all, from, to) {
    for (let at = from; at < to;) {
      const n = fs.readSync(this.file, all, at, to - at, at);
      if (n === 0) throw new Error('memory.bin is cut short');
      at += n;
    }
  }

  // The reply to one request, as a line. Throws what Lean throws when it traps.
  ask(line) {
    this.served++;
    try {
      const answer = this.exports.lean_apply_2(this.image.closure, this.string(line), WORLD) >>> 0;
      const from = answer + STRING_BYTES;
      const size = this.words()[(answer + STRING_SIZE) >>> 2];
      const reply = Buffer.from(this.bytes().slice(from, from + size));
      reply[size - 1] = 10;  // the final NUL becomes the end of the line
      this.release(answer);
      this.checkGuard();
      return reply;
    } finally {
      this.used = Math.max(this.used, this.words()[this.breakAt]);
    }
  }

  // The stack's lower end must be untouched: what lies below it may have been written over.
  checkGuard() {
    const from = this.image.guard >>> 2;
    const guard = this.words().subarray(from, from + GUARD_WORDS);
    if (guard.some((word) => word !== 0)) throw new RangeError('stack overflow');
  }

  string(line) {
    const { malloc, free, lean_mk_string } = this.exports;
    const at = malloc(line.length + 1) >>> 0;
    if (!at) throw new Error('out of memory');
    const all = this.bytes();
    all.set(line, at);
    all[at + line.length] = 0;
    const made = lean_mk_string(at);
    free(at);
    return made;
  }

  release(object) {
    const counts = new Int32Array(this.runtime.memory().buffer);
    const at = object >>> 2;
    if (counts[at] > 1) counts[at]--;
    else if (counts[at] !== 0) this.exports.lean_dec_ref_cold(object);
  }
}

module.exports = { Lean };
