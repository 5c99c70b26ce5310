"""Who proposes in a campaign, in which order, beside those that its configuration names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from prover.config import SearchConfig
from prover.decomposers import Decomposer, Structural
from prover.exploring import Exploring
from prover.growing.kept import load
from prover.growing.shelf import Shelf
from prover.own_lemmas import OwnLemmas
from prover.pooling import Lean, Pooling
from prover.proof_store import ProofStore
from prover.proposing import Proposers
from prover.provers import Prover
from prover.store_prover import StoreProver


def line_up(
    named: Proposers,
    recall: StoreProver | None,
    search: SearchConfig,
    proofs: ProofStore | None,
    lean: str,
) -> Proposers:
    """Stored proofs are asked first, then a grown library, lemmas of one's own last.

    Raises UserError if there is no library where the configuration has one."""
    before: list[Prover] = [recall] if recall else []
    after: list[Prover] = [OwnLemmas(proofs, lean)] if search.premises else []
    if search.library:
        library = load(Path(search.library))
        before, after = [*before, Shelf(library)], [Shelf(library, hints=True), *after]
    return replace(named, provers=[*before, *named.provers, *after])


def exploring(named: Proposers, lean: Lean, pooling: Pooling) -> Proposers:
    """What is read off a goal comes behind the structural decomposer's first sketches, or where
    that one takes no part behind a model's; equations come after all of them."""
    at = place(named.decomposers)
    first = Exploring(lean, pooling, begins=at < len(named.decomposers))
    last = Exploring(lean, pooling, equations=True)
    return replace(named, decomposers=around(named.decomposers, first, last))


def place(named: Sequence[Decomposer]) -> int:
    return next((i for i, d in enumerate(named) if d.name == Structural.name), len(named))


def around(named: Sequence[Decomposer], first: Decomposer, last: Decomposer) -> list[Decomposer]:
    at = place(named)
    return [*named[:at], first, *named[at:], last]
