// Where a name of the program is: a function's index in the table, or the address of data.
'use strict';
const fs = require('fs');
const { crc32 } = require('zlib');

const BUCKETS = 8192;    // as in prover/lean/embedded/wasm.py, which says how the file is made
const REMEMBERED = 1e5;  // names whose place is kept; a name that is not there is remembered too

class Symbols {
  constructor(file) {
    this.file = fs.openSync(file, 'r');
    this.known = new Map();
    this.offsets = new Uint32Array(this.read(0, 4 * (BUCKETS + 1)).buffer);
  }

  read(from, to) {
    const bytes = Buffer.from(new ArrayBuffer(to - from));
    if (fs.readSync(this.file, bytes, 0, to - from, from) !== to - from) {
      throw new Error('lean.symbols is cut short');
    }
    return bytes;
  }

  // 0 where there is no such name.
  find(name) {
    let place = this.known.get(name);
    if (place === undefined) {
      place = this.search(name);
      if (this.known.size >= REMEMBERED) this.known.clear();
      this.known.set(name, place);
    }
    return place;
  }

  search(name) {
    const bucket = crc32(name) % BUCKETS;
    const list = this.read(this.offsets[bucket], this.offsets[bucket + 1]);
    const at = list.indexOf(`\n${name} `);
    return at < 0 ? 0 : parseInt(list.toString('latin1', at + name.length + 2), 10);
  }
}

module.exports = { Symbols };
