"""Conjectures tried out: those of which a goal follows become a sketch, and they its holes.

Equations about the goal's definitions that Lean finds true on a few values are assumed, all at
once; if a proof by induction goes through with them, those that it can do without are dropped. What
is left is owed: its proofs are the search's, which refutes what is false. (Seed-Prover, 2507.23726,
keeps such a pool for a model to draw on; here the goal itself says what is of use.)
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from itertools import islice

from prover.conjectures import SIZES, Conjecture, Theory, evaluation, read_table, tables
from prover.decomposers import data, mentions_type, recursive_variables, sketches
from prover.graph_nodes import GoalNode
from prover.lean.verifier import Compiled
from prover.scripts import body
from prover.types import Candidate, Goal, Sketch, Verdict

NAME = "conjectures"
SORRY = "sorry"
FIRST = 2
"""Sketches of the structural decomposer that are tried before: they cost next to nothing."""
MOST_SECONDS = 2.5
"""Lean seconds for the values of one header's terms: the larger ones are left out then."""
MOST_MAINS = 4
"""Proofs of a goal that are tried with the conjectures."""
MOST_WAYS = 2
"""Such proofs that become sketches."""

Judge = Callable[[str, Candidate], Awaitable[Verdict]]
"""Lean's word on a candidate for a goal, booked to it."""
Compile = Callable[[str, Sketch], Awaitable[Compiled]]
"""The same of a sketch; one that leads in a circle is refused."""


class Exploring:
    name, stages, remote = NAME, 2, True

    def __init__(self, judge: Judge, compile: Compile) -> None:
        self._judge, self._compile = judge, compile
        self._known: dict[tuple[str, tuple[str, ...]], list[Conjecture]] = {}

    async def propose(self, node: GoalNode, stage: int) -> AsyncGenerator[Sequence[Sketch], None]:
        if stage == 0:
            yield list(islice(sketches(node.goal), FIRST))
            return
        law = not any(b.prop for b in node.goal.binders)
        found = await self._conjectures(node.goal) if law or not node.goal.depth else []
        others = await self._others(node.goal, found) if found else []
        ways = 0
        for main in mains(node.goal) if others else ():
            if (kept := await self._needed(node.goal, others, main)) is not None:
                yield [await self._proved(node.goal, kept, main)]
                ways += 1
                if ways == MOST_WAYS:
                    return

    def forget(self, goal: str) -> None:
        pass

    async def _conjectures(self, goal: Goal) -> list[Conjecture]:
        """About the definitions that a goal rests on: found out once for all such goals."""
        about = (goal.header, tuple(sorted(goal.definitions)))
        if about not in self._known:
            theory, spent = Theory(goal), 0.0
            for size in SIZES if theory.variables else ():
                for table, terms in tables(theory, theory.round(size)):
                    if spent < MOST_SECONDS:
                        verdict = await self._judge(goal.id, Candidate(evaluation(table), NAME))
                        spent += verdict.seconds
                        shown = verdict.failing.goals if verdict.failing else ()
                        theory.learn(read_table(shown[0], terms) if shown else {})
            self._known[about] = theory.conjectures
        return self._known[about]

    async def _others(self, goal: Goal, found: Sequence[Conjecture]) -> list[Conjecture]:
        """Without those that hold by definition, and without the goal itself."""
        owed = await self._owed(goal, found, "sorry", ["intros; rfl"] * len(found))
        return [
            law
            for law, hole in zip(found, owed or [], strict=False)
            if hole is not None and hole.conclusion != goal.conclusion
        ]

    async def _proved(self, goal: Goal, found: Sequence[Conjecture], main: str) -> Sketch:
        """With the proofs of those that follow by induction at once."""
        tried = [by_induction(law, goal) for law in found]
        owed = await self._owed(goal, found, main, tried)
        if owed is None:
            return Sketch(stated(goal, found, main, [SORRY] * len(found)), NAME)
        proofs = [SORRY if hole else proof for hole, proof in zip(owed, tried, strict=True)]
        return Sketch(stated(goal, found, main, proofs), NAME)

    async def _owed(
        self, goal: Goal, found: Sequence[Conjecture], main: str, proofs: Sequence[str]
    ) -> list[Goal | None] | None:
        """Of each law what its proof leaves to be proved; None if Lean does not say."""
        text = stated(goal, found, main, [f"first | ({proof}) | {SORRY}" for proof in proofs])
        compiled = await self._compile(goal.id, Sketch(text, NAME))
        if not compiled.verdict.proved:
            return None
        places = {hole.start: of for hole, of in zip(compiled.holes, compiled.goals, strict=True)}
        starts = [match.start() for match in re.finditer(SORRY, text)]
        return [places.get(start) for start in starts[: len(found)]]

    async def _needed(
        self, goal: Goal, found: list[Conjecture], main: str
    ) -> list[Conjecture] | None:
        """As few of them as the proof goes through with; None if it does not with all."""
        if not await self._carries(goal, found, main):
            return None
        size = len(found)
        while size:
            for at in range(len(found) - size, -1, -size):
                fewer = found[:at] + found[at + size :]
                if await self._carries(goal, fewer, main):
                    found = fewer
            size = (size + 1) // 2 if size > 1 else 0
        return found

    async def _carries(self, goal: Goal, found: Sequence[Conjecture], main: str) -> bool:
        text = stated(goal, found, main, [SORRY] * len(found))
        return (await self._compile(goal.id, Sketch(text, NAME))).verdict.proved


def stated(goal: Goal, found: Sequence[Conjecture], main: str, proofs: Sequence[str]) -> str:
    """The conjectures as `have`s, each by itself, and the proof that uses them."""
    haves, before = list[str](), [b.name for b in goal.binders]
    for i, (law, proof) in enumerate(zip(found, proofs, strict=True), 1):
        alone = "".join(f"try clear {name}; " for name in reversed(before))
        haves.append(f"have law{i} : {law.statement} := by {alone}{proof}")
        before.append(f"law{i}")
    return body(goal, "\n".join([*haves, main]))


def close(goal: Goal) -> str:
    names = ", ".join(goal.definitions[:8])
    return f"first | (simp [{names}, *]; done) | grind [{names}] | (simp [{names}, *]; omega)"


def by_induction(law: Conjecture, goal: Goal) -> str:
    names = [v.name for v in law.left.variables]
    ways = [close(goal)]
    for name in names:
        others = " ".join(n for n in names if n != name)
        general = f" generalizing {others}" if others else ""
        ways.append(f"induction {name}{general} <;> {close(goal)}")
    intro = f"intro {' '.join(names)}; " if names else ""
    return f"{intro}first | {' | '.join(f'({way})' for way in ways)}"


def mains(goal: Goal) -> list[str]:
    """Proofs that use what is assumed: by induction, if there is anything for it."""
    found = list[str]()
    for var in recursive_variables(goal)[:2]:
        others = [b.name for b in data(goal) if b.name != var.name and not mentions_type(var, b)]
        found.append(f"induction {var.name} <;> {close(goal)}")
        if others:
            found.append(f"induction {var.name} generalizing {' '.join(others)} <;> {close(goal)}")
    return found[:MOST_MAINS] or [close(goal)]
