"""Where problems come from: our own sets, miniF2F, PutnamBench and ProofNet, any JSONL.

Layouts, in the order in which a folder is searched for them (the first found is taken):
jsonl             minif2f.jsonl: name, split, informal_prefix, formal_statement, header
v2s, v2c          miniF2F_v2s.jsonl / miniF2F_v2c.jsonl: the same with other informal keys
file_per_problem  MiniF2F/Valid/NAME.lean
file_per_split    MiniF2F/Valid.lean with all theorems in it, NAME.variants.X left out
putnambench       lean4/src/putnam_YEAR_xN.lean
proofnet          proofnet*.jsonl
sets              our own: SET/NAME.lean

A split is what the file says it is. The published v2 files call `valid` what every other layout
calls `test` (no name in common), so scores on v2 and on the others are of different problems.
Any JSONL, or JSON array, of rows with a statement is read; `prover/layouts.py` has the names that
its keys may have, and says what is done to the text of a benchmark.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from prover.config import ProblemsConfig
from prover.errors import UserError
from prover.layouts import (
    HEADER_KEYS,
    INFORMAL_KEYS,
    PUTNAM,
    STATEMENT_KEYS,
    numbered,
    split_of,
    with_answer,
    without_answer_marks,
)
from prover.lean import source
from prover.types import Problem

JSONL_FILES = {
    "jsonl": "minif2f.jsonl",
    "v2s": "miniF2F_v2s.jsonl",
    "v2c": "miniF2F_v2c.jsonl",
}
SPLITS = ("valid", "test")
VARIANT = ".variants."


def load(config: ProblemsConfig) -> list[Problem]:
    """The problems that a run's configuration names, at most `limit` of them."""
    path = Path(config.source)
    if not exists(path):
        raise UserError(
            f"problems.source {path} does not exist: give a folder of problem sets, "
            "a JSONL file or a miniF2F checkout"
        )
    _, problems = read(path, config.split, config.sets)
    return problems[: config.limit]


def exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long, a folder that may not be looked into
        return False


def load_benchmark(suite: str, path: Path, split: str) -> tuple[str, list[Problem]]:
    """All problems of one split, and the layout that was found (the module's docstring)."""
    if not exists(path):
        raise UserError(f"{path} does not exist: give the folder or file that holds {suite}")
    layout, problems = read(path, split, [])
    named = [replace(p, source=f"{suite}/{p.split or split}") for p in problems]
    return layout, named


def statements_sha256(problems: Iterable[Problem]) -> str:
    """One hash over what is to be proved; equal sets of statements have equal hashes."""
    rows = sorted((p.name, p.header, p.statement) for p in problems)
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()


def read(path: Path, split: str, sets: list[str]) -> tuple[str, list[Problem]]:
    layout, place = find_layout(path)
    if sets and layout != "sets":
        raise UserError(f"problems.sets is for a folder of problem sets, and {path} is none")
    if layout == "sets":
        problems = read_sets(place, sets)
    else:
        problems = READERS[layout](place)
    chosen = [p for p in problems if not split or not p.split or p.split == split]
    if not chosen:
        raise UserError(f"{path} holds no problems" + (f" of the split {split}" if split else ""))
    return layout, unique(chosen, path)


def find_layout(path: Path) -> tuple[str, Path]:
    """Which layout is at the path, and the file or folder where it is."""
    if path.is_file():
        return file_layout(path), path
    for layout, name in JSONL_FILES.items():
        if found := first(path, name):
            return layout, found
    if found := first_split(path, Path.is_dir, ""):
        return "file_per_problem", found.parent
    if found := first_split(path, Path.is_file, ".lean"):
        return "file_per_split", found.parent
    if found := first(path, PUTNAM):
        return "putnambench", found.parent
    if found := first(path, "proofnet*.jsonl"):
        return "proofnet", found
    return "sets", path


def file_layout(path: Path) -> str:
    if path.suffix in (".jsonl", ".json"):
        if path.stem.lower().startswith("proofnet"):
            return "proofnet"
        return next((k for k, name in JSONL_FILES.items() if name == path.name), "jsonl")
    if path.suffix == ".lean":
        return "file_per_split"
    raise UserError(f"{path} is neither a .jsonl, a .json nor a .lean file")


def first(folder: Path, name: str) -> Path | None:
    """The file of that name in the folder or one or two levels below."""
    for pattern in (name, f"*/{name}", f"*/*/{name}"):
        if found := sorted(folder.glob(pattern)):
            return found[0]
    return None


def first_split(folder: Path, kind: Callable[[Path], bool], suffix: str) -> Path | None:
    """`MiniF2F/Valid` or `MiniF2F/Test` as a folder of problems, or as one file."""
    for split in SPLITS:
        for prefix in ("", "MiniF2F/", "*/MiniF2F/"):
            for found in sorted(folder.glob(f"{prefix}{split.title()}{suffix}")):
                if kind(found):
                    return found
    return None


def read_sets(folder: Path, sets: list[str]) -> list[Problem]:
    """SET/NAME.lean; all of them without `sets`."""
    known = sorted(p.name for p in folder.iterdir() if p.is_dir() and list(p.glob("*.lean")))
    for name in sets:
        if name not in known:
            raise UserError(f"{folder} has no problem set {name}; it has {', '.join(known)}")
    chosen = sets or known
    if not chosen:
        return [read_problem(f, folder.name) for f in sorted(folder.glob("*.lean"))]
    return [read_problem(f, s) for s in chosen for f in sorted((folder / s).glob("*.lean"))]


def read_problem(path: Path, origin: str, split: str = "") -> Problem:
    """One file that ends in one theorem, which must have the file's name."""
    try:
        header, informal, name, statement = source.split_problem(read_text(path))
    except UserError as exc:
        raise UserError(f"{path}: {exc}") from exc
    if name != path.stem:
        raise UserError(f"{path} holds the theorem {name}: give file and theorem one name")
    return Problem(name, statement, header, origin, split, informal)


def read_files(folder: Path) -> list[Problem]:
    """MiniF2F/{Valid,Test}/NAME.lean."""
    return [
        read_problem(path, f"{folder.name}/{split}", split)
        for split in SPLITS
        for path in sorted((folder / split.title()).glob("*.lean"))
    ]


def read_splits(place: Path) -> list[Problem]:
    """MiniF2F/{Valid,Test}.lean, or one Lean file of theorems."""
    files = [place] if place.is_file() else [place / f"{split.title()}.lean" for split in SPLITS]
    return [problem for path in files if path.is_file() for problem in read_split(path)]


def read_split(path: Path) -> list[Problem]:
    split = path.stem.lower() if path.stem.lower() in SPLITS else ""
    try:
        parts = source.split_many(read_text(path))
    except UserError as exc:
        raise UserError(f"{path}: {exc}") from exc
    return [
        without_answer_marks(Problem(name, statement, header, split or path.stem, split, informal))
        for header, informal, name, statement in parts
        if VARIANT not in name
    ]


def read_putnam(folder: Path) -> list[Problem]:
    """lean4/src/putnam_YEAR_xN.lean."""
    files = sorted(folder.glob(PUTNAM))
    return [with_answer(read_problem(path, folder.name)) for path in files]


def read_proofnet(path: Path) -> list[Problem]:
    return numbered(read_jsonl(path))


def read_jsonl(path: Path) -> list[Problem]:
    """One row a line; a `.json` file is an array of them."""
    if path.suffix == ".json":
        return read_array(path)
    lines = read_text(path).split("\n")
    return [
        read_row(line, f"{path}:{number}", path.stem)
        for number, line in enumerate(lines, 1)
        if line.strip()
    ]


def read_array(path: Path) -> list[Problem]:
    rows = parsed(read_text(path), str(path))
    if not isinstance(rows, list):
        raise UserError(f"{path} must be a JSON array of problems")
    return [problem_of(row, f"{path}, row {n}", path.stem) for n, row in enumerate(rows, 1)]


def parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:  # numbers too long, objects too deep
        why = exc.msg if isinstance(exc, json.JSONDecodeError) else exc
        raise UserError(f"{where} is not valid JSON: {why}") from exc


def read_row(line: str, where: str, origin: str) -> Problem:
    return problem_of(parsed(line, where), where, origin)


def problem_of(row: Any, where: str, origin: str) -> Problem:
    """One JSON object; commands before the theorem in its statement move to the header."""
    if not isinstance(row, dict):
        raise UserError(f"{where} must be a JSON object with name and statement")
    formal = text_of(row, STATEMENT_KEYS, where)
    if not formal:
        raise UserError(f"{where} has neither statement nor formal_statement")
    try:
        before, informal, name, statement = source.split_problem(formal)
    except UserError as exc:
        raise UserError(f"{where}: {exc}") from exc
    wanted = text_of(row, ("name",), where) or name
    if not source.is_name(wanted):
        raise UserError(f"{where}: {source.excerpt(wanted)!r} is no name for a theorem")
    if wanted != name:
        statement = source.rename(statement, wanted)
    header = joined(text_of(row, HEADER_KEYS, where), before)
    words = source.doc_text(text_of(row, INFORMAL_KEYS, where)) or informal
    split = split_of(text_of(row, ("split",), where))
    return with_answer(Problem(wanted, statement, header, origin, split, words))


def joined(header: str, before: str) -> str:
    parts = [part.strip() for part in (header, before) if part.strip()]
    return "\n\n".join(parts) + "\n" if parts else ""


def text_of(row: dict[str, Any], keys: Iterable[str], where: str) -> str:
    """The first of the keys that is there, which must be text; empty if none is."""
    for key in keys:
        value = row.get(key)
        if value is not None:
            if not isinstance(value, str):
                raise UserError(f"{where}: {key} must be text")
            if not is_unicode(value):
                raise UserError(f"{where}: {key} is not valid Unicode")
            return value
    return ""


def is_unicode(text: str) -> bool:
    """False for lone surrogates, which JSON can spell."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_text(path: Path) -> str:
    """A file's text without a byte order mark, with `\\n` at the ends of its lines."""
    try:
        if path.exists() and not path.is_file():
            raise UserError(f"cannot read {path}: it is no file")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise UserError(f"cannot read {path}: {exc}") from exc


def unique(problems: list[Problem], path: Path) -> list[Problem]:
    seen: set[str] = set()
    for problem in problems:
        if problem.name in seen:
            raise UserError(f"{path} holds two problems named {problem.name}")
        seen.add(problem.name)
    return problems


READERS: dict[str, Callable[[Path], list[Problem]]] = {
    "jsonl": read_jsonl,
    "v2s": read_jsonl,
    "v2c": read_jsonl,
    "file_per_problem": read_files,
    "file_per_split": read_splits,
    "putnambench": read_putnam,
    "proofnet": read_proofnet,
}
