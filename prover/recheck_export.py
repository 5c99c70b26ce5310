"""Check an export again, from the export alone: its files, then each of its proofs with Lean."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from prover.assembly import theorem_text
from prover.data import card, columns
from prover.data.export import FAMILY, ROWS, SHAPED, rendered
from prover.errors import UserError
from prover.lean.verifier import Verifier
from prover.llm.family import load_family
from prover.recheck import Outcome, Rechecked, in_turn
from prover.types import Lemma, Problem

OUTCOMES: dict[str, Outcome] = {
    "proved": "same", "rejected": "different", "inconclusive": "inconclusive"
}  # fmt: skip
AT_A_TIME = 64


@dataclass(frozen=True)
class Theorem:
    """What a row claims to be proved."""

    name: str
    header: str
    statement: str
    code: str
    """The whole file that proves it."""
    imports: tuple[str, ...]


def is_export(folder: Path) -> bool:
    return (folder / card.MANIFEST).is_file()


def files(folder: Path) -> list[Rechecked]:
    """What differs between the files and the checksums, or between the two forms of a row."""
    try:
        found = card.mismatches(folder)
    except OSError as exc:
        raise UserError(f"{folder / card.CHECKSUMS} cannot be read: {exc.strerror}") from exc
    if found:
        return [Rechecked(name, "different", why) for name, why in found.items()]
    why = apart(folder)
    return [Rechecked(SHAPED, "different", why)] if why else []


def apart(folder: Path) -> str:
    """Where what a trainer reads is not what its rows say; empty if it is."""
    if not (folder / SHAPED).is_file():
        return ""
    facts = card.read_manifest(folder)
    family = load_family(str(folder / FAMILY))
    made = rendered(rows(folder), facts["kind"], facts["shape"], family)
    for number, (here, there) in enumerate(zip_longest(made, columns.read(folder / SHAPED))):
        if here != there:
            return f"its row {number} is not what {ROWS} makes it"
    return ""


def rows(folder: Path) -> Iterator[dict[str, Any]]:
    """The rows with their lineage, in whatever file the format has them."""
    facts = card.read_manifest(folder)
    if facts["shape"] == "hf":
        for path in sorted((folder / "data" / facts["kind"]).glob("*.parquet")):
            yield from columns.read(path)
        return
    name = f"{facts['kind']}.jsonl" if facts["shape"] == "jsonl" else ROWS
    with (folder / name).open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def theorems(folder: Path) -> Iterator[Theorem]:
    """Each proof once; rows without any claim none. Raises UserError for a row that is none."""
    seen: set[Theorem] = set()
    for number, row in enumerate(rows(folder)):
        try:
            if not row["code"]:
                continue
            own = theorem_text(Lemma(row["statement"], row["proof"]))
            if not row["code"].rstrip().endswith(own.rstrip()):
                raise UserError(f"row {number} ({row['name']}): its code does not end in its proof")
            found = Theorem(row["name"], row["header"], row["statement"], row["code"],
                            tuple(row["imports"]))  # fmt: skip
        except (KeyError, TypeError) as exc:
            raise UserError(f"row {number} is no row of an export: {exc}") from exc
        if found not in seen:
            seen.add(found)
            yield found


async def recheck(verifier: Verifier, found: list[Theorem]) -> AsyncIterator[Rechecked]:
    """In the order of the rows. Left early, it cancels what is under way."""
    for first in range(0, len(found), AT_A_TIME):
        part = found[first : first + AT_A_TIME]
        tasks = [asyncio.create_task(one(verifier, theorem)) for theorem in part]
        async with aclosing(in_turn(tasks)) as rows:
            async for row in rows:
                yield row


async def one(verifier: Verifier, theorem: Theorem) -> Rechecked:
    problem = Problem(theorem.name, theorem.statement, theorem.header)
    verdict = (await verifier.certify(problem, theorem.code)).verdict
    said = verdict.status if verdict.proved else f"{verdict.status}: {verdict.reason}"
    return Rechecked(theorem.name, OUTCOMES[verdict.status], said, verdict.seconds)
