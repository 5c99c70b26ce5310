"""Proof attempts at a goal's negation, for what bounded testing cannot decide; pure.

A statement and its negation are both tried, as by DeepSeek-Prover (arXiv 2405.14333), here by
Lean's automation. Most goals are true, so it is little, and only where the kernel had no say: what
it can decide was found true of small values a moment ago. Numbers after `∃` get bounds, so that the
kernel can decide; then automation looks at instances one by one; where there are no variables it
looks at the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from prover.graph_nodes import REFUTER
from prover.refuting import FOUND, MOST_TUPLES, Trial, bare, columns
from prover.types import Candidate, Goal
from prover.values import Values, fair, inductives

MOST_INSTANCES = 8
"""Choices of values that automation looks at, one after the other, within one attempt."""
MOST_NUMBERS = 32
"""Values of a variable that is the only one where an `∃` has bounds."""
EXISTS = re.compile(r"∃ ((?:[\w']+ )*[\w']+), ")
"""As Lean prints it where the types can be told; `∃ x ∈ xs` and the like are decidable anyway."""


@dataclass(frozen=True)
class Disproof:
    """Automation on instances of the negated goal, or, if there are none, on the whole of it."""

    goal: Goal
    instances: tuple[tuple[str, ...], ...] = ()
    """Of each a value for every binder; empty for a hypothesis."""

    @property
    def candidate(self) -> Candidate:
        hints = f" [{', '.join(self.goal.definitions[:8])}]" if self.goal.definitions else ""
        lines = ["by", "  intro claim"]
        if not self.instances:
            close = f"first | grind{hints} | (simp{hints} at claim; done) | fail"
            return Candidate("\n".join([*lines, f"  {close}"]), f"{REFUTER}:automation")
        if len(self.instances) > 1:
            lines += self._unless_decidable()
        lines.append("  first")
        for instance in self.instances:
            given = " ".join(value or "?_" for value in instance)
            # First the conclusion, which mostly holds: that is seen soon.
            lines.append(f"  | refine (?_ : ¬ _) (@claim {given})")
            lines.append(f"      <;> first | {' | '.join(ways(hints))}")
        return Candidate("\n".join([*lines, "  | fail"]), f"{REFUTER}:instances")

    def _unless_decidable(self) -> list[str]:
        """An end to it where the kernel could decide an instance: it has."""
        pairs = list(zip(self.goal.binders, self.instances[0], strict=True))
        given = " ".join(value or b.name for b, value in pairs)
        bound = " ".join(b.name for b, value in pairs if not value)
        claim = f"fun {bound} => @claim {given}" if bound else f"@claim {given}"
        decided = f"refine absurd ({claim}) ?_; refine of_decide_eq_true ?_"
        return [f"  fail_if_success ({decided})"]

    @property
    def counterexample(self) -> str:
        if len(self.instances) != 1:
            return ""
        pairs = zip(self.goal.binders, self.instances[0], strict=True)
        return ", ".join(f"{b.name} = {bare(v)}" for b, v in pairs if v and v != FOUND)

    def halves(self) -> tuple[Disproof, Disproof] | None:
        """What to look at next, and what it is if not that; None if one instance is left."""
        if len(self.instances) < 2:
            return None
        half = (len(self.instances) + 1) // 2
        first, rest = self.instances[:half], self.instances[half:]
        return replace(self, instances=first), replace(self, instances=rest)


def ways(hints: str) -> list[str]:
    """To a hypothesis of an instance, and to the negation of its conclusion; `c` and `hy` are for
    what stands in a definition of the header or under an `∃`."""
    simp = f"simp +decide{hints}; done"
    at = "have a := hy 0; have b := hy 1; have c := hy (y + 1)"
    return [
        f"({simp})",
        f"grind{hints}",
        f"(intro ⟨y, hy⟩; {at}; grind{hints})",
        f"(intro c; refine absurd (c 0 1) ?_; {simp})",
    ]


def disproofs(goal: Goal) -> Iterator[Trial | Disproof]:
    """The cheapest first."""
    if (trial := bounded(goal)) is not None:
        yield trial
    if all(b.prop for b in goal.binders):
        yield Disproof(goal)
    elif instances := chosen(goal):
        yield Disproof(goal, instances)


def chosen(goal: Goal) -> tuple[tuple[str, ...], ...]:
    """The early values of all variables, a few of each; none if some variable has none."""
    found = columns(goal, Values(inductives(goal.header)), MOST_TUPLES)
    if found is None:
        return ()
    return tuple(fair([values or ("",) for values in found], MOST_INSTANCES))


def bounded(goal: Goal) -> Trial | None:
    """For `∃ a b, ...` over numbers below what the variables add up to: with the bounds written
    out it is decidable, so values are tested as ever. Whether they hold is for `omega` to see."""
    match = EXISTS.match(goal.target)
    numbers = [b.name for b in goal.binders if b.head == "Nat"]
    if goal.head != "Exists" or match is None or not numbers:
        return None
    names, rest, above = match[1].split(), goal.target[match.end() :], " + ".join(numbers)
    while (more := EXISTS.match(rest)) is not None:
        names, rest = [*names, *more[1].split()], rest[more.end() :]
    values = columns(goal, Values(inductives(goal.header)), MOST_TUPLES)
    if values is not None and all(b.prop or b.name == above for b in goal.binders):
        values = tuple(tuple(map(str, range(MOST_NUMBERS))) if v else () for v in values)
    return Trial(goal, values, before=with_bounds(goal, names, rest, above)) if values else None


def with_bounds(goal: Goal, names: list[str], rest: str, above: str) -> tuple[str, ...]:
    """Tactics that put `∃ x, x < above + 1 ∧ ...` in the claim; squares are seen to be larger."""
    binders = " ".join(f"({b.name} : {b.type})" for b in goal.binders)
    own = " ".join(b.name for b in goal.binders)
    small = "".join(f"∃ {x}, {x} < {above} + 1 ∧ " for x in names)
    facts = "; ".join(f"have := Nat.le_mul_self {x}" for x in names)
    witness = ", ".join(f"{x}, by omega" for x in names)
    return (
        f"have claim : ∀ {binders}, {small}({rest}) := by",
        f"  intro {own}",
        f"  obtain ⟨{', '.join(names)}, found⟩ := @claim {own}",
        f"  {facts}",
        f"  exact ⟨{witness}, found⟩",
    )
