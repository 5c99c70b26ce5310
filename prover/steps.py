"""Single tactics that fit a goal's shape. What one of them leaves is a sketch, so that the graph's
own best-first order searches over proof states, and equal states are one goal.

Which tactics: those of the textbook's proofs that the portfolio's scripts do not begin with, since
what such a script leaves is known already when it fails.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from itertools import islice

from prover.graph_nodes import GoalNode, Records
from prover.number_scripts import mentions_in
from prover.scripts import body, splittable
from prover.types import Binder, Candidate, Goal

MOST_STEPS = 8
"""Tactics tried on one goal at most; they come best first."""

Step = tuple[str, str]
"""Its name and its tactic."""

CHOICE = re.compile(r"(?<![\w.])(?:if|match)(?![\w'])")
ARROW = re.compile(r"∀|→")


class Steps:
    name, stages, remote = "steps", 1, False

    async def propose(
        self, node: GoalNode, stage: int, records: Records
    ) -> AsyncGenerator[Sequence[Candidate], None]:
        found = islice(distinct(steps(node.goal)), MOST_STEPS)
        yield [Candidate(body(node.goal, text), f"{self.name}:{name}") for name, text in found]

    def forget(self, goal: str) -> None:
        pass


def distinct(found: Iterator[Step]) -> Iterator[Step]:
    seen: set[str] = set()
    for name, text in found:
        if text not in seen:
            seen.add(text)
            yield name, text


def steps(goal: Goal) -> Iterator[Step]:
    """In the order in which they are worth trying."""
    props = [b for b in goal.binders if b.prop]
    yield from choices(goal, props)
    yield from equations(goal, props)
    yield from on_hypotheses(goal, props)
    yield from on_target(goal)


def choices(goal: Goal, props: Sequence[Binder]) -> Iterator[Step]:
    """`if` and `match`, in the target first."""
    if CHOICE.search(goal.target):
        yield "split", "split"
    for h in props:
        if CHOICE.search(h.type):
            yield "split-at", f"split at {h.name}"


def equations(goal: Goal, props: Sequence[Binder]) -> Iterator[Step]:
    """Hypotheses `a = b` used from left to right where `a` is in the target, or away altogether."""
    equal = [h for h in props if h.head == "Eq"]
    data = {b.name for b in goal.binders if not b.prop}
    for h in equal:
        left, _, right = h.type.partition(" = ")
        if left in data or right in data:
            yield "subst", "subst_vars"
        elif left in goal.target:
            yield "rw", f"rw [{h.name}]"
        elif right in goal.target and len(right) > 1:
            yield "rw-back", f"rw [← {h.name}]"


def on_hypotheses(goal: Goal, props: Sequence[Binder]) -> Iterator[Step]:
    for h in props:
        if h.head in ("And", "Exists"):
            yield "rcases", f"rcases {h.name} with ⟨{h.name}1, {h.name}2⟩"
        elif h.head == "Or":
            yield "rcases", f"rcases {h.name} with {h.name} | {h.name}"
    for h in props:
        last = ARROW.split(h.type)[-1].split(" ", 2)
        if ARROW.search(h.type) and any(word in goal.target for word in last if len(word) > 1):
            yield "apply", f"apply {h.name}"
    numbers = [b for b in goal.binders if not b.prop and mentions_in(goal.target, b.name)]
    for h in props:
        for b in numbers:
            if re.match(rf"∀ [^,]*: {re.escape(b.type)}\b|∀ \w+,", h.type):
                yield "have", f"have {h.name}{b.name} := {h.name} {b.name}"


def on_target(goal: Goal) -> Iterator[Step]:
    if goal.head == "And":
        yield "constructor", "constructor"
    if goal.head == "Eq" and "fun " in goal.target:
        yield "funext", "funext x"
    if goal.head == "Eq":
        yield "ext", "ext"
    if goal.definitions:
        yield "unfold", f"unfold {goal.definitions[0]}"
        yield "simp-only", f"simp only [{', '.join(goal.definitions[:8])}]"
    for b in goal.binders:
        if splittable(b) and mentions_in(goal.target, b.name):
            yield "cases", f"cases {b.name}"
    if goal.head == "Eq":
        yield "congr", "congr 1"
    if goal.head not in ("Not", "False", "Eq", "Exists", "And", "Iff"):
        yield "by-contradiction", "refine Classical.byContradiction fun hn => ?_"
