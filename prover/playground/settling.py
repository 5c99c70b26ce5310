"""What Lean says of a drawn statement at little cost: proved, refuted, or open.

A few scripts with small limits, one request each, so that the proof that is kept is one tactic;
then the refuter, but only for what Python did not find true on small values: most of what is drawn
is true, and to look for a counterexample there costs more than all the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

from prover.lean.verifier import Verifier, always
from prover.playground.made import Standing
from prover.refutation import refutations
from prover.scripts import Script, body
from prover.types import Candidate, Goal, Limits

CHEAP = Limits(heartbeats=1_000, seconds=5.0)
"""Of one script: what takes more is no easy problem."""


@dataclass(frozen=True)
class Settled:
    standing: Standing
    proof: str = ""
    counterexample: str = ""


async def settle(verifier: Verifier, goal: Goal, likely: bool | None) -> Settled:
    """`likely` is what Python thinks of it. Raises InfrastructureError if Lean cannot be asked."""
    if likely is not False:
        for script in scripts(goal):
            candidate = Candidate(body(goal, script.text), f"playground:{script.name}")
            if (await verifier.judge(goal, candidate, CHEAP)).proved:
                return Settled("proved", candidate.body)
    if not likely:
        async for tried in refutations(verifier, goal, CHEAP, always):
            if tried.verdict.proved and not tried.narrowing:
                return Settled("refuted", counterexample=tried.counterexample)
    return Settled("open")


def scripts(goal: Goal) -> list[Script]:
    """One tactic each, the cheapest first."""
    names = f" [{', '.join(goal.definitions[:8])}]" if goal.definitions else ""
    made = [Script("omega", "omega", 1)]
    if goal.definitions:
        made.append(Script("simp", f"simp{names}", 2))
    else:
        made.append(Script("simp_all", "simp_all", 2))
    if all(binder.prop for binder in goal.binders[: len(goal.binders) - len(goal.intros)]):
        closed = Script("decide", "decide", 1)
        made.insert(0, closed) if not goal.intros else made.append(closed)
    return [*made, Script("grind", f"grind{names}", 3)]
