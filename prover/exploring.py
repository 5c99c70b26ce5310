"""Conjectures tried out: those of which a goal follows become a sketch, and they its holes.

What the pool holds for a goal is assumed, all at once; if a proof goes through with it, what that
can do without is dropped, first what is not proved. What is left and not proved is owed: its proofs
are the search's, which refutes what is false. (Seed-Prover, 2507.23726, keeps such a pool for a
model to draw on; here the goal itself says what is of use.)
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from itertools import islice

from prover.conjecture_pool import Entry
from prover.decomposers import sketches
from prover.graph_nodes import GoalNode
from prover.inductive_proofs import alone, close, closed, have, inductions
from prover.pooling import NAME, SORRY, Lean, Pooling
from prover.scripts import body
from prover.types import Goal, Sketch

FIRST = 2
"""Sketches of the structural decomposer that are tried before: they cost next to nothing."""
MOST_ASSUMED = 16
"""Conjectures that are assumed at once."""
MOST_WAYS = 2
"""Proofs from them that become sketches."""


class Exploring:
    """Reads conjectures off a goal; with `equations`, off the functions that it rests on, which
    is dear and comes when others have said all. With `begins` the structural decomposer's first
    sketches come before."""

    name, remote = NAME, True

    def __init__(
        self, lean: Lean, pooling: Pooling, equations: bool = False, begins: bool = False
    ) -> None:
        self._lean, self._pooling, self._equations = lean, pooling, equations
        self._begins = begins
        self.stages = 1 + begins

    async def propose(self, node: GoalNode, stage: int) -> AsyncGenerator[Sequence[Sketch], None]:
        if stage == 0 and self._begins:
            yield beginning(node.goal)
            return
        if node.goal.depth and any(b.prop for b in node.goal.binders):
            return  # a case of an induction: there are many, and others are better at them
        for main in () if self._equations else inductions(node.goal):
            if await self._carries(node.goal, [], (main, False)):
                yield [Sketch(stated(node.goal, [], (main, False)), NAME)]
                return
        found = await self._pooling.fill(node.goal, self._equations)
        async for sketch in self._sketches(node.goal, found[:MOST_ASSUMED]):
            yield [sketch]

    async def _sketches(self, goal: Goal, found: list[Entry]) -> AsyncGenerator[Sketch, None]:
        """Until one owes nothing."""
        number = 0
        for main in mains(goal, found) if found else ():
            if (kept := await self._needed(goal, found, main)) is not None:
                if open := [e for e in kept if e.status == "open"]:
                    await self._pooling.joint(goal, open)
                    open = [e for e in open if e.status == "open"]
                yield Sketch(stated(goal, kept, main), NAME)
                number += 1
                if number == MOST_WAYS or not open:
                    return

    def forget(self, goal: str) -> None:
        pass

    async def _needed(
        self, goal: Goal, found: list[Entry], main: tuple[str, bool]
    ) -> list[Entry] | None:
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

    async def _carries(self, goal: Goal, found: Sequence[Entry], main: tuple[str, bool]) -> bool:
        text = stated(goal, found, main, owed=True)
        return (await self._lean.compile(goal.id, Sketch(text, NAME))).verdict.proved


def beginning(goal: Goal) -> list[Sketch]:
    return list(islice(sketches(goal), FIRST))


def mains(goal: Goal, found: Sequence[Entry]) -> list[tuple[str, bool]]:
    """Proofs that use what is assumed, and whether each wants instances of it. Without an induction
    something must say more than the goal, or less: an equation may be the goal in other words."""
    says = any(e.claim.kind != "equation" for e in found)
    first = [(close(goal), True)] if says else []
    return [*first, *((main, False) for main in inductions(goal))] or [(close(goal), False)]


def stated(goal: Goal, found: Sequence[Entry], main: tuple[str, bool], owed: bool = False) -> str:
    """The conjectures as `have`s, each by itself, and the proof that uses them; those that are
    proved with their proofs unless all are owed."""
    tactics, instances = main
    lines, names = list[str](), ", ".join(goal.definitions[:8])
    known = {} if owed else {lemma.statement: lemma for e in found for lemma in e.lemmas}
    lines += [have(lemma, goal) for lemma in known.values()]
    for e in found:
        if owed or e.proof is None:
            lines.append(f"have {e.name} : {closed(e.goal)} := by {alone(goal)}{SORRY}")
    for number, e in enumerate(found if instances else (), 1):
        if e.claim.instance:
            lines.append(f"have at{number} := {e.name} {e.claim.instance}")
            lines.append(f"try simp [{names}] at at{number}")
    return body(goal, "\n".join([*lines, tactics]))
