"""What a campaign proves goes into the proof store at once, and to goals that it may close."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prover.assembly import standalone
from prover.graph import ProofGraph
from prover.proof_store import ProofStore, StoredProof, fits, now, scope, shapes
from prover.report import proved_by
from prover.store_prover import StoreProver, carried, is_stored
from prover.types import Candidate, Event, Goal

Add = Callable[[str, Candidate], None]
"""Puts a candidate before all else that is to be tried for a goal."""


def recalled(graph: ProofGraph, lean: str) -> Iterator[StoredProof]:
    """What a run took from the store, each as a proof of the goal that it closed: with these the
    run can be repeated without the store."""
    for node in graph.goals.values():
        if node.goal.key and isinstance(node.proof, Candidate) and is_stored(node.proof):
            yield stored(graph, node.goal, lean)


def stored(graph: ProofGraph, goal: Goal, lean: str) -> StoredProof:
    """The chosen proof of a proved goal."""
    whole, problem = standalone(graph, goal.id), graph.problems[goal.problem].problem
    return StoredProof(
        lean, scope(goal), goal.key, goal.conclusion, shapes(goal), goal.statement, whole.body,
        whole.lemmas, goal.header, proved_by(graph, goal.id), problem.name, problem.source,
        seconds(graph, goal.id), now(),
    )  # fmt: skip


def seconds(graph: ProofGraph, goal: str) -> float:
    """Of the verdicts on what the chosen proof is made of."""
    total = 0.0
    for name in graph.proof_order(goal):
        node = graph.goals[name]
        made = graph.sketches[node.proof] if isinstance(node.proof, str) else node
        total += made.verdict.seconds if made.verdict else 0.0
    return round(total, 3)


class ProofKeeping:
    def __init__(
        self, proofs: ProofStore, graph: ProofGraph, lean: str, prover: StoreProver, add: Add
    ) -> None:
        self._proofs, self._graph, self._lean = proofs, graph, lean
        self._prover, self._add = prover, add
        self._kept: set[str] = set()
        self._by_conclusion: dict[tuple[str, str], list[str]] = {}
        self._known(list(graph.goals))

    def resume(self) -> None:
        """Keep what the run has proved before, should it have been killed too early for that."""
        for goal, node in self._graph.goals.items():
            if node.status == "proved":
                self._keep(goal)
            elif node.status == "open" and not self._graph.problems[node.goal.problem].outcome:
                self._carry(goal)

    def told(self, event: Event) -> None:
        """Of an event that the graph holds already."""
        if event.type == "goal_opened":
            self._known([event.data["goal"]["id"]])
        elif event.type == "sketch":
            self._known([goal["id"] for goal in event.data["goals"]])
            for goal in event.data["goals"]:
                self._carry(goal["id"])
        if event.type == "attempt":
            self._tried(event)
        if event.type in ("attempt", "sketch"):
            for goal in self._proved_now(event.data["goal"]):
                self._share(self._keep(goal))

    def _known(self, goals: list[str]) -> None:
        for name in goals:
            goal = self._graph.goals[name].goal
            self._by_conclusion.setdefault((scope(goal), goal.conclusion), []).append(name)

    def _tried(self, event: Event) -> None:
        candidate = Candidate.from_dict(event.data["candidate"])
        source = self._prover.source(event.data["goal"], candidate)
        status = event.data["verdict"]["status"]
        if source and status != "inconclusive":
            self._proofs.note(source, status == "proved")

    def _proved_now(self, goal: str) -> Iterator[str]:
        """The goal and those above it, as far as they are proved and not kept yet."""
        name: str | None = goal
        while name is not None and self._graph.goals[name].status == "proved":
            if name not in self._kept:
                yield name
            above = self._graph.parent(name)
            name = above.goal if above else None

    def _keep(self, goal: str) -> StoredProof | None:
        """None if there is nothing to keep: a proof that came from the store is there already,
        and what it was made for would only wrap it."""
        self._kept.add(goal)
        node = self._graph.goals[goal]
        if not node.goal.key or (isinstance(node.proof, Candidate) and is_stored(node.proof)):
            return None
        proof = stored(self._graph, node.goal, self._lean)
        self._proofs.put(proof)
        return proof

    def _carry(self, goal: str) -> None:
        """Offer what proved a step of an earlier sketch of the same goal to one with the same
        conclusion behind other steps: the store takes a proof for one from all its hypotheses,
        of which it may need none."""
        new, above = self._graph.goals[goal].goal, self._graph.parent(goal)
        if above is None or not new.conclusion:
            return
        for name in reversed(self._by_conclusion[scope(new), new.conclusion]):
            old, sketch = self._graph.goals[name], self._graph.parent(name)
            if old.status == "proved" and sketch is not None and sketch.goal == above.goal:
                proof = stored(self._graph, old.goal, self._lean)
                if not fits(proof, new):
                    self._add(goal, carried(proof, new))
                return

    def _share(self, proof: StoredProof | None) -> None:
        """Offer a new proof to the open goals that it fits."""
        if proof is None:
            return
        for name in self._by_conclusion.get((proof.scope, proof.conclusion), ()):
            node = self._graph.goals[name]
            closed = self._graph.problems[node.goal.problem].outcome
            if node.status == "open" and not closed and fits(proof, node.goal):
                self._add(name, self._prover.offer(proof, node.goal))
