"""Lean's word on a piece of code that somebody wants checked on the way to a proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prover.citing import apart, names_of
from prover.lean.split import beginning, in_code
from prover.lean.verifier import Verifier
from prover.types import Candidate, Goal, Lemma, Limits, Split, SplitTheorem, Verdict


@dataclass(frozen=True)
class Checked:
    text: str
    """For whoever asked: one paragraph a theorem."""
    verdicts: tuple[Verdict, ...]
    proof: Candidate | None = None
    """Of the goal itself, if that was proved."""


async def check_code(
    verifier: Verifier,
    goal: Goal,
    code: str,
    by: str,
    limits: Limits,
    known: Sequence[Lemma] = (),
) -> Checked:
    """Judge each theorem in the goal's scope, those before it at hand, and what is `known`.

    Raises InfrastructureError if Lean cannot be asked.
    """
    split = await verifier.split(goal, code)
    if isinstance(split, Verdict):
        return Checked(split.reason, (split,))
    split = apart(split, names_of(known))
    said, verdicts, proof = [], [], None
    for index, theorem in enumerate(split.theorems):
        if theorem.error is not None or theorem.sorry:
            said.append(unchecked(theorem))
            continue
        own = index == split.target and theorem.name in goal.statement.split()
        stated = goal if own else Goal(goal.id, goal.problem, theorem.statement, goal.header)
        candidate = Candidate(theorem.body, by, (*known, *lemmas_before(split, index)))
        verdict = await verifier.judge(stated, candidate, limits)
        said.append(told(theorem, candidate, verdict))
        verdicts.append(verdict)
        proof = candidate if own and verdict.proved else proof
    return Checked("\n\n".join(said) or nothing(split), tuple(verdicts), proof)


def lemmas_before(split: Split, index: int) -> tuple[Lemma, ...]:
    above = split.theorems[:index]
    whole = [x for x in above if x.error is None and not x.sorry]
    return tuple(Lemma(x.statement, x.body, (x.line, x.column)) for x in whole)


def unchecked(theorem: SplitTheorem) -> str:
    if theorem.error is None:
        return f"{theorem.name}: not checked, its proof has a `sorry`"
    error = theorem.error
    return f"{theorem.name}: line {error.line}, column {error.column}: {error.text}"


def told(theorem: SplitTheorem, candidate: Candidate, verdict: Verdict) -> str:
    if verdict.proved:
        return f"{theorem.name}: proved"
    at = beginning(verdict, candidate.lemmas, (theorem.line, theorem.column))
    line, _ = in_code(at, verdict.line, verdict.column)
    goals = "\n\n".join(verdict.failing.goals) if verdict.failing else ""
    place = f"{theorem.name}: line {line}: {verdict.status}: {verdict.reason}"
    return f"{place}\ngoals there:\n{goals}" if goals else place


def nothing(split: Split) -> str:
    if split.error is not None:
        return f"line {split.error.line}, column {split.error.column}: {split.error.text}"
    return "there is no theorem in it"
