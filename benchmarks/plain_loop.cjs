// node plain_loop.cjs INSTALLATION FILE
//
// Runs Lean's own program on FILE, whose metaprogram serves requests on stdin. No memory image.
'use strict';
const fs = require('fs');
const { compile, libraryAnd, start } = require('../prover/lean/host/module.cjs');

const [installation, file] = process.argv.slice(2);
const CHUNK = 65536;
const chunk = Buffer.alloc(CHUNK);
let waiting = [];  // bytes of a line that Lean has not read yet
let ended = false;

function readLine() {
  const parts = [];
  do {
    const n = fs.readSync(0, chunk, 0, CHUNK, null);
    if (n === 0) process.exit(0);
    parts.push(Buffer.from(chunk.subarray(0, n)));
  } while (parts[parts.length - 1].at(-1) !== 10);  // one request at a time: nothing follows it
  const line = Buffer.concat(parts);
  // Lean reads an even number of bytes at a time. Of an odd line the last read falls short, so
  // that the null which ends it is never the first thing in a read: that would be an end of file.
  return line.length % 2 ? line : Buffer.concat([line.subarray(0, -1), Buffer.from(' \n')]);
}

function stdin() {
  if (ended) {
    ended = false;
    return null;
  }
  if (!waiting.length) waiting = [...readLine()].reverse();
  const byte = waiting.pop();
  ended = !waiting.length;
  return byte;
}

function print(text) {
  if (!text.startsWith('[DEBUG:')) fs.writeSync(1, text + '\n');
}

const program = { arguments: ['--json', '/loop.lean'], stdin, print, printErr: print };
start(installation, compile(installation), program, libraryAnd(installation, file, '/loop.lean'));
