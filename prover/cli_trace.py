"""`prover trace`: a Lean repository's theorems as problems, and what its proofs may cite."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from prover import dojo, tracing
from prover.cli_output import OK, WRONG, data, display, error, note
from prover.cli_signals import run
from prover.config import LeanConfig
from prover.errors import UserError
from prover.lean.toolchain import Progress
from prover.session import open_lean
from prover.traced import Trace, problem_rows


def trace(repository: Path, out: Path, premises: Path | None, theorems: bool) -> int:
    """Write the rows; WRONG if there is nothing to write."""
    tracing.lean_files(repository)
    with display() as shown:
        found = run(traced(repository, shown.setup))
    for line in found.skipped:
        note(f"skipped: {line}")
    rows = problem_rows(found.theorems, theorems)
    if premises is not None:
        write(premises, [premise.row() for premise in found.premises])
        data(f"premises: {premises} ({len(found.premises)})")
    if not rows:
        said = "" if theorems else "; --theorems takes proved theorems too"
        error(f"{repository} has no theorem that ends in `sorry`{said}")
        return WRONG
    write(out, rows)
    data(f"problems: {out} ({len(rows)})")
    return OK


async def traced(repository: Path, progress: Progress) -> Trace:
    """By LeanDojo where it can be used, else by our own driver, with the reason told."""
    why = dojo.lack() if repository.is_dir() else "it is a single file"
    if not why:
        note("tracing through LeanDojo, which builds the repository first")
        return await asyncio.to_thread(dojo.trace, repository.resolve())
    note(f"reading files of core Lean alone ({why})")
    async with open_lean(LeanConfig(), 1, progress) as verifier:
        return await tracing.trace(verifier, repository)


def write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise UserError(f"cannot write {path}: {exc.strerror or exc}") from exc
