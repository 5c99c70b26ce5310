"""Finished runs as training rows that are as short as Lean allows.

Every proof of a verified problem (tier 2), the goals that a sketch proved included: those become
one body without lemmas (`wholes`), and each body is shortened (`pruning`). A body that differs from
the run's was taken by Lean; one that does not has the run's own verdict. `by` ends in `+whole` or
`+pruned` where that was done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode, text_digest
from prover.lean.source import rename
from prover.lean.verifier import Verifier
from prover.recycling.asking import Asking, Spent
from prover.recycling.pruning import SUFFIX, Pruned, Pruner
from prover.recycling.wholes import Body, Whole
from prover.training.rows import Failures, Row, as_row
from prover.types import Candidate, Goal, Limits

T = TypeVar("T")

MOST_CHECKS = 2_000
"""Checks for a run."""
EACH = 60
"""Checks to shorten one proof."""
TOGETHER = 8
"""Problems under way at a time."""


@dataclass
class Counts:
    direct: int = 0
    """Goals that one candidate without lemmas proved."""
    composed: int = 0
    """Goals that a sketch proved, or a candidate with lemmas: none of them gives a row as it is."""
    whole: int = 0
    """Of these, those that have one body now."""
    pruned: int = 0
    """Proofs that became shorter."""
    cut_off: int = 0
    """Proofs that the bound of checks left where they were, perhaps not as short as can be."""
    characters_before: int = 0
    """Of the bodies of all rows, corrections aside."""
    characters_after: int = 0
    checks: int = 0
    """Requests to Lean."""
    lean_seconds: float = 0.0


@dataclass
class Recycled:
    rows: list[Row] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)


async def recycle(
    verifier: Verifier,
    graph: ProofGraph,
    limits: Limits,
    failures: Failures | None = None,
    most_checks: int = MOST_CHECKS,
    prune: bool = True,
) -> Recycled:
    """The rows of a run's verified problems, problem by problem; with `failures` their corrections.

    Raises InfrastructureError if Lean cannot be asked.
    """
    recycling = Recycling(verifier, graph, limits, most_checks, prune)
    return await recycling.run(failures or {})


class Recycling:
    def __init__(
        self, verifier: Verifier, graph: ProofGraph, limits: Limits, most: int, prune: bool
    ) -> None:
        self._graph, self._limits, self._prune = graph, limits, prune
        self._asking = Asking(verifier, most)
        self._plain: dict[str, tuple[Body, ...]] = {}
        self._done: dict[str, tuple[Body, ...]] = {}
        self._shortened: dict[str, Pruned] = {}
        self._counts = Counts()

    async def run(self, failures: Failures) -> Recycled:
        """First all that is whole, which is cheap, so that the bound cuts off what shortens."""
        await self._each(lambda node: self._whole(node.goal.id))
        found = await self._each(lambda node: self._rows(node, failures))
        self._counts.checks = self._asking.checks
        self._counts.lean_seconds = round(self._asking.seconds, 2)
        return Recycled([row for rows in found for row in rows], self._counts)

    async def _each(self, act: Callable[[GoalNode], Awaitable[T]]) -> list[T]:
        """Of all goals, in their order, some problems at a time."""
        gate = asyncio.Semaphore(TOGETHER)

        async def one(problem: list[GoalNode]) -> list[T]:
            async with gate:
                return [await act(node) for node in problem]

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(problem)) for problem in proved(self._graph)]
        except ExceptionGroup as failed:  # the first says why, the others were cancelled or alike
            raise failed.exceptions[0] from None
        return [result for task in tasks for result in task.result()]

    async def _rows(self, node: GoalNode, failures: Failures) -> list[Row]:
        direct = isinstance(node.proof, Candidate) and not node.proof.lemmas
        self._counts.direct += direct
        self._counts.composed += not direct
        bodies = await self._bodies(node.goal.id)
        if not bodies:
            return []
        short, whole = bodies[0].candidate, bodies[-1].candidate
        self._counts.whole += not direct
        self._counts.pruned += len(short.body) < len(whole.body)
        self._counts.characters_before += len(whole.body)
        self._counts.characters_after += len(short.body)
        split = self._graph.problems[node.goal.problem].problem.split
        found = (None, *failures.get(node.goal.id, ()))
        return [as_row(node, short, split, failure) for failure in found]

    async def _bodies(self, goal: str) -> tuple[Body, ...]:
        """The goal's shortened proof, and the one that it was made from."""
        if goal not in self._done:
            self._done[goal] = await self._make(self._graph.goals[goal])
        return self._done[goal]

    async def _whole(self, goal: str) -> tuple[Body, ...]:
        """The goal's proof in one piece, nothing shortened."""
        if goal not in self._plain:
            whole = Whole(self._asking, self._graph, self._limits, self._whole)
            try:
                made = await whole.of(self._graph.goals[goal])
            except Spent:
                made = None
            self._plain[goal] = (made,) if made else ()
        return self._plain[goal]

    async def _make(self, node: GoalNode) -> tuple[Body, ...]:
        """Made of the shortened proofs below it, which leaves less to shorten."""
        plain = await self._whole(node.goal.id)
        if not plain or not self._prune:
            return plain
        try:
            whole = Whole(self._asking, self._graph, self._limits, self._bodies)
            made = await whole.of(node) or plain[0]
        except Spent:
            made = plain[0]
        done = await self._short(node.goal, made)
        self._counts.cut_off += not done.minimal
        if len(done.candidate.body) >= len(plain[0].candidate.body.rstrip()):
            return plain
        body = replace(made.candidate, body=done.candidate.body, by=made.candidate.by + SUFFIX)
        return Body(body, None), plain[0]

    async def _short(self, goal: Goal, made: Body) -> Pruned:
        """Equal proofs of equal statements are shortened once."""
        proof = made.candidate
        same = text_digest("\n".join([goal.header, rename(goal.statement, "_"), proof.body]))
        if same not in self._shortened:
            part = self._asking.part(EACH)
            pruner = Pruner(part, goal, proof, self._limits, made.verdict)
            self._shortened[same] = await pruner.run()
        return self._shortened[same]


def proved(graph: ProofGraph) -> Iterator[list[GoalNode]]:
    """The proved goals of each verified problem."""
    for name, problem in graph.problems.items():
        if graph.problem_state(name) == "verified" and problem.root:
            below = (graph.goals[goal] for goal in graph.below(problem.root))
            yield [node for node in below if node.status == "proved"]
