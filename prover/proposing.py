"""Asking provers and decomposers, and keeping what they propose until the search wants it.

What a model wrote is text; here it becomes candidates and sketches by way of Lean's own parser.
"""

from __future__ import annotations

import bisect
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from prover.citing import (
    Named,
    Shown,
    apart,
    citing,
    names_of,
    none_named,
    none_shown,
    sketch_citing,
)
from prover.config import RunConfig, SearchConfig
from prover.decomposers import Decomposer, Structural
from prover.experience import experience
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode, carrier
from prover.lean.drafts import read_candidate, read_sketch
from prover.lean.verifier import Verifier
from prover.llm.record import Book
from prover.models import Check, ModelProposer, step_sketch
from prover.premises import Retrieve, none_found
from prover.provers import Portfolio, Prover
from prover.repair import Repair, State, cut, is_step, repair
from prover.search import (
    Action,
    Agenda,
    Agendas,
    Asking,
    Refining,
    ancestors,
    is_sketched,
)
from prover.steps import Steps
from prover.types import (
    Candidate,
    Draft,
    Event,
    Goal,
    Place,
    Proposal,
    Sketch,
    Split,
    Verdict,
)

MOST_CUTS = 6
"""Places cut out of a draft until it can be parsed; each takes Lean a few milliseconds."""

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
    shown: Shown = none_shown
    """What models are told is proved."""


Maker = Callable[[Hooks], Proposers]


def model_free(config: RunConfig, retrieve: Retrieve = none_found) -> Proposers:
    """The baselines that a configuration names; its models are left out."""
    return Proposers(
        [
            *(portfolio(config, retrieve) for name in config.prover if name == "portfolio"),
            *steps(config),
        ],
        [Structural(retrieve) for name in config.decomposer if name == "structural"],
    )


def portfolio(config: RunConfig, retrieve: Retrieve) -> Portfolio:
    own = config.search
    return Portfolio(retrieve, own.learns, experience(own.experience))


def steps(config: RunConfig) -> list[Prover]:
    """Single tactics come last: they are a way to go on, hardly ever one to the end."""
    return [Steps()] if config.search.states else []


def nothing() -> None:
    pass


class Proposing:
    def __init__(
        self,
        proposers: Proposers,
        graph: ProofGraph,
        verifier: Verifier,
        refused: Judged,
        search: SearchConfig | None = None,
        named: Named = none_named,
    ) -> None:
        """`named`: of what the run has proved that which a text names."""
        self._proposers, self._graph = proposers, graph
        self._search = search or SearchConfig()
        self._verifier, self._refused, self._named = verifier, refused, named
        self.agendas: Agendas = {}
        self.news: Callable[[], None] = nothing
        """Called when there is more to try, which may be long before a model has said all."""

    def agenda(self, goal: str) -> Agenda:
        return self.agendas.setdefault(goal, Agenda())

    def is_remote(self, action: Action) -> bool:
        """Does this question go to a model?"""
        if action.kind == "refine":
            return True
        proposers = self._of_kind(action)
        return bool(proposers) and proposers[self._asking(action).proposer].remote

    def begin(self, action: Action) -> None:
        if action.kind == "refine":
            self.agenda(action.goal).refining[action.what].under_way = True
        else:
            self._asking(action).under_way = True

    async def ask(self, action: Action) -> None:
        """Take the next stage of the next proposer; what it says comes onto the goal's agenda.

        A stage that fails is not over: else the search, which may look before the failure has
        ended the run, would take the goal for exhausted.
        """
        self.begin(action)
        if action.kind == "refine":
            refining = self.agenda(action.goal).refining[action.what]
            await self._hear(action, self._refined(action, refining))
            refining.advance()
            return
        asking = self._asking(action)
        if proposers := self._of_kind(action):
            await self._hear(action, self._stream(action, asking))
            self._may_refine(action, proposers[asking.proposer])
        asking.advance([p.stages for p in proposers])

    async def _hear(self, action: Action, said: AsyncGenerator[Sequence[Proposal], None]) -> None:
        """Take what is proposed as it comes."""
        node = self._graph.goals[action.goal]
        async with aclosing(said) as stream:
            async for batch in stream:
                for proposal in batch:
                    await self._take(node, proposal, action)
                self.news()

    def _may_refine(self, action: Action, proposer: Prover | Decomposer) -> None:
        """Once it has been asked for sketches it may be asked for better ones."""
        if action.kind == "ask-decomposer" and isinstance(proposer, ModelProposer):
            made = Refining(proposer.refinements, proposer.refining_stages)
            self.agenda(action.goal).refining.setdefault(proposer.name, made)

    def add(self, goal: str, candidate: Candidate) -> None:
        """Something to try that nobody was asked for."""
        self.agenda(goal).candidates.append(candidate)
        self.news()

    def add_first(self, goal: str, candidate: Candidate) -> None:
        """As `add`, before all else."""
        self.agenda(goal).candidates.insert(0, candidate)
        self.news()

    def learn(self, goal: str, failed: Candidate | Sketch, verdict: Verdict) -> None:
        """A tactic that Lean took, and that left goals, is a sketch; a proof that failed may be."""
        if verdict.status != "rejected":
            return
        sketch = step_sketch(failed, verdict) if isinstance(failed, Candidate) else None
        if sketch is not None:
            self.agenda(goal).sketches.append(sketch)
        elif self._search.repair or is_step(failed):
            self._mend(self._graph.goals[goal].goal, failed, verdict)

    def _mend(self, goal: Goal, failed: Candidate | Sketch, verdict: Verdict) -> None:
        agenda = self.agenda(goal.id)
        found = repair(goal, failed, verdict, self._above(goal.id), agenda.owed)
        if found is not None:
            self._mended(goal.id, found)

    def _mended(self, goal: str, found: Repair) -> None:
        if isinstance(found.made, Candidate):
            self.agenda(goal).candidates.append(found.made)
        else:
            bisect.insort(self.agenda(goal).repairs, found, key=lambda each: each.cost)

    def _above(self, goal: str) -> list[State]:
        """The goal and those that it comes from."""
        return [State.of(self._graph.goals[name].goal) for name in ancestors(self._graph, goal)]

    def relearn(self, events: Iterable[Event]) -> None:
        """What was learned before a run was resumed is learned again; of what models answered,
        when they answer again."""
        for event in events:
            failed: Candidate | Sketch | None = None
            if event.type == "attempt":
                failed = carrier(Candidate, event.data["candidate"])
            elif event.type == "sketch":
                failed = carrier(Sketch, event.data["sketch"])
            if failed is not None and not failed.sample:
                self.learn(event.data["goal"], failed, carrier(Verdict, event.data["verdict"]))

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

    def _refined(
        self, action: Action, refining: Refining
    ) -> AsyncGenerator[Sequence[Proposal], None]:
        asked = next(d for d in self._proposers.decomposers if d.name == action.what)
        number = refining.begun - (refining.stage > 0)
        stage = asked.stages + number * refining.stages + refining.stage
        return asked.propose(self._graph.goals[action.goal], stage)

    def _stream(self, action: Action, asking: Asking) -> AsyncGenerator[Sequence[Proposal], None]:
        node = self._graph.goals[action.goal]
        if action.kind == "ask-prover":
            prover = self._proposers.provers[asking.proposer]
            return prover.propose(node, asking.stage, self._graph.records)
        return self._proposers.decomposers[asking.proposer].propose(node, asking.stage)

    async def _take(self, node: GoalNode, proposal: Proposal, action: Action) -> None:
        if isinstance(proposal, Draft):
            await self._read(node, proposal, action)
        else:
            self._keep(node, proposal)

    def _keep(self, node: GoalNode, proposal: Candidate | Sketch, refined: bool = False) -> None:
        """What is refined comes before all sketches that are still to be tried."""
        agenda = self.agenda(node.goal.id)
        if isinstance(proposal, Candidate):
            agenda.candidates.append(proposal)
        else:
            left = [not is_sketched(node, agenda, sketch) for sketch in agenda.sketches]
            place = left.index(True) if refined and True in left else len(left)
            agenda.sketches.insert(place, proposal)
        before = node.answers.get(proposal.sample)
        if before is not None and type(before[0]) is type(proposal):
            self.learn(node.goal.id, proposal, before[1])  # judged before the run was resumed

    async def _read(self, node: GoalNode, draft: Draft, action: Action) -> None:
        """Have Lean take a draft apart; what is of no use is refused, with Lean's reason."""
        goal, sketching = node.goal, action.kind != "ask-prover"
        split = await self._verifier.split(goal, draft.code)
        known = self._named(draft.code, goal)
        if isinstance(split, Split):
            split = apart(split, names_of(known))
        sketch = read_sketch(split, goal, draft)
        if sketching and isinstance(sketch, Verdict):
            self._refuse(node, draft, sketch, proof=False)
        if not sketching:
            candidate = read_candidate(split, goal, draft)
            if isinstance(candidate, Candidate):
                self._keep(node, citing(candidate, known))
            else:
                self._refuse(node, draft, candidate, proof=candidate.status == "rejected")
        if isinstance(sketch, Sketch):  # should a lemma fail, the rest may still carry the proof
            cites = sketch_citing(sketch, known, goal)
            self._keep(node, cites, refined=action.kind == "refine")
        elif self._search.repair:
            await self._reread(goal, draft, split)

    async def _reread(self, goal: Goal, draft: Draft, split: Split | Verdict) -> None:
        """Cut what could not be parsed out of a draft; the rest may be a sketch. Where one line
        is no Lean others may not be either."""
        code = draft.code
        for _ in range(MOST_CUTS):
            error = unparsed_at(split)
            at = error and Verdict("rejected", error.text, "parse", error.line, error.column)
            made = cut(code, at) if at else None
            if made is None:
                return
            code = made.body
            split = await self._verifier.split(goal, code)
            mended = replace(draft, code=code, by=f"repair:{draft.by}", sample="")
            sketch = read_sketch(split, goal, mended)
            if isinstance(sketch, Sketch):
                self._mended(goal.id, Repair(sketch, 1.0))

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


def unparsed_at(split: Split | Verdict) -> Place | None:
    """Where the parser lost the theorem that counts."""
    if isinstance(split, Verdict) or split.target is None:
        return None
    return split.theorems[split.target].error
