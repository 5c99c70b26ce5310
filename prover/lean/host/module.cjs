// The Emscripten program lean.js, set up for our host.
'use strict';
const fs = require('fs');
const path = require('path');
const { Symbols } = require('./symbols.cjs');

// lean.wasm is 116 MB: V8 keeps a copy, ours is given up at once and not when it is collected.
function compile(file) {
  const bytes = fs.readFileSync(file);
  const compiled = new WebAssembly.Module(bytes);
  bytes.buffer.transfer(0);
  return compiled;
}

// Starts lean.js with an Emscripten module object and what the patches ask the host for.
function start(installation, module, files) {
  const symbols = new Symbols(path.join(installation, 'lean.symbols'));
  globalThis.LEAN_HOST = {
    files,
    symbol: (name) => symbols.find(name),
    module: {
      noExitRuntime: true,
      stdin: () => null,
      instantiateWasm: (imports, done) => {
        const compiled = compile(path.join(installation, 'lean.wasm'));
        done(new WebAssembly.Instance(compiled, imports), compiled);
      },
      ...module,
    },
  };
  require(path.join(installation, 'lean.js'));
}

module.exports = { start };
