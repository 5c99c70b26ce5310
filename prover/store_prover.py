"""The proof store as a prover: what was proved before is proposed first.

A stored proof of the very statement is proposed as it is. Any other becomes a lemma, its theorem,
from which the goal follows if Lean finds its variables and hypotheses among the goal's.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from prover.assembly import replace_name, theorem_name, with_fresh_names
from prover.config import LimitsConfig
from prover.graph_nodes import GoalNode, Records, candidate_digest
from prover.proof_store import ProofStore, StoredProof
from prover.scripts import body
from prover.types import Candidate, Goal, Lemma, Limits

NAME = "store"
CARRIED = "carried:proof"
SAME, FEWER = 2, 3
"""How many stored proofs of the same goal, and of goals with fewer hypotheses, are proposed."""
PATIENCE = 4
"""A proof with lemmas may take so many times an attempt's wall clock: it is several in one."""

CLOSE = """first
| (apply {name} <;> first | assumption | exact default)
| solve_by_elim (maxDepth := {depth}) only [{name}, *]"""
"""`assumption` takes the first hypothesis that fits one gap; where that is the wrong one for the
next gap, the other tactic goes back. `default` is for variables that nothing mentions."""


class StoreProver:
    name, stages, remote = NAME, 1, False

    def __init__(self, proofs: ProofStore, lean: str) -> None:
        self._proofs, self._lean = proofs, lean
        self._sources: dict[tuple[str, str], str] = {}

    async def propose(
        self, node: GoalNode, stage: int, records: Records
    ) -> AsyncGenerator[Sequence[Candidate], None]:
        goal = node.goal
        found = self._proofs.exact(self._lean, goal)[:SAME] if goal.key else []
        found += self._proofs.fewer(self._lean, goal, FEWER)
        yield [self.offer(proof, goal) for proof in found]

    def offer(self, proof: StoredProof, goal: Goal) -> Candidate:
        made = proposal(proof, goal)
        self._sources[goal.id, candidate_digest(made)] = proof.id
        return made

    def source(self, goal: str, candidate: Candidate) -> str:
        """Id of the stored proof that was offered as this candidate; empty if none was."""
        return self._sources.get((goal, candidate_digest(candidate)), "")

    def forget(self, goal: str) -> None:
        for key in [key for key in self._sources if key[0] == goal]:
            del self._sources[key]


def is_stored(candidate: Candidate) -> bool:
    """Does it come from the store?"""
    return candidate.by.partition(":")[0] == NAME


def proposal(proof: StoredProof, goal: Goal) -> Candidate:
    """A stored proof as a proof of this goal, which it `fits`."""
    own, name = theorem_name(goal.statement), theorem_name(proof.statement)
    if one_line(replace_name(proof.statement, name, own)) == one_line(goal.statement):
        same = Candidate(replace_name(proof.body, name, own), f"{NAME}:same", proof.lemmas)
        return with_fresh_names(same, {own})
    # Its own name may be ambiguous where the goal's was not: `trans`, below `Trans.trans`.
    fresh = f"stored_{proof.id[:6]}"
    text = replace_name(proof.statement, name, fresh), replace_name(proof.body, name, fresh)
    brought = with_fresh_names(Candidate("", "", (*proof.lemmas, Lemma(*text))), {own})
    how = "renamed" if proof.key == goal.key else "fewer"
    tactics = CLOSE.format(name=fresh, depth=len(proof.hypotheses) + 4)
    return Candidate(body(goal, tactics), f"{NAME}:{how}", brought.lemmas)


def carried(proof: StoredProof, goal: Goal) -> Candidate:
    """The proof of another goal with the same conclusion, as it was: perhaps it used none of the
    hypotheses that this one lacks."""
    own, name = theorem_name(goal.statement), theorem_name(proof.statement)
    same = Candidate(replace_name(proof.body, name, own), CARRIED, proof.lemmas)
    return with_fresh_names(same, {own})


def one_line(text: str) -> str:
    return " ".join(text.split())


def patient(candidate: Candidate, config: LimitsConfig, again: bool) -> Limits:
    """The limits of an attempt: of a proof that went through before, all there are at once.

    Heartbeats are counted for each theorem anyway."""
    if not is_stored(candidate):
        return config.of_attempt(again)
    limits = config.limits()
    return Limits(limits.heartbeats, limits.seconds * min(PATIENCE, 1 + len(candidate.lemmas)))
