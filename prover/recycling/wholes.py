"""Goals that a sketch proved, or a candidate with lemmas of its own, as one body without lemmas.

Lean takes every body before it counts. With all holes filled by the scripts of their goals it most
often does at once; if it does not, they are filled one after the other, while the theorems of the
rest still stand above, which is known to hold.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

from prover.assembly import fill_holes, standalone
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode, SketchNode
from prover.lean.verifier import Verifier
from prover.llm.prompts import script
from prover.recycling.asking import Asking
from prover.recycling.splicing import WAYS, filled, have, indented
from prover.types import Candidate, Goal, Hole, Lemma, Limits, Verdict

SUFFIX = "+whole"


@dataclass(frozen=True)
class Body:
    """A goal's proof without lemmas, and Lean's word on it if it is known."""

    candidate: Candidate
    verdict: Verdict | None


Bodies = Callable[[str], Awaitable[Sequence[Body]]]
"""Proofs of the goal of a hole, the one to be preferred first; none if there is no such proof."""


async def whole(
    verifier: Verifier, graph: ProofGraph, goal_id: str, limits: Limits
) -> Candidate | None:
    """A proved goal's proof as one body; None if Lean takes none of those that were tried.

    Raises InfrastructureError if Lean cannot be asked, and UserError for a goal without a proof.
    """
    asking = Asking(verifier)

    async def bodies(goal: str) -> list[Body]:
        made = await Whole(asking, graph, limits, bodies).of(graph.goals[goal])
        return [made] if made else []

    found = await bodies(goal_id)
    return found[0].candidate if found else None


class Whole:
    def __init__(self, asking: Asking, graph: ProofGraph, limits: Limits, bodies: Bodies) -> None:
        self._asking, self._graph, self._limits, self._bodies = asking, graph, limits, bodies

    async def of(self, node: GoalNode) -> Body | None:
        """Raises Spent if the checks did not suffice."""
        if isinstance(node.proof, Candidate):
            if not node.proof.lemmas:
                return Body(node.proof, node.verdict)
            return await self._inlined(node.goal, node.proof)
        return await self._composed(node.goal, self._graph.sketches[str(node.proof)])

    async def _inlined(self, goal: Goal, proof: Candidate) -> Body | None:
        for text in inlinings(proof):
            if found := await self._taken(goal, Candidate(text, proof.by + SUFFIX)):
                return found
        return None

    async def _composed(self, goal: Goal, node: SketchNode) -> Body | None:
        ways = dict[str, list[str]]()
        for hole in node.holes:
            bodies = await self._bodies(hole.goal)
            ways[hole.goal] = list(dict.fromkeys(self._scripts(hole, bodies)))
            if not ways[hole.goal]:
                return None
        body, by = node.sketch.body, node.sketch.by + SUFFIX
        at_once = filled(body, [(hole, ways[hole.goal][0]) for hole in node.holes])
        return await self._taken(goal, Candidate(at_once, by)) or await self._one_by_one(
            goal, node, ways
        )

    def _scripts(self, hole: Hole, bodies: Sequence[Body]) -> Iterator[str]:
        for way in WAYS:
            for body in bodies:
                own = self._graph.goals[hole.goal].goal
                if text := way(own, hole, script(body.candidate.body)):
                    yield text

    async def _one_by_one(
        self, goal: Goal, node: SketchNode, ways: dict[str, list[str]]
    ) -> Body | None:
        """Of each hole the first script that Lean takes beside those of the holes before it."""
        chosen, found = list[tuple[Hole, str]](), None
        for number, hole in enumerate(node.holes, 1):
            lemmas = self._theorems(node.holes[number:])
            for text in ways[hole.goal]:
                body = partly(node.sketch.body, node.holes[number:], [*chosen, (hole, text)])
                candidate = Candidate(body, node.sketch.by + SUFFIX, lemmas)
                if found := await self._taken(goal, candidate):
                    chosen.append((hole, text))
                    break
            else:
                return None
        return found

    def _theorems(self, holes: Sequence[Hole]) -> tuple[Lemma, ...]:
        """With which the fills of these holes hold."""
        found = dict[str, Lemma]()
        for hole in holes:
            made, goal = standalone(self._graph, hole.goal), self._graph.goals[hole.goal].goal
            for lemma in (*made.lemmas, Lemma(goal.statement, made.body)):
                found[lemma.statement] = lemma
        return tuple(found.values())

    async def _taken(self, goal: Goal, candidate: Candidate) -> Body | None:
        verdict = await self._asking.judge(goal, candidate, self._limits)
        return Body(candidate, verdict) if verdict.proved else None


def partly(body: str, left: Sequence[Hole], scripts: Sequence[tuple[Hole, str]]) -> str:
    """These holes with their scripts, those that are left with their theorems. From the last to
    the first, so that the places of those before stay."""
    fills: list[tuple[Hole, str | None]] = [*scripts, *((hole, None) for hole in left)]
    for hole, text in sorted(fills, key=lambda each: -each[0].start):
        body = fill_holes(body, (hole,)) if text is None else filled(body, [(hole, text)])
    return body


def inlinings(proof: Candidate) -> Iterator[str]:
    """The proof of its last lemma, which may be the goal in other words; else all of its lemmas as
    steps."""
    yield proof.lemmas[-1].body
    steps = "\n".join(have(lemma) for lemma in proof.lemmas)
    yield "by\n" + indented(f"{steps}\n{script(proof.body)}", 2)
