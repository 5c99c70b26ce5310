"""What finished runs have proved, as statements with whole proofs; pure.

Each is text that may be put under another header: a goal's chosen proof with all that it refers to,
and the lemmas that candidates brought along.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from prover.assembly import renamed, replace_name, standalone, theorem_name
from prover.digest import sha256
from prover.graph import ProofGraph
from prover.report import proved_by
from prover.types import Candidate, Goal, Lemma

NOTATIONS = {"ℕ": "Nat", "ℤ": "Int"}
"""What headers of benchmarks define and core Lean does not know."""
SCOPED = "rests on definitions of its header"


@dataclass(frozen=True)
class Proven:
    """A statement that Lean has taken a proof of, in a run."""

    statement: str
    proof: Candidate
    by: str
    """As reports say it: `portfolio:grind`."""
    cost: int
    """Attempts on the goal and on all below it."""
    origin: str
    """Id of the goal; of a lemma that a candidate brought, of the candidate's."""
    key: str = ""
    """Of a goal; a lemma's is not known before Lean has read it."""


def proven(
    graphs: Sequence[ProofGraph], without: Collection[str], why: Counter[str]
) -> list[Proven]:
    """What these runs proved, problems in `without` left out; of the same goal the shortest proof.

    `why` counts what is left out here.
    """
    found: dict[str, Proven] = {}
    for graph in graphs:
        for each in proven_of(graph, without, why):
            same = each.key or sha256(f"{each.statement}")
            if same not in found:
                found[same] = each
            else:
                why["the same goal again"] += 1
                found[same] = min(found[same], each, key=length)
    return list(found.values())


def proven_of(graph: ProofGraph, without: Collection[str], why: Counter[str]) -> Iterator[Proven]:
    for node in graph.goals.values():
        if node.status != "proved" or node.goal.problem in without:
            continue
        if node.goal.scoped or not node.goal.key:
            why[SCOPED] += 1
            continue
        goal, whole = node.goal, standalone(graph, node.goal.id)
        cost = sum(graph.goals[name].attempts for name in graph.below(goal.id))
        own = Proven(goal.statement, whole, proved_by(graph, goal.id), cost, goal.id, goal.key)
        yield plain(own)
        if isinstance(node.proof, Candidate) and not node.proof.by.startswith("store"):
            yield from map(plain, brought(goal, node.proof, cost))


def brought(goal: Goal, candidate: Candidate, cost: int) -> Iterator[Proven]:
    for i, lemma in enumerate(candidate.lemmas):
        proof = Candidate(lemma.body, candidate.by, candidate.lemmas[:i])
        yield Proven(lemma.statement, proof, candidate.by, cost, goal.id)


def length(each: Proven) -> int:
    return sum(len(lemma.statement) + len(lemma.body) for lemma in each.proof.lemmas) + len(
        each.proof.body
    )


def plain(each: Proven) -> Proven:
    """With core Lean's own names for what is a notation of the header."""
    proof = each.proof
    lemmas = tuple(Lemma(core(x.statement), core(x.body)) for x in proof.lemmas)
    made = replace(proof, body=core(proof.body), lemmas=lemmas)
    return replace(each, statement=core(each.statement), proof=made)


def core(text: str) -> str:
    return re.sub("|".join(NOTATIONS), lambda match: NOTATIONS[match[0]], text)


def called(statement: str, proof: Candidate, name: str) -> tuple[str, Candidate]:
    """The theorem under another name, and its helpers under names that follow from it."""
    own = theorem_name(statement)
    for i, lemma in enumerate(proof.lemmas):
        helper = theorem_name(lemma.statement)
        proof = renamed(proof, i, helper, f"{name}_aux{i + 1}")
    body = replace_name(proof.body, own, name)
    return replace_name(statement, own, name), replace(proof, body=body)
