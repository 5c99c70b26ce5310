// The machine code that V8 has made of lean.wasm, kept in a file of the installation.
//
// V8 compiles a function plainly when it is first called and optimises it when it is called often.
// What one process that was asked a bit of everything (keep_code.cjs) has optimised is kept. V8 takes it back
// only where its version, its flags and the processor's features are the same; elsewhere it says no
// and compiles anew, slower and to the same effect. Needs --allow-natives-syntax.
'use strict';
const fs = require('fs');
const path = require('path');

function file(folder) {
  return path.join(folder, `code-${process.version}.bin`);
}

// lean.wasm with the code kept for it, or undefined.
function load(installation, wasm) {
  let kept;
  try {
    kept = fs.readFileSync(file(installation));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
  const compiled = %DeserializeWasmModule(kept.buffer, wasm);
  kept.buffer.transfer(0);  // 46 MB that would wait for a collection
  return compiled;
}

function keep(folder, compiled) {
  %FlushLiftoffCode();  // or V8 would compile all those functions, needed or not, at every start
  fs.writeFileSync(file(folder), Buffer.from(%SerializeWasmModule(compiled)));
}

module.exports = { keep, load };
