// The Emscripten program lean.js, set up for our host.
'use strict';
const fs = require('fs');
const path = require('path');
const code = require('./code.cjs');
const { replaceInvokes } = require('./invoke.cjs');
const { Symbols } = require('./symbols.cjs');

// lean.wasm is 116 MB: V8 keeps a copy, ours is given up at once and not when it is collected.
function compile(installation) {
  const wasm = fs.readFileSync(path.join(installation, 'lean.wasm'));
  const kept = code.load(installation, wasm);
  const compiled = kept ?? new WebAssembly.Module(wasm);
  wasm.buffer.transfer(0);
  return { compiled, isNew: !kept };
}

// An instance whose invoke_* functions are WebAssembly; they share its table and stack pointer.
function instantiate(installation, compiled, imports, building) {
  const begin = JSON.parse(fs.readFileSync(path.join(installation, 'manifest.json'))).imports;
  const { env } = imports;
  env.__indirect_function_table = new WebAssembly.Table({ element: 'anyfunc', initial: begin.table });
  env.__stack_pointer = new WebAssembly.Global({ value: 'i32', mutable: true }, begin.stack);
  let instance;
  const threw = (thrown) => {
    if (typeof thrown !== 'number') throw thrown;  // not C++'s
    instance.exports.setThrew(1, 0);
  };
  replaceInvokes(env, threw, building);
  instance = new WebAssembly.Instance(compiled, imports);
  return instance;
}

// For `start`, of a Lean that runs its own `main` on a file: sees the library and a copy of the file.
function libraryAnd(installation, source, name) {
  return ({ FS, NODEFS, ENV }) => {
    FS.mkdir('/lean');
    FS.mkdir('/lean/lib');
    FS.mount(NODEFS, { root: path.join(installation, 'lib') }, '/lean/lib');
    FS.mkdirTree(installation);  // Lean asks for the real path of the folder it believes to be in
    FS.writeFile(name, fs.readFileSync(source));
    ENV.LEAN_PATH = '/lean/lib';
  };
}

// Starts lean.js with an Emscripten module object and what the patches ask the host for. `files`
// mounts folders, which only whoever builds an image does.
function start(installation, { compiled }, module, files) {
  const symbols = new Symbols(path.join(installation, 'lean.symbols'));
  globalThis.LEAN_HOST = {
    files,
    symbol: (name) => symbols.find(name),
    module: {
      noExitRuntime: true,
      stdin: () => null,
      instantiateWasm: (imports, done) => {
        done(instantiate(installation, compiled, imports, Boolean(files)), compiled);
      },
      ...module,
    },
  };
  require(path.join(installation, 'lean.js'));
}

module.exports = { compile, libraryAnd, start };
