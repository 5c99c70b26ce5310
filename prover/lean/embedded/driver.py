"""One Lean file out of `lean_project/Driver`: no build system stands between us and Lean.

Each module there is `module`, its imports, `public meta section`, code, `end`. The embedded Lean
gets all of them as one module; a native Lean gets plain sections without the module system, whose
restrictions exist only because the embedded library lacks private declarations.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prover.errors import SetupError
from prover.lean.embedded.places import lean_project

Backend = Literal["embedded", "native"]

ROOTS = {"embedded": "Embedded", "native": "Native"}
"""The module that starts the driver; it imports, directly or not, all others that it needs."""

IMPORT = re.compile(r"^(?:public )?(?:meta )?import ([\w.]+)\s*$")
SECTION = "public meta section"
MARK = "-- from Driver/"


@dataclass(frozen=True)
class Module:
    name: str
    imports: tuple[str, ...]
    """Modules of the driver, without `Driver.`."""
    outside: tuple[str, ...]
    """Import lines of other modules, as written."""
    lines: tuple[str, ...]
    """Every line of the file, those of its frame emptied: line numbers stay what they were."""


def driver_source(backend: Backend, imports: Iterable[str] = (), folder: Path | None = None) -> str:
    """The driver as one Lean file. `imports` are module names that headers may rely on.

    Raises SetupError if a module of the driver is missing or has not the known frame.
    """
    folder = folder or lean_project()
    modules = ordered(ROOTS[backend], folder / "Driver")
    known = f"def Driver.dialectText : String := {quoted(dialect(folder))}"
    outside = [line for module in modules for line in module.outside]
    if backend == "native":
        names = [match[1] for line in outside if (match := IMPORT.match(line))]
        lines = [f"import {name}" for name in [*names, *imports]]
        return _file([], lines, "section", known, modules)
    lines = [*outside, *(f"public import {name}" for name in imports)]
    return _file(["module"], lines, SECTION, known, modules)


def dialect(folder: Path | None = None) -> str:
    """The header that gives core Lean the names of Mathlib's tactics; empty if there is none.

    The driver knows its text and elaborates it once. No blanks at its ends: headers lose theirs.
    """
    path = (folder or lean_project()) / "Dialect.lean"
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def quoted(text: str) -> str:
    """A string literal: Lean's escapes are those of JSON as far as we need them."""
    return json.dumps(text, ensure_ascii=False)


def _file(
    first: list[str], imports: list[str], section: str, known: str, modules: list[Module]
) -> str:
    # Without threads whatever a task spends is spent by who waits for it; the driver is trusted.
    lines = [*first, *dict.fromkeys(imports), "set_option maxHeartbeats 0"]
    lines += [section, known, "end"]
    for module in modules:
        lines += [section, f"{MARK}{module.name}.lean", *module.lines, "end"]
    return "\n".join(lines) + "\n"


def locate(source: str, line: int) -> tuple[str, int]:
    """The driver's file and line that a 1-based line of the assembled source came from."""
    before = source.splitlines()[: max(line - 1, 0)]
    for index in range(len(before) - 1, -1, -1):
        if before[index].startswith(MARK):
            return "Driver/" + before[index].removeprefix(MARK), line - index - 1
    return "driver.lean", line


def ordered(root: str, folder: Path) -> list[Module]:
    """The root and all that it imports, each after what it imports."""
    found: dict[str, Module] = {}
    open_: list[str] = []

    def visit(name: str) -> None:
        if name in found:
            return
        if name in open_:
            raise SetupError(f"the driver's modules import each other in a circle: {name}")
        open_.append(name)
        module = read(name, folder)
        for needed in module.imports:
            visit(needed)
        open_.pop()
        found[name] = module

    visit(root)
    return list(found.values())


def read(name: str, folder: Path) -> Module:
    path = folder.joinpath(*name.split(".")).with_suffix(".lean")
    try:
        lines = path.read_text(encoding="utf-8").rstrip().splitlines()
    except OSError as exc:
        raise SetupError(f"the Lean driver lacks {path}; reinstall subgoal-prover") from exc
    if SECTION not in lines or lines[-1].strip() != "end":
        raise SetupError(f"{path} must have `{SECTION}` before its code and end with `end`")
    start = lines.index(SECTION)
    names = [(line, match[1]) for line in lines[:start] if (match := IMPORT.match(line))]
    inside = tuple(n.removeprefix("Driver.") for _, n in names if n.startswith("Driver."))
    outside = tuple(line.strip() for line, n in names if not n.startswith("Driver."))
    return Module(name, inside, outside, ("",) * (start + 1) + tuple(lines[start + 1 : -1]))
