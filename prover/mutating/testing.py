"""What Lean says of one mutant: is it dull, proved by something cheap, refuted, or open?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from prover.lean.verifier import Unsupported, Verifier, always
from prover.linting import absurdity
from prover.mutating.forms import Mutant, signature
from prover.playground.made import Standing
from prover.refutation import Refutation, confirmed, negation, refutations
from prover.refuting import Trial, columns
from prover.scripts import body
from prover.types import Candidate, Goal, Limits, Problem
from prover.values import Values, inductives, neighbours

EACH = Limits(heartbeats=4_000, seconds=10.0)
"""Of one cheap proof; the wall clock is a backstop on a machine with much to do."""
DULL = ("assumption", "contradiction", "with_reducible rfl", "(intros; assumption)")
MOST_INSTANCES = 400
"""Of a mutant that would stay open: most mutants are false, which most goals of a search are not,
so they get six times the search's instances. About a second of the embedded Lean."""


@dataclass(frozen=True)
class Said:
    """What Lean said of one mutant."""

    outcome: str
    """`dull`, `linted`, `unproved`, or how it stands: a `Standing`."""
    proof: str = ""
    refutation: Refutation | None = None

    @property
    def standing(self) -> Standing | None:
        return self.outcome if self.outcome in ("open", "proved", "refuted") else None  # type: ignore[return-value]


async def judged(verifier: Verifier, mutant: Mutant, goal: Goal) -> Said:
    """A parent's proof, a cheap one, a counterexample, in this order."""
    if reckoned(mutant, goal) or await proves(verifier, goal, dull(mutant, goal)):
        return Said("dull")
    for text in (*mutant.bodies, cheap(goal)):
        if await proves(verifier, goal, text):
            sense = not await contradictory(verifier, goal)
            return Said("proved", text) if sense else Said("linted")
    if mutant.how == "negated":
        return Said("open")
    found = await refuted(verifier, goal)
    if found is not None:
        return Said("refuted", refutation=found)
    return Said("unproved" if mutant.only_proved else "open")


STEPS = ("lemma", "abstracted", "hole", "special")


def reckoned(mutant: Mutant, goal: Goal) -> bool:
    """A step or a special case without variables: `0 ≤ 5`."""
    return mutant.how in STEPS and not any(not b.prop for b in goal.binders) and goal.head != "Not"


def dull(mutant: Mutant, goal: Goal) -> str:
    """What proves only what needs no proof. Where constants were changed a value that is reckoned
    out may be the point; of a step or a special case it is none, nor is what `simp` does alone."""
    ways = DULL if mutant.how == "changed" else (*DULL, "rfl")
    ways = (*ways, "simp; done") if mutant.how in STEPS else ways
    return body(goal, "first | " + " | ".join(ways))


async def proves(verifier: Verifier, goal: Goal, text: str) -> bool:
    return (await verifier.judge(goal, Candidate(text, "mutate"), EACH)).proved


def cheap(goal: Goal) -> str:
    """One script of the automation there is, with the definitions that the goal rests on."""
    names = f" [{', '.join(goal.definitions[:8])}]" if goal.definitions else ""
    ways = f"omega | decide | simp_all{names} | grind{names}"
    each = f" | (refine ⟨?_, ?_⟩ <;> first | {ways})" if goal.head == "And" else ""
    return body(goal, f"first | {ways}{each}")


async def contradictory(verifier: Verifier, goal: Goal) -> bool:
    """Do its hypotheses prove anything, as far as a cheap proof can tell?"""
    absurd = absurdity(goal) if any(b.prop for b in goal.binders) else None
    opened = await verifier.open(absurd) if absurd else None
    return isinstance(opened, Goal) and await proves(verifier, opened, cheap(opened))


async def refuted(verifier: Verifier, goal: Goal) -> Refutation | None:
    async for tried in refutations(verifier, goal, EACH, always):
        if tried.verdict.proved and not tried.narrowing:
            return tried
    return await refuted_further(verifier, goal)


async def refuted_further(verifier: Verifier, goal: Goal) -> Refutation | None:
    """On more values than a search can afford."""
    negated = await negation(verifier, goal)
    for trial in wide(goal) if negated else ():
        assert negated is not None
        verdict = await verifier.judge(negated, trial.candidate, EACH)
        if not verdict.proved:
            continue
        found = Refutation(negated.statement, trial.candidate, verdict)
        while halves := trial.halves():
            verdict = await verifier.judge(negated, halves[0].candidate, EACH)
            trial = halves[0] if verdict.proved else halves[1]
        exact = await confirmed(verifier, goal, found, trial, EACH)
        return exact if exact.verdict.proved else None
    return None


def wide(goal: Goal) -> Iterator[Trial]:
    """Of statements about numbers only: values of other types are dear, and few tell more."""
    variables = [b for b in goal.binders if not b.prop]
    if variables and all(b.head in ("Nat", "Int", "Bool") for b in variables):
        text = " ".join([goal.target, *(b.type for b in goal.binders)])
        for near in ((), neighbours(text)):
            values = columns(goal, Values(inductives(goal.header), near), MOST_INSTANCES)
            if values is not None:
                yield Trial(goal, values)


async def normal(verifier: Verifier, of: Problem, goal: Goal) -> tuple[Problem, Goal]:
    """The statement as Lean prints it, where Lean reads that as the same goal: types that were left
    to be found are written out, needless brackets are gone."""
    if any("✝" in b.name for b in goal.binders):
        return of, goal
    text = re.sub(r"\s+", " ", signature(goal.binders, goal.target))
    printed = replace(of, statement=f"theorem {of.name} {text}")
    if printed.statement == of.statement:
        return of, goal
    again = await verifier.open(printed)
    same = not isinstance(again, Unsupported) and again.key == goal.key
    return (printed, again) if same and isinstance(again, Goal) else (of, goal)
