"""Refuting a goal: its negation as a statement of its own, and Lean's word on proofs of it.

Nothing but a proof of the negation, judged like any other (kernel, axioms), refutes a goal.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from prover.disproving import Disproof, disproofs
from prover.lean import source
from prover.lean.verifier import Unsupported, Verifier, Wanted
from prover.refuting import Trial, trials
from prover.types import Candidate, Goal, Limits, Problem, Verdict

HEARTBEATS = 1_500
"""A trial that takes more is of no use: proofs are still to be tried."""
AUTOMATION = 600
"""Of a try by automation, which seldom tells anything of what bounded testing has let pass: with
1,500 these tries took 12 % of a campaign's Lean seconds."""
SECONDS = 5.0


@dataclass(frozen=True)
class Refutation:
    """One thing that Lean was asked on the way."""

    statement: str
    candidate: Candidate
    verdict: Verdict
    counterexample: str = ""
    """Of a proof: the values, as far as they are known."""
    narrowing: bool = False
    """The goal was known to be false: it was asked for the sake of the counterexample."""


async def refutations(
    verifier: Verifier, goal: Goal, limits: Limits, wanted: Wanted
) -> AsyncIterator[Refutation]:
    """Everything that was tried, in order; a proof that counts is the last.

    Raises Dropped if a worker comes too late, and InfrastructureError if Lean cannot be asked.
    """
    negated = await negation(verifier, goal)
    if negated is None:
        return
    cheap, cheaper = (
        Limits(min(limits.heartbeats or most, most), min(limits.seconds, SECONDS))
        for most in (HEARTBEATS, AUTOMATION)
    )
    for trial in (*trials(goal), *disproofs(goal)):
        allowed = cheaper if isinstance(trial, Disproof) else cheap
        verdict = await verifier.judge(negated, trial.candidate, allowed, wanted)
        found = Refutation(negated.statement, trial.candidate, verdict)
        if not verdict.proved:
            yield found
            continue
        # From here on it is wanted whatever becomes of the goal: were it proved, it would be news.
        while halves := trial.halves():
            verdict = await verifier.judge(negated, halves[0].candidate, cheap)
            yield replace(found, candidate=halves[0].candidate, verdict=verdict, narrowing=True)
            trial = halves[0] if verdict.proved else halves[1]
        yield await confirmed(verifier, goal, found, trial, cheap)
        return


async def negation(verifier: Verifier, goal: Goal) -> Goal | None:
    """The goal's negation as Lean reads it; None where it is not to be had as a closed `¬`.

    What a header's `variable` or an implicit variable adds would stand outside the `¬`, and a
    statement about all elements of an empty type is no negation of anything.
    """
    statement = source.negation(goal.statement, f"{name_of(goal)}.refuted")
    if statement is None:
        return None
    opened = await verifier.open(Problem(goal.id, statement, goal.header))
    closed = not isinstance(opened, Unsupported) and not opened.binders and opened.head == "Not"
    return opened if closed and isinstance(opened, Goal) else None


def name_of(goal: Goal) -> str:
    """As the statement has it: Lean looks names up in the theorem's own namespace first."""
    return source.theorems(goal.statement)[0]["name"]


async def confirmed(
    verifier: Verifier, goal: Goal, found: Refutation, trial: Trial | Disproof, limits: Limits
) -> Refutation:
    """The proof with one value a variable, if it holds, else the one that was found.

    Before it counts Lean reads what stands under the `¬`: it must be the goal.
    """
    positive = found.statement.replace(": ¬ (", ": (", 1)
    same = await verifier.open(Problem(goal.id, positive, goal.header))
    if isinstance(same, Unsupported) or shape(same) != shape(goal):
        what = "what stands under the negation is not the goal"
        verdict = replace(found.verdict, status="rejected", kind="statement", reason=what)
        return replace(found, verdict=verdict)
    negated = replace(goal, statement=found.statement)
    verdict = await verifier.judge(negated, trial.candidate, limits)
    exact = replace(
        found, candidate=trial.candidate, verdict=verdict, counterexample=trial.counterexample
    )
    return exact if verdict.proved else found


def shape(goal: Goal) -> tuple[object, ...]:
    return goal.key, goal.target, [(b.type, b.prop) for b in goal.binders]
