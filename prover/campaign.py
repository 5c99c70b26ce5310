"""The loop that joins search, provers, decomposers and Lean; the only module that knows them all.

Invariant: what happened is appended to the run's events before it counts, so a run that is killed
at any moment resumes by folding them. Every attempt that was dispatched ends in exactly one event
or in none: if the process dies it is owed again, and if its goal needs it no more it is dropped.
"""

from __future__ import annotations

import functools
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from prover.assembly import assemble
from prover.certificate import certificate, dump
from prover.config import RunConfig
from prover.decomposers import Decomposer, NoDecomposer, Structural
from prover.graph import ProofGraph
from prover.graph_nodes import candidate_digest, sketch_digest
from prover.lean.verifier import CERTIFY, Compiled, Dropped, Unsupported, Verifier, Wanted
from prover.provers import Portfolio, Prover
from prover.search import (
    Action,
    Agenda,
    Agendas,
    circular,
    experience,
    next_action,
    out_of_budget,
    repeats_sketch,
    scaled,
)
from prover.store import RunStore
from prover.tasks import Attempts
from prover.types import Candidate, Event, Problem, Sketch, Verdict

Watch = Callable[[Event, ProofGraph], None]

MOOT_GRACE_SECONDS = 3.0
"""An attempt that no longer matters is left to end by itself for so long: ending it by force
costs its worker, which takes longer than most attempts."""


def nobody(event: Event, graph: ProofGraph) -> None:
    pass


async def run_campaign(
    config: RunConfig,
    problems: Sequence[Problem],
    store: RunStore,
    verifier: Verifier,
    watch: Watch = nobody,
) -> ProofGraph:
    """Run or resume until every problem is closed; returns the final graph.

    Cancelled, it appends `interrupted` and passes the cancellation on.
    Raises InfrastructureError if Lean cannot be asked any more.
    """
    campaign = Campaign(config, store, verifier, watch)
    campaign.begin(problems)
    try:
        await campaign.loop()
    except BaseException:
        campaign.emit("interrupted", dropped=campaign.dropped)
        raise
    if not campaign.graph.finished:
        campaign.emit("run_finished", dropped=campaign.dropped)
    return campaign.graph


class Campaign:
    """The state of a run in memory: the graph, what was proposed, what is under way."""

    def __init__(
        self, config: RunConfig, store: RunStore, verifier: Verifier, watch: Watch
    ) -> None:
        self.config = config
        self.store = store
        self.verifier = verifier
        self.watch = watch
        self.graph = ProofGraph.of(store.events())
        self.agendas: Agendas = {}
        self.started: dict[str, list[float]] = {}
        self.busy: set[str] = set()
        """Problems that something is being done for as a whole: opened, or assembled."""
        self.dropped = 0
        """Attempts and sketches that were not wanted any more when a worker was free."""
        self.prover: Prover = Portfolio()
        self.decomposer: Decomposer = (
            NoDecomposer() if config.decomposer == ["none"] else Structural()
        )

    def emit(self, kind: str, **data: Any) -> None:
        event = Event(kind, time.time(), data)
        self.store.append(event)
        self.graph.apply(event)
        self.watch(event, self.graph)

    def begin(self, problems: Sequence[Problem]) -> None:
        digest = self.config.digest()
        if not self.graph.problems or self.graph.lean != self.verifier.facts.lean:
            self.emit(
                "run_started",
                config_digest=digest,
                lean=self.verifier.facts.lean,
                python=platform.python_version(),
            )
        for problem in problems:
            if problem.name not in self.graph.problems:
                self.emit("problem_added", problem=asdict(problem))

    # The loop

    async def loop(self) -> None:
        size = self.config.concurrent()
        async with Attempts[None](size) as attempts:
            while True:
                await self.cancel_moot(attempts)
                if len(attempts) < size and await self.dispatch(attempts):
                    continue
                if await attempts.next_done() is None:
                    break

    async def dispatch(self, attempts: Attempts[None]) -> bool:
        """Start one thing; False if there is nothing to start now."""
        for problem in self.active():
            if problem in self.busy:
                continue
            state = self.graph.problem_state(problem)
            if state == "new":
                return await self.start_whole(attempts, problem, self.open(problem))
            if state == "proved":
                return await self.start_whole(attempts, problem, self.finish(problem))
            if await self.advance(attempts, problem):
                return True
        return False

    def active(self) -> list[str]:
        """Problems that are open, the first few: all would crowd Lean's caches."""
        names = [n for n, p in self.graph.problems.items() if not p.outcome]
        return names[: 2 * self.config.workers()]

    async def start_whole(self, attempts: Attempts[None], problem: str, work: Any) -> bool:
        self.busy.add(problem)
        await attempts.start(work, key=problem)
        return True

    async def advance(self, attempts: Attempts[None], problem: str) -> bool:
        """Take the next step of a problem's search; False if it must wait for what is running."""
        reason = out_of_budget(self.graph, problem, self.config.search)
        action = None
        while not reason:
            action = next_action(self.graph, problem, self.agendas, self.config.search)
            if action is None or action.kind in ("attempt", "sketch"):
                break
            await self.ask(action)
        if action is not None:
            await self.start(attempts, action)
            return True
        if self.running(problem):
            return False
        self.emit("closed", problem=problem, outcome="unproved", reason=reason or "search ended")
        return True

    def running(self, problem: str) -> bool:
        return any(
            a.under_way and self.graph.goals[g].goal.problem == problem
            for g, a in self.agendas.items()
        )

    async def ask(self, action: Action) -> None:
        """Steps that need no Lean."""
        node = self.graph.goals[action.goal]
        agenda = self.agendas.setdefault(action.goal, Agenda())
        if action.kind == "ask-prover":
            proposed = await self.prover.propose(node, experience(self.graph))
            agenda.candidates = list(proposed)
        elif action.kind == "ask-decomposer":
            agenda.sketches = list(await self.decomposer.propose(node))
        else:
            self.emit("exhausted", goal=action.goal, what=action.what)

    async def start(self, attempts: Attempts[None], action: Action) -> None:
        digest = action_digest(action)
        self.agendas[action.goal].under_way.add(digest)
        self.started.setdefault(action.goal, []).append(time.monotonic())
        await attempts.start(self.perform(action, digest), key=action.goal)

    async def cancel_moot(self, attempts: Attempts[None]) -> None:
        """End what can no longer matter and has had its time to end by itself."""
        now = time.monotonic()
        for goal, agenda in list(self.agendas.items()):
            if not agenda.under_way or self.live(goal):
                continue
            if now - max(self.started[goal]) > MOOT_GRACE_SECONDS:
                await attempts.cancel(goal)
                agenda.under_way.clear()

    def live(self, goal: str) -> bool:
        problem = self.graph.goals[goal].goal.problem
        return goal in self.graph.live_goals(problem)

    # What is done with Lean

    async def perform(self, action: Action, digest: str) -> None:
        wanted = functools.partial(self.live, action.goal)
        try:
            if action.candidate is not None:
                await self.attempt(action, action.candidate, wanted)
            elif action.sketch is not None:
                await self.sketch(action, action.sketch, wanted)
        except Dropped:
            self.dropped += 1
        finally:
            self.agendas[action.goal].under_way.discard(digest)

    async def attempt(self, action: Action, candidate: Candidate, wanted: Wanted) -> None:
        goal = self.graph.goals[action.goal].goal
        limits = scaled(self.config.limits.limits(), action.limits_factor)
        verdict = await self.verifier.judge(goal, candidate, limits, wanted)
        self.emit("attempt", goal=goal.id, candidate=asdict(candidate), verdict=asdict(verdict))

    async def sketch(self, action: Action, sketch: Sketch, wanted: Wanted) -> None:
        node = self.graph.goals[action.goal]
        # The digest keeps ids apart while several sketches of a goal are under way.
        sketch_id = f"{node.goal.id}/{sketch_digest(sketch)[:6]}"
        compiled = await self.verifier.sketch(
            node.goal, sketch, sketch_id, self.config.limits.limits(), wanted
        )
        if compiled.verdict.status == "inconclusive":
            self.agendas[action.goal].undecided_sketches.add(sketch_digest(sketch))
        compiled = self.worth_it(action.goal, compiled)
        self.emit(
            "sketch",
            goal=node.goal.id,
            sketch_id=sketch_id,
            sketch=asdict(sketch),
            verdict=asdict(compiled.verdict),
            holes=[asdict(h) for h in compiled.holes],
            goals=[asdict(g) for g in compiled.goals],
        )

    def worth_it(self, goal: str, compiled: Compiled) -> Compiled:
        """Refuse a compiled sketch that leads in a circle or owes what another one owes."""
        if not compiled.verdict.proved:
            return compiled
        keys = [g.key for g in compiled.goals]
        if circular(self.graph, goal, keys):
            reason = "circular: a hole is the goal itself or one above it"
        elif keys and repeats_sketch(self.graph, goal, keys):
            reason = "another sketch leaves the same goals"
        else:
            return compiled
        verdict = replace(compiled.verdict, status="rejected", reason=reason, kind="search")
        return Compiled(verdict)

    async def open(self, name: str) -> None:
        try:
            goal = await self.verifier.open(self.graph.problems[name].problem)
            if isinstance(goal, Unsupported):
                self.emit("unsupported", problem=name, reason=goal.reason)
                self.emit("closed", problem=name, outcome="unsupported", reason=goal.reason)
            else:
                self.emit("goal_opened", goal=asdict(goal))
        finally:
            self.busy.discard(name)

    async def finish(self, name: str) -> None:
        """Assemble a solved problem and have tier 2 look at it."""
        try:
            text = assemble(self.graph, name)
            problem = self.graph.problems[name].problem
            certified = await self.verifier.certify(problem, text)
            made = certificate(problem, text, certified, self.verifier.facts, CERTIFY)
            file = self.store.write_proof(name, text, dump(made), proved=certified.verdict.proved)
            self.settle(name, str(file.relative_to(self.store.path)), certified.verdict)
        finally:
            self.busy.discard(name)

    def settle(self, name: str, file: str, verdict: Verdict) -> None:
        """Close a problem on tier 2's word; that it rejects what tier 1 took is an alarm."""
        self.emit("assembled", problem=name, file=file, verdict=asdict(verdict))
        if verdict.status == "rejected":
            self.emit("disagreement", problem=name, file=file, verdict=asdict(verdict))
        outcome = "proved" if verdict.proved else "unproved"
        reason = "" if verdict.proved else f"tier 2: {verdict.status}: {verdict.reason}"
        self.emit("closed", problem=name, outcome=outcome, reason=reason)


def action_digest(action: Action) -> str:
    if action.candidate is not None:
        return candidate_digest(action.candidate)
    assert action.sketch is not None
    return sketch_digest(action.sketch)
