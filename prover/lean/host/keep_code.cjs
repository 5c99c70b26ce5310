// node keep_code.cjs INSTALLATION IMAGE OUTPUT
//
// Asks a new Lean a bit of everything (warm.cjs) and writes to OUTPUT what V8 has compiled by then
// (code.cjs).
'use strict';
const fs = require('fs');
const path = require('path');
const code = require('./code.cjs');
const { Lean } = require('./image.cjs');
const { compile, start } = require('./module.cjs');
const { warm } = require('./warm.cjs');

const [installation, image, output] = process.argv.slice(2);
const { memory } = JSON.parse(fs.readFileSync(path.join(image, 'image.json')));
const program = compile(installation);

function main() {
  const lean = new Lean(globalThis.LEAN_HOST.runtime, image);
  lean.lay();
  warm(lean);
  code.keep(output, program.compiled);
  process.exit(0);
}

start(installation, program, {
  noInitialRun: true,
  INITIAL_MEMORY: memory,
  print: () => {},
  printErr: () => {},
  onRuntimeInitialized: () => setImmediate(main),
});
