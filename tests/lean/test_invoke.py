"""The invoke_* functions that are WebAssembly, in Node, on a module made by hand."""

from __future__ import annotations

import json
import subprocess

import pytest

from prover.lean.embedded import wasm
from prover.lean.embedded.places import HOST, node
from tests.lean.test_wasm import section, text

TYPE = b"\x60\2\x7f\x7f\1\x7f"  # (i32, i32) -> i32


def body(code: bytes) -> bytes:
    inner = b"\0" + code + b"\x0b"
    return wasm.integer(len(inner)) + inner


MODULE = (
    wasm.MAGIC
    + section(1, TYPE)
    + section(2, text("env") + text("f") + b"\0\0")
    + section(3, b"\0", b"\0")
    + section(7, text("minus") + b"\0\1", text("calls") + b"\0\2")
    + section(10, body(b"\x20\0\x20\1\x6b"), body(b"\x20\0\x20\1\x10\0"))
)
"""`minus` subtracts; `calls` calls JavaScript."""

SCRIPT = """
const { replaceInvokes } = require(process.argv[1]);
const checked = process.argv[3] === 'checked';
let thrown;
const f = (a, b) => { env.__stack_pointer.value = 1; if (a) throw thrown; return b; };
const module = new WebAssembly.Module(Buffer.from(process.argv[2], 'hex'));
const { exports } = new WebAssembly.Instance(module, { env: { f } });
const table = new WebAssembly.Table({ element: 'anyfunc', initial: 3 });
table.set(1, exports.minus);
table.set(2, exports.calls);
const told = [];
const env = {
  f,
  __indirect_function_table: table,
  __stack_pointer: new WebAssembly.Global({ value: 'i32', mutable: true }, 500),
  invoke_iii: () => 'never',
  invoke_i: (at) => table.get(at)(),
  invoke_vjfd: () => {},
};
replaceInvokes(env, (e) => { if (typeof e !== 'number') throw e; told.push(e); }, checked);
const out = { difference: env.invoke_iii(1, 7, 3) };
thrown = 4711;
out.caught = env.invoke_iii(2, 1, 5);
out.told = told;
out.stack = env.__stack_pointer.value;
out.returned = env.invoke_iii(2, 0, 5);
const kind = (act) => { try { return act(); } catch (e) { return e.constructor.name; } };
thrown = new RangeError('a trap of the host');
out.passedOn = kind(() => env.invoke_iii(2, 1, 5));
out.otherSignature = kind(() => env.invoke_i(1));
out.empty = kind(() => env.invoke_iii(0, 1, 5));
console.log(JSON.stringify(out));
"""


@pytest.mark.parametrize("mode", ["checked", "plain"])
def test_invokes(mode: str) -> None:
    argv = [str(node()), "-e", SCRIPT, str(HOST / "invoke.cjs"), MODULE.hex(), mode]
    out = json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)
    assert out["difference"] == 4
    assert (out["caught"], out["told"], out["stack"]) == (0, [4711], 500)
    assert out["returned"] == 5
    assert out["passedOn"] == "RangeError"
    assert out["otherSignature"] == (0 if mode == "checked" else "RuntimeError")
    assert out["empty"] == (0 if mode == "checked" else "RuntimeError")
