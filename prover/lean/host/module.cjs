// The Emscripten program lean.js, set up for our host.
'use strict';
const fs = require('fs');
const path = require('path');
const code = require('./code.cjs');
const { Symbols } = require('./symbols.cjs');

// lean.wasm is 116 MB: V8 keeps a copy, ours is given up at once and not when it is collected.
function compile(installation) {
  const wasm = fs.readFileSync(path.join(installation, 'lean.wasm'));
  const kept = code.load(installation, wasm);
  const compiled = kept ?? new WebAssembly.Module(wasm);
  wasm.buffer.transfer(0);
  return { compiled, isNew: !kept };
}

// Starts lean.js with an Emscripten module object and what the patches ask the host for.
function start(installation, module, files) {
  const symbols = new Symbols(path.join(installation, 'lean.symbols'));
  const { compiled, isNew } = compile(installation);
  globalThis.LEAN_HOST = {
    files,
    symbol: (name) => symbols.find(name),
    module: {
      noExitRuntime: true,
      stdin: () => null,
      instantiateWasm: (imports, done) => {
        done(new WebAssembly.Instance(compiled, imports), compiled);
      },
      ...module,
    },
  };
  require(path.join(installation, 'lean.js'));
  return { compiled, isNew };
}

module.exports = { start };
