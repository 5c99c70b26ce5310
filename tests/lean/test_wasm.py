"""lean.wasm with few exports, on a module made by hand; what it means is Node's to say."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.errors import SetupError
from prover.lean.embedded import wasm
from prover.lean.embedded.places import HOST, node


def section(number: int, *entries: bytes) -> bytes:
    content = wasm.integer(len(entries)) + b"".join(entries)
    return bytes([number]) + wasm.integer(len(content)) + content


def text(value: str) -> bytes:
    return wasm.integer(len(value)) + value.encode()


def constant(value: int) -> bytes:
    return b"\x41" + wasm.signed(value) + b"\x0b"


def export(name: str, kind: int, index: int) -> bytes:
    return text(name) + bytes([kind]) + wasm.integer(index)


def function(result: int) -> bytes:
    body = b"\0" + constant(result)
    return wasm.integer(len(body)) + body


TYPES = section(1, b"\x60\0\1\x7f")
IMPORTS = section(
    2,
    text("env") + text("f") + b"\0\0",
    text("env") + text("memory") + b"\2\3\1\2",
    text("GOT.func") + text("g") + b"\3\x7f\1",
)
TABLE = section(4, b"\x70\0\3")
GLOBALS = section(6, b"\x7f\1" + constant(500), b"\x7f\0" + constant(70_000))
EXPORTS = (
    export("two", 0, 2),
    export("three", 0, 3),
    export("three_again", 0, 3),
    export("four", 0, 4),
    export("table", 1, 0),
    export("stack", 3, 1),
    export("data", 3, 2),
)
ELEMENTS = section(9, b"\0" + constant(1) + b"\2\1\3")
CODE = section(10, *(function(10 * n) for n in (1, 2, 3, 4)))


def module(**changed: bytes) -> bytes:
    """Function n (of 1 to 4; 0 is imported) returns 10 n; the table holds 1 and 3 at 1 and 2."""
    parts = {
        "types": TYPES,
        "imports": IMPORTS,
        "functions": section(3, b"\0", b"\0", b"\0", b"\0"),
        "table": TABLE,
        "globals": GLOBALS,
        "exports": section(7, *EXPORTS),
        "elements": ELEMENTS,
        "code": CODE,
    }
    return wasm.MAGIC + b"".join((parts | changed).values())


def test_every_name_has_a_place() -> None:
    _, symbols = wasm.few_exports(module(), [])
    assert symbols == {b"two": 3, b"three": 2, b"three_again": 2, b"four": 4, b"data": 70_000}


def test_the_places_hold_the_functions(tmp_path: Path) -> None:
    code, _ = wasm.few_exports(module(), ["table", "four", "not there"])
    (tmp_path / "few.wasm").write_bytes(code)
    script = """
      const code = require('fs').readFileSync(process.argv[1]);
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
      const g = new WebAssembly.Global({ value: 'i32', mutable: true }, 0);
      const module = new WebAssembly.Module(code);
      const imports = { env: { f: () => 0, memory }, 'GOT.func': { g } };
      const { exports } = new WebAssembly.Instance(module, imports);
      const held = [1, 2, 3, 4].map((at) => exports.table.get(at)());
      console.log(JSON.stringify([Object.keys(exports), exports.table.length, held]));
    """
    out = run(script, tmp_path / "few.wasm")
    assert out == [["four", "table"], 5, [10, 30, 20, 40]]


def test_table_and_stack_pointer_are_shared(tmp_path: Path) -> None:
    code, begin = wasm.shared(module())
    assert begin == {"table": 3, "stack": 500}
    (tmp_path / "shared.wasm").write_bytes(code)
    script = """
      const code = require('fs').readFileSync(process.argv[1]);
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
      const i32 = (value) => new WebAssembly.Global({ value: 'i32', mutable: true }, value);
      const table = new WebAssembly.Table({ element: 'anyfunc', initial: 3 });
      const env = { f: () => 0, memory, __indirect_function_table: table };
      env.__stack_pointer = i32(500);
      const imports = { env, 'GOT.func': { g: i32(0) } };
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), imports);
      env.__stack_pointer.value = 7;
      const held = [1, 2].map((at) => table.get(at)());
      const { stack, data } = exports;
      console.log(JSON.stringify([held, exports.table === table, stack.value, data.value]));
    """
    assert run(script, tmp_path / "shared.wasm") == [[10, 30], True, 7, 70_000]


def run(script: str, *arguments: object) -> object:
    argv = [str(node()), "-e", script, *map(str, arguments)]
    return json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize(
    "changed",
    [
        {"elements": section(9, b"\0" + constant(1) + b"\1\1", b"\1\0\1\1")},
        {"elements": section(9, b"\0\x23\0\x0b\1\1")},
        {"elements": b""},
        {"table": section(4, b"\x70\1\3\3")},
        {"table": section(4, b"\x70\0\3", b"\x70\0\3")},
        {"globals": section(6, b"\x7f\0\x23\0\x6a\x0b")},
        {"exports": b"\7\3\5\1a"},
    ],
    ids=["segments", "offset", "no segment", "table", "tables", "global", "cut short"],
)
def test_a_module_built_otherwise_is_refused(changed: dict[str, bytes]) -> None:
    with pytest.raises(SetupError, match="lean.wasm is not built as expected"):
        wasm.few_exports(module(**changed), [])


def test_no_module_at_all() -> None:
    with pytest.raises(SetupError, match="no WebAssembly module"):
        wasm.few_exports(b"text", [])


@pytest.mark.parametrize(
    "first", [b"\x7f\0" + constant(5), b"\x7e\1\x42\5\x0b", b"\x7f\1\x23\0\x0b"]
)
def test_a_module_whose_first_global_is_no_stack_pointer_is_refused(first: bytes) -> None:
    with pytest.raises(SetupError, match="lean.wasm is not built as expected"):
        wasm.shared(module(globals=section(6, first)))


@given(st.integers(0, 2**32 - 1))
def test_integers_read_back(value: int) -> None:
    for encoded in (wasm.integer(value), wasm.signed(value)):
        assert wasm.Reader(encoded).integer() == value
    assert not wasm.signed(value)[-1] & 0xC0


def test_the_host_finds_names_in_the_file(tmp_path: Path) -> None:
    names = {f"name_{n}".encode(): n for n in range(1, 30_000)}
    file = tmp_path / "symbols"
    file.write_bytes(wasm.symbol_file(names))
    asked = ["name_1", "name_29999", "name_2999", "name", "ame_1", "", "name_1 1\nname_2"]
    script = """
      const { Symbols } = require(process.argv[2]);
      const symbols = new Symbols(process.argv[1]);
      const asked = JSON.parse(process.argv[3]);
      console.log(JSON.stringify([asked, asked].map((all) => all.map((s) => symbols.find(s)))));
    """
    found = [1, 29_999, 2_999, 0, 0, 0, 0]
    assert run(script, file, HOST / "symbols.cjs", json.dumps(asked)) == [found, found]


def test_a_name_lies_in_the_list_of_its_checksum() -> None:
    data = wasm.symbol_file({b"a": 1})
    bucket = crc32(b"a") % wasm.BUCKETS
    start, end = (int.from_bytes(data[4 * n : 4 * n + 4], "little") for n in (bucket, bucket + 1))
    assert data[start:end] == b"\na 1\n"
