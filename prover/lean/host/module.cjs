// The Emscripten program lean.js, set up for our host.
'use strict';
const fs = require('fs');
const path = require('path');
const { replaceInvokes } = require('./invoke.cjs');
const { Symbols } = require('./symbols.cjs');

// lean.wasm is 116 MB: V8 keeps a copy, ours is given up at once and not when it is collected.
function compile(file) {
  const bytes = fs.readFileSync(file);
  const compiled = new WebAssembly.Module(bytes);
  bytes.buffer.transfer(0);
  return compiled;
}

// What lean.wasm shares with the module of its invoke_* functions.
function shareImports(installation, env, threw, building) {
  const { imports } = JSON.parse(fs.readFileSync(path.join(installation, 'manifest.json')));
  env.__indirect_function_table = new WebAssembly.Table({ element: 'anyfunc', initial: imports.table });
  env.__stack_pointer = new WebAssembly.Global({ value: 'i32', mutable: true }, imports.stack);
  replaceInvokes(env, threw, building);
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
        let instance;
        shareImports(installation, imports.env, (thrown) => {
          if (typeof thrown !== 'number') throw thrown;
          instance.exports.setThrew(1, 0);
        }, Boolean(files));
        instance = new WebAssembly.Instance(compiled, imports);
        done(instance, compiled);
      },
      ...module,
    },
  };
  require(path.join(installation, 'lean.js'));
}

module.exports = { start };
