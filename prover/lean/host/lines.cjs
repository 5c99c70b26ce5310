// Lines in and out of blocking or non-blocking descriptors, without an event loop.
'use strict';
const fs = require('fs');

const MAX_LINE = 64 * 1024 * 1024;  // as in prover/lean/protocol.py
const CHUNK = 1024 * 1024;
const PAUSE_MS = 2;

function pause() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}

// The result of `act`, tried again while the other side is not ready.
function patiently(act) {
  for (;;) {
    try {
      return act();
    } catch (error) {
      if (error.code === 'EOF') return 0;
      if (error.code !== 'EAGAIN') throw error;
      pause();
    }
  }
}

function write(fd, buffer) {
  for (let at = 0; at < buffer.length;) {
    at += patiently(() => fs.writeSync(fd, buffer, at, buffer.length - at));
  }
}

class Lines {
  constructor(fd) {
    this.fd = fd;
    this.chunk = Buffer.allocUnsafe(CHUNK);
    this.rest = this.chunk.subarray(0, 0);
  }

  // The next line without its end; '' for one that is too long; null at the end of input.
  next() {
    const parts = [];
    let length = 0;
    for (;;) {
      const end = this.rest.indexOf(10);
      const part = end < 0 ? this.rest : this.rest.subarray(0, end);
      length += part.length;
      if (length <= MAX_LINE) parts.push(Buffer.from(part));
      if (end >= 0) {
        this.rest = this.rest.subarray(end + 1);
        return length > MAX_LINE ? '' : Buffer.concat(parts);
      }
      const n = patiently(() => fs.readSync(this.fd, this.chunk, 0, CHUNK, null));
      if (n === 0) return null;
      this.rest = this.chunk.subarray(0, n);
    }
  }
}

module.exports = { Lines, write };
