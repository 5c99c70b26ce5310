"""A Lean's library, ready to be searched: listed once by the driver, kept in the cache folder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

from prover.digest import sha256
from prover.errors import InfrastructureError
from prover.lean.embedded.places import Progress, home
from prover.lean.verifier import Verifier
from prover.own_lemmas import OwnLemmas
from prover.premises import FORMAT, Premise, Premises, Row, write
from prover.proof_store import ProofStore, lean_of
from prover.types import Goal, LeanFacts

PAGE_SECONDS = 300.0
"""Wall clock for one page of the list; the embedded Lean takes about two."""
PRINT_SECONDS = 20.0
NOTE_CHARACTERS = 2_000
"""Of the statements that a model is shown; what is longer than a line or two helps little."""
REMEMBERED = 500
"""Goals whose premises need not be looked up again."""
STAGE = "listing the library"

Warn = Callable[[str], None]


class Library:
    """Finds premises for goals, the same again for the same goal."""

    def __init__(
        self, premises: Premises, number: int, verifier: Verifier, own: OwnLemmas | None = None
    ) -> None:
        """`own` has what models are told of beside the library."""
        self.premises, self.number = premises, number
        self.verifier, self.own = verifier, own
        self._found: dict[Goal, Sequence[Premise]] = {}

    def find(self, goal: Goal) -> Sequence[Premise]:
        """The best for a goal, best first. Raises InfrastructureError if the index is gone."""
        if goal not in self._found:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            self._found[goal] = self.premises.find(goal, self.number)
        return self._found[goal]

    def close(self) -> None:
        self.premises.close()

    async def statements(self, names: Sequence[str]) -> list[str]:
        """`NAME binders : type` of each, printed by Lean once and kept.

        Raises InfrastructureError if Lean cannot be asked.
        """
        known = self.premises.statements(names)
        if new := [name for name in names if name not in known]:
            reply = await self.verifier.tell("signatures", {"names": new}, PRINT_SECONDS)
            printed = dict(zip(new, map(str, reply["texts"]), strict=True))
            self.premises.keep(printed)
            known |= printed
        return [known[name] or name for name in names]

    async def notes(self, goal: Goal) -> str:
        """What a model is told for a goal of the library, and of the goal's own header; empty if
        nothing was found."""
        texts = await self.statements([p.name for p in self.find(goal)])
        lines, room = [], NOTE_CHARACTERS
        for text in (" ".join(text.split()) for text in texts):
            room -= len(text) + 1
            if room >= 0:
                lines.append(text)
        library = ["Theorems of the library that may help:", *lines] if lines else []
        own = self.own.notes(goal) if self.own else ""
        return "\n\n".join(text for text in ("\n".join(library), own) if text)


@asynccontextmanager
async def open_library(
    verifier: Verifier,
    number: int,
    progress: Progress,
    warn: Warn,
    proofs: ProofStore | None = None,
) -> AsyncIterator[Library | None]:
    """The library of the verifier's Lean, from which `number` premises are wanted for a goal.

    Models are told of what is in `proofs` too. The first time for a Lean the library is listed,
    which takes the embedded one some ten seconds. None if
    no premises are wanted, or if they cannot be had: a run goes on without.
    """
    library = None
    try:
        library = await ready_library(verifier, number, progress) if number else None
        if library is not None:
            library.own = OwnLemmas(proofs, lean_of(verifier.facts))
    except InfrastructureError as exc:
        warn(f"no theorems of the library are offered: {exc}")
    try:
        yield library
    finally:
        if library:
            library.close()


async def ready_library(verifier: Verifier, number: int, progress: Progress) -> Library:
    """To be closed. Raises InfrastructureError if Lean cannot be asked or the index not be used."""
    return Library(Premises(await ensure_index(verifier, progress)), number, verifier)


def index_path(facts: LeanFacts) -> Path:
    """Where the index of this Lean lies, or would lie: another driver lists anew."""
    same = {**asdict(facts), "confinement": "", "format": FORMAT}
    return home() / "premises" / f"{sha256(json.dumps(same, sort_keys=True))[:32]}.sqlite"


async def ensure_index(verifier: Verifier, progress: Progress) -> Path:
    """Raises InfrastructureError if Lean cannot be asked or the file not be written."""
    path = index_path(verifier.facts)
    if not path.is_file():
        rows = await listed(verifier, progress)
        await asyncio.to_thread(write, path, rows)
    return path


async def listed(verifier: Verifier, progress: Progress) -> list[Row]:
    """Every theorem that a proof would cite, page by page."""
    rows: list[Row] = []
    first, modules = 0, 1
    while first < modules:
        progress(STAGE, first, modules)
        reply = await verifier.tell("premises", {"from": first}, PAGE_SECONDS)
        rows += [(str(n), int(k), str(h), c, a) for n, k, h, c, a in reply["premises"]]
        first, modules = int(reply["next"]), int(reply["modules"])
    progress(STAGE, modules, modules)
    return rows
