"""A repository through LeanDojo: a thin adapter from what it traces to problems and premises.

LeanDojo (lean-dojo 4.20 on PyPI; Yang et al., "LeanDojo: Theorem Proving with Retrieval-Augmented
Language Models", 2023) builds the repository with lake and reads every file's syntax tree. The
attributes used here are those of its `traced_data` module.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from prover.errors import SetupError, UserError, boundary
from prover.lean import source
from prover.traced import Found, Premise, Trace, Traced, theorem


def lack() -> str:
    """Why LeanDojo cannot trace anything here; empty if nothing is known against it."""
    if importlib.util.find_spec("lean_dojo") is None:
        if sys.version_info >= (3, 13):
            return "LeanDojo has no release for Python 3.13 and later"
        return "LeanDojo is not installed: pip install 'subgoal-prover[trace]'"
    missing = [name for name in ("git", "lake", "lean") if shutil.which(name) is None]
    if missing:
        return f"LeanDojo needs {' and '.join(f'`{name}`' for name in missing)} on PATH"
    return ""


def trace(repository: Path) -> Trace:
    """Build and trace a local git repository at its HEAD.

    Raises UserError if it is none, SetupError with LeanDojo's reason if it gives up.
    """
    if not (repository / ".git").exists() or not (repository / "lean-toolchain").is_file():
        raise UserError(
            f"LeanDojo traces a git repository with a lean-toolchain, and {repository} is none"
        )
    os.environ.setdefault("DISABLE_REMOTE_CACHE", "1")  # else it asks a server for every repository
    with boundary(SetupError, f"LeanDojo cannot trace {repository}"):
        import lean_dojo

        repo = lean_dojo.LeanGitRepo.from_path(repository)
        return read(lean_dojo.trace(repo, build_deps=False))


def read(traced: Any) -> Trace:
    """A `TracedRepo` as problems and premises; what belongs to other repositories is left out."""
    theorems: list[Traced] = []
    premises: list[Premise] = []
    skipped: list[str] = []
    for file in traced.traced_files:
        above: list[Found] = []
        unproved: set[str] = set()
        text = "\n".join(file.lean_file.code) + "\n"
        for one in file.get_traced_theorems():
            if one.repo != traced.repo:
                continue
            place = found(text, one)
            if not place.sorry and unproved & set(one.get_premise_full_names()):
                skipped.append(f"{file.path}: the proof of {one.theorem.full_name} cites a `sorry`")
                place = replace(place, sorry=True)
            else:
                theorems.append(theorem(text, place, above, str(file.path)))
            above.append(place)
            unproved |= {one.theorem.full_name} if place.sorry else set()
        definitions = file.get_premise_definitions()
        rows = [row for row in definitions if row["full_name"] not in unproved]
        premises += [premise(row, str(file.path)) for row in rows]
    return Trace(tuple(theorems), tuple(premises), tuple(skipped))


def found(text: str, traced: Any) -> Found:
    """Where a `TracedTheorem` stands; its tree begins at `theorem`, or above a `lemma`."""
    (begins, ends) = traced.locate_proof()
    keyword, proof, end = (offset(text, pos) for pos in (traced.start, begins, ends))
    start = next((m.start() for m in source.theorems(text) if m.end() > keyword), keyword)
    sign = re.compile(r"\s*:=\s*").match(text, proof)  # the proof's node may begin with it
    proof = sign.end() if sign else proof
    holes = re.search(r"\bsorry\b", source.mask(text)[proof:end])
    return Found(start, proof, end, holes is not None)


def offset(text: str, position: Any) -> int:
    """A `Pos` counts lines and columns from 1."""
    at = 0
    for _ in range(position.line_nb - 1):
        at = text.index("\n", at) + 1
    return at + int(position.column_nb) - 1


def premise(row: dict[str, Any], file: str) -> Premise:
    return Premise(row["full_name"], row["code"], file, row["start"][0], row["kind"])
