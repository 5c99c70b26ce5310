"""Who proposes in a campaign, in which order, beside those that its configuration names."""

from __future__ import annotations

from dataclasses import replace

from prover.config import SearchConfig
from prover.exploring import Exploring
from prover.own_lemmas import OwnLemmas
from prover.pooling import Lean, Pooling
from prover.proof_store import ProofStore
from prover.proposing import Proposers
from prover.store_prover import StoreProver


def line_up(
    named: Proposers,
    recall: StoreProver | None,
    search: SearchConfig,
    proofs: ProofStore | None,
    lean: str,
) -> Proposers:
    """Stored proofs are asked first, lemmas of one's own last."""
    before = [recall] if recall else []
    after = [OwnLemmas(proofs, lean)] if search.premises else []
    return replace(named, provers=[*before, *named.provers, *after])


def exploring(named: Proposers, lean: Lean, pooling: Pooling) -> Proposers:
    """What is read off a goal comes before other decompositions, equations after all of them."""
    first, last = Exploring(lean, pooling, False), Exploring(lean, pooling, True)
    return replace(named, decomposers=[first, *named.decomposers, last])
