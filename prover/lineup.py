"""Who proposes in a campaign, in which order, beside those that its configuration names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from prover.config import SearchConfig
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
    """What is read off a goal comes before other decompositions, equations after all of them."""
    first, last = Exploring(lean, pooling, False), Exploring(lean, pooling, True)
    return replace(named, decomposers=[first, *named.decomposers, last])
