// node lanes.cjs INSTALLATION IMAGE VERSION STACK_MB
//
// Serves one memory image in several threads, the lanes, each with its own linear memory: lean.wasm
// and its compiled code are there once. On stdin, a line each:
//   +N          begin lane N; a number is never used again
//   -N          end it, whatever it is doing
//   N REQUEST   as on host.cjs's stdin
// On stdout:
//   N LINE      what host.cjs would write, the ready line first
//   =N BYTES    its linear memory is this large now
//   -N WHY      it has ended
'use strict';
const path = require('path');
const { Worker } = require('worker_threads');
const { write } = require('./lines.cjs');
const { compile } = require('./module.cjs');

const [installation, image, version, stackMb] = process.argv.slice(2);
const program = compile(installation);
const lanes = new Map();

function say(text) {
  write(1, Buffer.from(text + '\n'));
}

function begin(number) {
  let why = 'ended';
  const lane = new Worker(path.join(__dirname, 'host.cjs'), {
    argv: [installation, image, version],
    env: {},
    workerData: program,
    resourceLimits: { stackSizeMb: Number(stackMb) },
  });
  lanes.set(number, lane);
  lane.on('message', ({ line, size }) => {
    if (line) write(1, Buffer.concat([Buffer.from(`${number} `), line]));
    else say(`=${number} ${size}`);
  });
  lane.on('error', (error) => { why = `${error?.message ?? error}`.replaceAll('\n', ' ').slice(0, 500); });
  lane.on('exit', () => {
    lanes.delete(number);
    say(`-${number} ${why}`);
  });
}

function obey(line) {
  const [sign, digits] = /^([+-]?)(\d+)/.exec(line.toString('latin1', 0, 20)).slice(1);
  const number = Number(digits);
  if (sign === '+') begin(number);
  else if (sign === '-') lanes.get(number)?.terminate();
  else lanes.get(number)?.postMessage(new Uint8Array(line.subarray(digits.length + 1)));
}

let parts = [];  // of a line whose end has not come yet
process.stdin.on('data', (chunk) => {
  for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10)) {
    obey(Buffer.concat([...parts, chunk.subarray(0, end)]));
    parts = [];
    chunk = chunk.subarray(end + 1);
  }
  if (chunk.length) parts.push(chunk);
});
process.stdin.on('end', () => process.exit(0));
