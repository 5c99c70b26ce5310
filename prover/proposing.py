"""Asking provers and decomposers, and keeping what they propose until the search wants it.

What a model wrote is text; here it becomes candidates and sketches by way of Lean's own parser.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from prover.config import RunConfig
from prover.decomposers import Decomposer, Structural
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode
from prover.lean.drafts import read_candidate, read_sketch
from prover.lean.verifier import Verifier
from prover.llm.record import Book
from prover.models import Check, step_sketch
from prover.premises import Retrieve, none_found
from prover.provers import Portfolio, Prover
from prover.search import Action, Agenda, Agendas, Asking
from prover.types import Candidate, Draft, Proposal, Sketch, Verdict

Judged = Callable[[str, Candidate | Sketch, Verdict], None]
"""Told of a goal's draft that was refused before it became anything to try."""


@dataclass(frozen=True)
class Proposers:
    """In the order in which they are asked."""

    provers: Sequence[Prover]
    decomposers: Sequence[Decomposer]


@dataclass(frozen=True)
class Hooks:
    """What a campaign lends to those who ask models."""

    book: Book
    """Told of every request."""
    check: Check
    """Lean's word on what a model wants to know."""


Maker = Callable[[Hooks], Proposers]


def model_free(config: RunConfig, retrieve: Retrieve = none_found) -> Proposers:
    """The baselines that a configuration names; its models are left out."""
    return Proposers(
        [
            Portfolio(retrieve, config.search.learns)
            for name in config.prover
            if name == "portfolio"
        ],
        [Structural(retrieve) for name in config.decomposer if name == "structural"],
    )


def nothing() -> None:
    pass


class Proposing:
    def __init__(
        self, proposers: Proposers, graph: ProofGraph, verifier: Verifier, refused: Judged
    ) -> None:
        self._proposers, self._graph = proposers, graph
        self._verifier, self._refused = verifier, refused
        self.agendas: Agendas = {}
        self.news: Callable[[], None] = nothing
        """Called when there is more to try, which may be long before a model has said all."""

    def agenda(self, goal: str) -> Agenda:
        return self.agendas.setdefault(goal, Agenda())

    def is_remote(self, action: Action) -> bool:
        """Does this question go to a model?"""
        proposers = self._of_kind(action)
        return bool(proposers) and proposers[self._asking(action).proposer].remote

    def begin(self, action: Action) -> None:
        self._asking(action).under_way = True

    async def ask(self, action: Action) -> None:
        """Take the next stage of the next proposer; what it says comes onto the goal's agenda.

        A stage that fails is not over: else the search, which may look before the failure has
        ended the run, would take the goal for exhausted.
        """
        node, asking = self._graph.goals[action.goal], self._asking(action)
        self.begin(action)
        if self._of_kind(action):
            async with aclosing(self._stream(action, node, asking)) as stream:
                async for batch in stream:
                    for proposal in batch:
                        await self._take(node, proposal, sketching=action.kind == "ask-decomposer")
                    self.news()
        asking.advance([p.stages for p in self._of_kind(action)])

    def add(self, goal: str, candidate: Candidate) -> None:
        """Something to try that nobody was asked for."""
        self.agenda(goal).candidates.append(candidate)
        self.news()

    def add_first(self, goal: str, candidate: Candidate) -> None:
        """As `add`, before all else."""
        self.agenda(goal).candidates.insert(0, candidate)
        self.news()

    def learn(self, goal: str, candidate: Candidate, verdict: Verdict) -> None:
        """A tactic that Lean took, and that left goals, is a sketch."""
        sketch = step_sketch(candidate, verdict) if verdict.status == "rejected" else None
        if sketch is not None:
            self.agenda(goal).sketches.append(sketch)

    def forget(self, goal: str) -> None:
        """Nothing more will be asked for this goal."""
        self.agendas.pop(goal, None)
        for prover in self._proposers.provers:
            prover.forget(goal)
        for decomposer in self._proposers.decomposers:
            decomposer.forget(goal)

    def _of_kind(self, action: Action) -> Sequence[Prover] | Sequence[Decomposer]:
        proving = action.kind == "ask-prover"
        return self._proposers.provers if proving else self._proposers.decomposers

    def _asking(self, action: Action) -> Asking:
        agenda = self.agenda(action.goal)
        return agenda.proving if action.kind == "ask-prover" else agenda.decomposing

    def _stream(
        self, action: Action, node: GoalNode, asking: Asking
    ) -> AsyncGenerator[Sequence[Proposal], None]:
        if action.kind == "ask-prover":
            prover = self._proposers.provers[asking.proposer]
            return prover.propose(node, asking.stage, self._graph.records)
        return self._proposers.decomposers[asking.proposer].propose(node, asking.stage)

    async def _take(self, node: GoalNode, proposal: Proposal, sketching: bool) -> None:
        if isinstance(proposal, Draft):
            await self._read(node, proposal, sketching)
        elif isinstance(proposal, Candidate):
            self.agenda(node.goal.id).candidates.append(proposal)
            if proposal.sample in node.answers:  # judged before the run was resumed
                self.learn(node.goal.id, proposal, node.answers[proposal.sample][1])
        else:
            self.agenda(node.goal.id).sketches.append(proposal)

    async def _read(self, node: GoalNode, draft: Draft, sketching: bool) -> None:
        """Have Lean take a draft apart; what is of no use is refused, with Lean's reason."""
        goal, agenda = node.goal, self.agenda(node.goal.id)
        split = await self._verifier.split(goal, draft.code)
        sketch = read_sketch(split, goal, draft)
        if sketching and isinstance(sketch, Verdict):
            self._refuse(node, draft, sketch, proof=False)
        if not sketching:
            candidate = read_candidate(split, goal, draft)
            if isinstance(candidate, Candidate):
                agenda.candidates.append(candidate)
            else:
                self._refuse(node, draft, candidate, proof=candidate.status == "rejected")
        if isinstance(sketch, Sketch):  # should a lemma fail, the rest may still carry the proof
            agenda.sketches.append(sketch)

    def _refuse(self, node: GoalNode, draft: Draft, verdict: Verdict, proof: bool) -> None:
        """Once, also where the run is resumed. A text that could not be read is no proof: what
        could not be decided of a proof would be tried again as it stands, as one term."""
        before = node.answers.get(draft.sample)
        if before is not None and before[1].status == "rejected":
            return
        empty: Candidate | Sketch = Sketch(draft.code, draft.by, draft.sample, plan=draft.plan)
        if proof:
            empty = Candidate(draft.code, draft.by, sample=draft.sample)
        self._refused(node.goal.id, empty, verdict)
