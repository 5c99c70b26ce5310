// Emscripten's invoke_* functions as WebAssembly instead of JavaScript.
//
// C++ that may meet an exception calls through invoke_SIGNATURE(index, ...): call the function at
// this place of the table and note if it threw. As published that goes out to JavaScript and back
// in, a quarter of the time of a kernel check. Here one small module has a function for each
// signature that catches JavaScript's exceptions itself.
'use strict';

const TYPES = { i: 0x7f, j: 0x7e, f: 0x7d, d: 0x7c };
const ZERO = { v: [], i: [0x41, 0], j: [0x42, 0], f: [0x43, 0, 0, 0, 0], d: [0x44, 0, 0, 0, 0, 0, 0, 0, 0] };
const FUNC = 0x60, FUNCREF = 0x70, EXTERNREF = 0x6f, NO_RESULT = 0x40;
const GET = 0x20, SET = 0x21, GLOBAL_GET = 0x23, GLOBAL_SET = 0x24, TABLE_GET = 0x25;
const TRY = 0x06, CATCH = 0x07, IF = 0x04, ELSE = 0x05, END = 0x0b, CALL = 0x10, CALL_INDIRECT = 0x11;
const REF_TEST = [0xfb, 0x14];

function integer(n) {
  const bytes = [];
  for (; n > 0x7f; n >>>= 7) bytes.push(n & 0x7f | 0x80);
  return [...bytes, n];
}

function signed(n) {
  const bytes = integer(n);
  const last = bytes.pop();
  return last & 0x40 ? [...bytes, last | 0x80, 0] : [...bytes, last];
}

const sized = (bytes) => [...integer(bytes.length), ...bytes];
const list = (entries) => [...integer(entries.length), ...entries.flat()];
const section = (id, entries) => [id, ...sized(list(entries))];
const name = (text) => sized(Buffer.from(text));

// `viij`: no result; the arguments i, i, j.
function signature(text, first) {
  const results = text[0] === 'v' ? [] : [[TYPES[text[0]]]];
  return [FUNC, ...list([...first, ...[...text.slice(1)].map((t) => TYPES[t])].map((t) => [t])), ...list(results)];
}

// invoke(index, ...): table[index](...), or 0 after `threw` has been told what was thrown.
function invoke(text, type, fallback) {
  const given = [...text.slice(1)].flatMap((_, i) => [GET, ...integer(i + 1)]);
  const stack = integer(text.length);  // the one local after index and arguments
  const result = TYPES[text[0]] ?? NO_RESULT;
  const call = [
    TRY, result, ...given, GET, 0, CALL_INDIRECT, ...integer(type), 0,
    CATCH, 0, GET, ...stack, GLOBAL_SET, 0, CALL, 0, ...ZERO[text[0]], END,
  ];
  const other = fallback === undefined ? call : [
    GET, 0, TABLE_GET, 0, ...REF_TEST, ...signed(type), IF, result, ...call,
    ELSE, GET, 0, ...given, CALL, ...integer(fallback), END,
  ];
  return sized([1, 1, TYPES.i, GLOBAL_GET, 0, SET, ...stack, ...other, END]);
}

function moduleOf(signatures, checked) {
  const own = (i) => integer(1 + 2 * i + 1);
  const imported = signatures.map((s, i) => [...name('js'), ...name(s), 0, ...own(i)]);
  const first = 1 + (checked ? signatures.length : 0);
  return new Uint8Array([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [
      [FUNC, 1, EXTERNREF, 0],
      ...signatures.flatMap((s) => [signature(s, []), signature(s, [TYPES.i])]),
    ]),
    ...section(2, [
      [...name('env'), ...name('table'), 1, FUNCREF, 0, 0],
      [...name('env'), ...name('stack'), 3, TYPES.i, 1],
      [...name('env'), ...name('thrown'), 4, 0, 0],
      [...name('env'), ...name('threw'), 0, 0],
      ...(checked ? imported : []),
    ]),
    ...section(3, signatures.map((_, i) => own(i))),
    ...section(7, signatures.map((s, i) => [...name(s), 0, ...integer(first + i)])),
    ...section(10, signatures.map((s, i) => invoke(s, 1 + 2 * i, checked ? 1 + i : undefined))),
  ]);
}

// Replaces the invoke_* functions among `env`, the imports of lean.wasm. `threw(e)` notes an
// exception of C++ and throws any other on. JavaScript would also call a function by another
// signature than its own, as C's start-up does with `main`: `checked` leaves such calls to it.
function replaceInvokes(env, threw, checked) {
  const named = Object.keys(env).filter((key) => /^invoke_[vijfd]+$/.test(key));
  const signatures = named.map((key) => key.slice('invoke_'.length));
  const js = Object.fromEntries(signatures.map((s, i) => [s, env[named[i]]]));
  const module = new WebAssembly.Module(moduleOf(signatures, checked));
  const { exports } = new WebAssembly.Instance(module, {
    js,
    env: { table: env.__indirect_function_table, stack: env.__stack_pointer, thrown: WebAssembly.JSTag, threw },
  });
  signatures.forEach((s, i) => { env[named[i]] = exports[s]; });
}

module.exports = { replaceInvokes };
