"""What a run made of a library's theorems: how often each was tried, and what became of it; pure.

Of a theorem that is in the proof of a lemma only, the whole proof is counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from prover.graph import ProofGraph
from prover.graph_nodes import Record
from prover.growing.kept import Library
from prover.growing.shelf import by, theorem_of
from prover.types import Candidate


@dataclass(frozen=True)
class Uses:
    name: str
    offered: int
    """Attempts with it."""
    closed: int
    """Those that proved a goal."""
    seconds: float
    """Lean seconds of all of them."""
    in_proofs: int
    """Verified problems whose proof has it."""


def uses(graph: ProofGraph, library: Library) -> list[Uses]:
    """Of each theorem, those first that are in most proofs."""
    proofs: Counter[str] = Counter()
    for name in graph.problems:
        if graph.problem_state(name) == "verified":
            proofs.update(used_in(graph, name))
    found = []
    for entry in library.entries:
        records = [graph.records.get(by(entry.name, hint), Record()) for hint in (False, True)]
        tries, wins = sum(r.tries for r in records), sum(r.wins for r in records)
        seconds = round(sum(r.seconds for r in records), 3)
        found.append(Uses(entry.name, tries, wins, seconds, proofs[entry.name]))
    return sorted(found, key=lambda each: (-each.in_proofs, -each.closed, each.name))


def used_in(graph: ProofGraph, problem: str) -> set[str]:
    """Names of library theorems in the chosen proof of a problem."""
    proofs = [graph.goals[goal].proof for goal in graph.proof_order(graph.problems[problem].root)]
    found = {theorem_of(proof.by) for proof in proofs if isinstance(proof, Candidate)}
    return found - {""}
