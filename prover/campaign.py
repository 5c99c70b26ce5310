"""The loop that joins search, provers, decomposers and Lean; the only module that knows them all.

Invariant: what happened is appended to the run's events before it counts, so a run that is killed
at any moment resumes by folding them. Every attempt that was dispatched ends in exactly one event
or in none: if the process dies it is owed again, and if its goal needs it no more it is dropped.
"""

from __future__ import annotations

import functools
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, replace
from typing import Any

from prover.assembly import assemble
from prover.budget import out_of_budget, price
from prover.certificate import certificate, dump
from prover.config import RunConfig
from prover.conjecture_pool import Pool
from prover.graph import ProofGraph
from prover.graph_nodes import REFUTER, sketch_digest
from prover.lean import meter
from prover.lean.checking import check_code
from prover.lean.verifier import CERTIFY, Compiled, Dropped, Unsupported, Verifier, Wanted
from prover.ledger import Stage, lean_seconds
from prover.lineup import exploring, line_up
from prover.llm.messages import Reply, Request, Usage
from prover.pooling import Lean, Pooling
from prover.proof_keeping import ProofKeeping
from prover.proof_store import ProofStore, lean_of
from prover.proposing import Hooks, Maker, Proposing, model_free
from prover.refutation import refutations
from prover.search import (
    Action,
    circular,
    next_action,
    repeats_sketch,
    settled,
)
from prover.store import RunStore
from prover.store_prover import StoreProver, patient
from prover.tasks import Attempts
from prover.types import Candidate, Event, Goal, Problem, Sketch, Verdict

FOR_LEAN = ("attempt", "sketch", "refute")

Watch = Callable[[Event, ProofGraph], None]

Trying = Callable[[str, str], AbstractContextManager[object]]
"""Entered while a way is tried on a goal: its id, and who proposed it."""

MOOT_GRACE_SECONDS = 3.0
"""An attempt that no longer matters is left to end by itself for so long: ending it by force
costs its worker, which takes longer than most attempts."""


LEAST_SECONDS = 1e-6
"""What is less is an error of rounding, where it is not booked."""


def nobody(event: Event, graph: ProofGraph) -> None:
    pass


def untold(goal: str, by: str) -> AbstractContextManager[object]:
    return nullcontext()


async def run_campaign(
    config: RunConfig,
    problems: Sequence[Problem],
    store: RunStore,
    verifier: Verifier,
    watch: Watch = nobody,
    proposers: Maker | None = None,
    proofs: ProofStore | None = None,
    trying: Trying = untold,
) -> ProofGraph:
    """Run or resume until every problem is closed; returns the final graph.

    Without `proposers`, only the provers and decomposers that need no model take part. What is
    proved goes into `proofs`, and what is there is tried first.
    Cancelled, it appends `interrupted` and passes the cancellation on.
    Raises InfrastructureError if Lean, or a model, cannot be asked any more.
    """
    maker = proposers or (lambda hooks: model_free(config))
    campaign = Campaign(config, store, verifier, watch, maker, proofs)
    campaign.trying = trying
    return await campaign.run(problems)


class Campaign:
    """The state of a run in memory: the graph, what was proposed, what is under way."""

    def __init__(
        self,
        config: RunConfig,
        store: RunStore,
        verifier: Verifier,
        watch: Watch,
        maker: Maker,
        proofs: ProofStore | None = None,
    ) -> None:
        self.config = config
        self.store = store
        self.verifier = verifier
        self.watch = watch
        events = list(store.events())
        self.graph = ProofGraph.of(events)
        self.pool = Pool.of(events)
        lent = Lean(self.try_out, self.compile, self.emit)
        pooling = Pooling(lent, self.pool, self.graph)
        hooks = Hooks(self.book, self.check)
        if config.search.conjectures:
            hooks = replace(hooks, shown=pooling.shown)
        lean = lean_of(verifier.facts)
        recall = StoreProver(proofs, lean) if proofs else None
        proposers = line_up(maker(hooks), recall, config.search, proofs, lean)
        explores = bool(config.search.conjectures and proposers.decomposers)
        if explores:
            proposers = exploring(proposers, lent, pooling)
        self.proposing = Proposing(
            proposers, self.graph, verifier, self.refused, config.search, self.pool.lemmas_named
        )
        self.proposing.relearn(events)
        self.agendas = self.proposing.agendas
        self.keeping: ProofKeeping | None = None
        if proofs and recall:
            add = self.proposing.add_first
            self.keeping = ProofKeeping(proofs, self.graph, lean, recall, add)
            if self.graph.lean == verifier.facts.lean:  # what another Lean took is not known here
                self.keeping.resume()
        self.trying: Trying = untold
        self.started: dict[str, float] = {}
        self.lean_room = config.search.concurrent or 2 * verifier.pool.size
        self.model_room = sum(m.permits for m in config.used_models().values()) + explores
        self.busy: set[str] = set()
        """Problems that something is being done for as a whole: opened, or assembled."""
        self.dropped = 0
        """Attempts and sketches that were not wanted any more when a worker was free."""

    def emit(self, kind: str, **data: Any) -> None:
        event = Event(kind, time.time(), data)
        self.store.append(event)
        self.graph.apply(event)
        meter.current().booked += lean_seconds(event)
        self.pool.apply(event)
        if self.keeping:
            self.keeping.told(event)
        self.watch(event, self.graph)

    @contextmanager
    def booked(self, stage: Stage, problem: str, goal: str = "") -> Iterator[meter.Meter]:
        """What Lean does in this block and no event tells is booked here, however it ends."""
        with meter.metered() as lean:
            try:
                yield lean
            finally:
                event = {"problem": problem, "goal": goal}
                if (rest := lean.seconds - lean.booked) > LEAST_SECONDS:
                    self.emit("spent", **event, stage=stage, seconds=rest, retries=0)
                if lean.lost:
                    retries = lean.retries
                    self.emit("spent", **event, stage="lost", seconds=lean.lost, retries=retries)

    async def run(self, problems: Sequence[Problem]) -> ProofGraph:
        """To the end, or until it is interrupted."""
        self.begin(problems)
        try:
            await self.loop()
        except BaseException:
            self.emit("interrupted", dropped=self.dropped)
            raise
        if not self.graph.finished:
            self.emit("run_finished", dropped=self.dropped)
        return self.graph

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
        async with Attempts[None](self.lean_room + self.model_room) as attempts:
            self.proposing.news = attempts.wake
            more = True
            while more:
                await self.cancel_moot(attempts)
                more = await self.dispatch(attempts) or await attempts.progress()

    async def dispatch(self, attempts: Attempts[None]) -> bool:
        """Start one thing; False if there is nothing to start now."""
        if not self.lean_free(attempts) and not self.models_free(attempts):
            return False
        for problem in self.active():
            if problem in self.busy:
                continue
            state = self.graph.problem_state(problem)
            if state in ("new", "proved") and not settled(self.graph, problem):
                if self.lean_free(attempts):
                    return await self.start_whole(attempts, problem, state)
            elif await self.advance(attempts, problem):
                return True
        return False

    def lean_free(self, attempts: Attempts[None]) -> bool:
        return self.count(attempts, "lean") < self.lean_room

    def models_free(self, attempts: Attempts[None]) -> bool:
        return self.count(attempts, "ask") < self.model_room

    def count(self, attempts: Attempts[None], kind: str) -> int:
        return sum(key[0] == kind for key in attempts.keys())

    def active(self) -> list[str]:
        """Problems that are open, the first few: all would crowd Lean's caches, and fewer than
        the models can answer for at a time would leave them idle."""
        names = [n for n, p in self.graph.problems.items() if not p.outcome]
        return names[: max(2 * self.verifier.pool.size, self.model_room)]

    async def start_whole(self, attempts: Attempts[None], problem: str, state: str) -> bool:
        self.busy.add(problem)
        work = self.open(problem) if state == "new" else self.finish(problem)
        # A root goal has its problem's name, and its attempts may be cancelled meanwhile.
        await attempts.start(work, key=("lean", problem, "whole"))
        return True

    async def advance(self, attempts: Attempts[None], problem: str) -> bool:
        """Take the next step of a problem's search; False if it must wait for what is running."""
        reason = settled(self.graph, problem)
        reason = reason or out_of_budget(self.graph, problem, self.config)
        room = functools.partial(self.room, attempts)
        while not reason:
            action = next_action(self.graph, problem, self.agendas, self.config.search, room)
            if action is None:
                break
            if not self.room(attempts, action):
                return False
            if action.kind in FOR_LEAN:
                return await self.start(attempts, action)
            if action.kind == "exhausted":
                self.emit("exhausted", goal=action.goal, what=action.what)
            elif not self.proposing.is_remote(action):
                await self.ask(action)
            else:
                return await self.ask_model(attempts, action)
        if self.running(problem):
            return False
        reason = reason or "search ended"
        self.emit("closed", problem=problem, outcome="unproved", reason=reason)
        return True

    def room(self, attempts: Attempts[None], action: Action) -> bool:
        """May it be started now?"""
        if action.kind in FOR_LEAN:
            return self.lean_free(attempts)
        remote = action.kind != "exhausted" and self.proposing.is_remote(action)
        return self.models_free(attempts) if remote else True

    def running(self, problem: str) -> bool:
        return any(a.at_work and self.problem_of(g) == problem for g, a in self.agendas.items())

    async def ask_model(self, attempts: Attempts[None], action: Action) -> bool:
        self.proposing.begin(action)
        await attempts.start(self.ask(action), key=("ask", action.goal))
        return True

    async def ask(self, action: Action) -> None:
        with (
            self.booked("asking", self.problem_of(action.goal), action.goal),
            self.trying(action.goal, action.by),
        ):
            await self.proposing.ask(action)

    def problem_of(self, goal: str) -> str:
        return self.graph.goals[goal].goal.problem

    async def start(self, attempts: Attempts[None], action: Action) -> bool:
        digest = action.digest
        self.agendas[action.goal].under_way.add(digest)
        self.started[action.goal] = time.monotonic()
        await attempts.start(self.perform(action, digest), key=("lean", action.goal))
        return True

    async def cancel_moot(self, attempts: Attempts[None]) -> None:
        """End what can no longer matter: what models are asked at once, which frees their server;
        what Lean does once it has had its time to end by itself."""
        now = time.monotonic()
        self.forget_closed()
        for goal, agenda in list(self.agendas.items()):
            if not agenda.at_work or self.may_ask(goal):
                continue
            if agenda.asking:
                await attempts.cancel(("ask", goal))
                agenda.stop_asking()
            late = agenda.under_way and now - self.started[goal] > MOOT_GRACE_SECONDS
            if late and not self.live(goal):
                await attempts.cancel(("lean", goal))
                agenda.under_way.clear()

    def forget_closed(self) -> None:
        """What was proposed for closed problems may be long, and a run is."""
        for goal, agenda in list(self.agendas.items()):
            if not agenda.at_work and self.closed(goal):
                self.proposing.forget(goal)

    def closed(self, goal: str) -> bool:
        return bool(self.graph.problems[self.problem_of(goal)].outcome)

    def may_ask(self, goal: str) -> bool:
        """Would there be anything to do with an answer?"""
        return self.live(goal) and not out_of_budget(self.graph, self.problem_of(goal), self.config)

    def live(self, goal: str) -> bool:
        return goal in self.graph.live_goals(self.problem_of(goal))

    def book(self, request: Request, reply: Reply, how: str) -> None:
        """A model was asked; what a record answers costs nothing."""
        paid = how not in ("recorded", "missing")
        money = price(reply.usage, self.config.models[request.model])
        usage = replace(reply.usage, money=money) if paid else Usage()
        self.emit(
            "sampled",
            goal=request.goal,
            model=request.model,
            purpose=request.purpose,
            how=how,
            usage=asdict(usage),
        )

    async def check(self, goal: str, model: str, code: str) -> str:
        """Lean's word on code that a model wants checked; a proof of the goal counts as one."""
        of, limits = self.graph.goals[goal].goal, self.config.limits.limits()
        known = self.pool.lemmas_named(code, of)
        checked = await check_code(self.verifier, of, code, f"{model}:tool", limits, known)
        for verdict in checked.verdicts:
            self.emit("checked", goal=goal, by=f"{model}:tool", verdict=asdict(verdict))
        if checked.proof is not None:
            self.proposing.add(goal, checked.proof)
        return checked.text

    async def try_out(self, of: Goal, candidate: Candidate) -> Verdict:
        """Lean's word on a proof of what is no goal of the graph; who asks books it."""
        return await self.verifier.judge(of, candidate, self.config.limits.limits())

    async def compile(self, goal: str, sketch: Sketch) -> Compiled:
        """What becomes of a sketch that is not, or not yet, one of the goal's."""
        of, limits = self.graph.goals[goal].goal, self.config.limits.limits()
        compiled = await self.verifier.sketch(of, sketch, f"{goal}/tried", limits)
        self.emit("checked", goal=goal, by=sketch.by, verdict=asdict(compiled.verdict))
        return compiled

    def refused(self, goal: str, draft: Candidate | Sketch, verdict: Verdict) -> None:
        """A model's answer that holds nothing to try is an attempt all the same."""
        if isinstance(draft, Candidate):
            self.emit("attempt", goal=goal, candidate=asdict(draft), verdict=asdict(verdict))
        else:
            name = f"{goal}/{sketch_digest(draft)[:6]}"
            event = {"goal": goal, "sketch_id": name, "holes": [], "goals": []}
            self.emit("sketch", **event, sketch=asdict(draft), verdict=asdict(verdict))

    # What is done with Lean

    async def perform(self, action: Action, digest: str) -> None:
        wanted = functools.partial(self.live, action.goal)
        place = self.problem_of(action.goal), action.goal
        stage: Stage = (
            "attempts" if action.candidate else "sketches" if action.sketch else "refutations"
        )
        try:
            with self.trying(action.goal, action.by), self.booked(stage, *place):
                if action.candidate is not None:
                    await self.attempt(action, action.candidate, wanted)
                elif action.sketch is not None:
                    await self.sketch(action, action.sketch, wanted)
                else:
                    await self.refute(action.goal, wanted)
        except Dropped:
            self.dropped += 1
        finally:
            self.agendas[action.goal].under_way.discard(digest)

    async def attempt(self, action: Action, candidate: Candidate, wanted: Wanted) -> None:
        goal = self.graph.goals[action.goal].goal
        limits = patient(candidate, self.config.limits, action.again)
        verdict = await self.verifier.judge(goal, candidate, limits, wanted)
        self.emit("attempt", goal=goal.id, candidate=asdict(candidate), verdict=asdict(verdict))
        self.proposing.learn(goal.id, candidate, verdict)

    async def refute(self, goal: str, wanted: Wanted) -> None:
        limits = self.config.limits.limits()
        node = self.graph.goals[goal]
        async for tried in refutations(self.verifier, node.goal, limits, wanted):
            verdict = asdict(tried.verdict)
            if tried.narrowing:
                self.emit("checked", goal=goal, by=f"{REFUTER}:narrowing", verdict=verdict)
                continue
            self.emit(
                "refutation",
                goal=goal,
                statement=tried.statement,
                candidate=asdict(tried.candidate),
                verdict=verdict,
                counterexample=tried.counterexample,
            )
        if not node.refuted:
            self.emit("exhausted", goal=goal, what="refuter")

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
        self.proposing.learn(node.goal.id, sketch, compiled.verdict)

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
            with self.booked("opening", name) as lean:
                goal = await self.verifier.open(self.graph.problems[name].problem)
                if isinstance(goal, Unsupported):
                    why = goal.reason
                    self.emit("unsupported", problem=name, reason=why, seconds=lean.seconds)
                    self.emit("closed", problem=name, outcome="unsupported", reason=why)
                else:
                    self.emit("goal_opened", goal=asdict(goal), seconds=lean.seconds)
        finally:
            self.busy.discard(name)

    async def finish(self, name: str) -> None:
        """Assemble a solved problem and have tier 2 look at it."""
        try:
            text = assemble(self.graph, name)
            problem = self.graph.problems[name].problem
            with self.booked("tier 2", name):
                certified = await self.verifier.certify(problem, text)
                made = certificate(problem, text, certified, self.verifier.facts, CERTIFY)
                proved = certified.verdict.proved
                file = self.store.write_proof(name, text, dump(made), proved=proved)
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
