"""Statements of benchmarks, and which rows give one of them away.

Two looks. Text: a sequence of ten tokens in common, or of a shorter statement all of it, as
DeepSeekMath takes benchmarks out of its corpus (arXiv 2402.03300, section 2.1: 10-grams, exact
matches from 3 on); variables are numbered first, so that a copy with other names is found. Type:
the canonical key that Lean gives, for statements that this Lean can read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover import problems
from prover.data.tokens import grams, tokens
from prover.errors import UserError
from prover.lean import source
from prover.types import Problem

GRAM = 10
SHORTEST = 3
KEYS = ("formal_statement", "refined_statement", "statement", "lean4_code", "autoformalization",
        "lean4_formalization", "lean_code")  # fmt: skip
"""Where published sets keep a statement: miniF2F and ProofNet, FormalMATH, ours, Goedel-Prover,
ProofNet#, FineLeanCorpus."""
HEADERS = ("header", "lean4_src_header")


@dataclass(frozen=True)
class Benchmark:
    """The theorems of one folder or file."""

    name: str
    """The folder's own."""
    problems: tuple[Problem, ...]
    unread: int
    """Files and lines that hold no theorem."""


def read(place: Path) -> Benchmark:
    """Every theorem in the `.lean`, `.jsonl` and `.json` files at and below a place, in whatever
    layout. Raises UserError if there is none."""
    if not place.exists():
        raise UserError(f"--decontaminate {place} does not exist")
    files = [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file())
    found: list[Problem] = []
    unread = 0
    for path in files:
        if path.suffix in READERS:
            for problem in READERS[path.suffix](path):
                found += [problem] if problem else []
                unread += problem is None
    if not found:
        raise UserError(f"--decontaminate {place} holds no theorem in .lean, .jsonl or .json files")
    return Benchmark(place.resolve().name, tuple(dict.fromkeys(found)), unread)


def lean_file(path: Path) -> Iterator[Problem | None]:
    try:
        for header, _, name, statement in source.split_many(problems.read_text(path)):
            yield Problem(name, statement, header)
    except UserError:
        yield None


def json_lines(path: Path) -> Iterator[Problem | None]:
    for line in problems.read_text(path).splitlines():
        if line.strip():
            try:
                yield row(json.loads(line))
            except ValueError:
                yield None


def json_file(path: Path) -> Iterator[Problem | None]:
    try:
        found = json.loads(problems.read_text(path))
    except ValueError:
        found = []
    rows = found if isinstance(found, list) else list(found.values()) if found else []
    return (row(each) for each in rows if isinstance(each, dict) and any(k in each for k in KEYS))


def row(found: Any) -> Problem | None:
    """One object of a published set; None if it has no Lean 4 theorem."""
    texts = [found[key] for key in KEYS if isinstance(found, dict) and found.get(key)]
    if not texts or not isinstance(texts[0], str):
        return None
    try:
        before, _, name, statement = source.split_problem(texts[0])
    except UserError:
        return None
    header = next((str(found[key]) for key in HEADERS if found.get(key)), "")
    return Problem(name, statement, problems.joined(header, before))


READERS = {".lean": lean_file, ".jsonl": json_lines, ".json": json_file}


class Overlap:
    """What benchmarks hold, ready to be asked."""

    def __init__(self, found: Iterable[Problem], keys: Iterable[str] = ()) -> None:
        """`keys` are the canonical keys of those that a Lean could read."""
        self.keys = frozenset(keys)
        self.grams: set[tuple[str, ...]] = set()
        self.whole: set[tuple[str, ...]] = set()
        for problem in found:
            each = tokens(problem.statement)
            self.grams |= grams(each, GRAM)
            if SHORTEST <= len(each) < GRAM:
                self.whole.add(each)

    def why(self, statement: str, key: str) -> str:
        """`type`, `text`, or empty if the statement is none of theirs."""
        if key and key in self.keys:
            return "type"
        each = tokens(statement)
        if len(each) < GRAM:
            return "text" if each in self.whole else ""
        return "text" if not self.grams.isdisjoint(grams(each, GRAM)) else ""
