"""A run's search once more: the same campaign, where every answer of Lean's is taken from events.

The search is pure, so with the verdicts that were recorded, in the order in which they came, it
chooses what it chose. With several things done at a time that is not quite so: two that ended
together were both known when the next one was chosen, and here the first is known before. So it is
counted how much was chosen again, and what it came to is compared.

Nothing ends by itself here. Whenever the campaign has begun all that it has room for, that one of
what is under way ends that ended first in the record. What the record has no end of was dropped
or cut off there: it is dropped here as soon as nothing else can end.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter, defaultdict, deque
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from prover.campaign import Campaign, nobody
from prover.config import RunConfig
from prover.errors import UserError
from prover.exploring import beginning
from prover.graph import ProofGraph
from prover.graph_nodes import REFUTER, GoalNode, candidate_digest, carrier, sketch_digest
from prover.lean.verifier import Verifier
from prover.lineup import around, place
from prover.pooling import NAME
from prover.proof_keeping import recalled
from prover.proof_store import ProofStore, lean_of
from prover.proposing import Proposers, model_free
from prover.search import REFUTING, Action
from prover.store import RunStore
from prover.tasks import Attempts
from prover.types import Candidate, Event, LeanFacts, Problem, Sketch, Verdict

Key = tuple[str, ...]
"""Of an action: its goal and digest, or what is done for which problem."""
OPEN, FINISH = "/open", "/finish"
"""No goal is called so."""
PASSING = ("spent", "interrupted", "disagreement", "conjectured", "conjecture", "checked")
"""What is no doing of the search: it is told when the record comes to it."""


@dataclass(frozen=True)
class Rerun:
    graph: ProofGraph
    again: int
    """Recorded events that the search led to again."""
    missed: Counter[str]
    """Recorded events that it did not lead to, by type."""
    others: int
    """What it chose to do and no event tells of."""


class Lean:
    """In the place of a verifier: it is never asked."""

    def __init__(self, lean: str, workers: int) -> None:
        self.facts = LeanFacts(lean)
        self.pool = SimpleNamespace(size=workers)


def rerun(config: RunConfig, events: Sequence[Event]) -> Rerun:
    """Raises UserError for a run whose events do not hold all that the search was told."""
    if config.used_models() or config.search.premises:
        raise UserError(
            "only a run without models and premises can be searched again: of the others the "
            "events do not hold all that was asked"
        )
    before = ProofGraph.of(events)
    facts = LeanFacts(before.lean)
    kept = config.search.store != "none"
    with (
        tempfile.TemporaryDirectory(prefix="prover-rerun-") as folder,
        RunStore.create(Path(folder) / "run", config) as store,
        closing(ProofStore(None, lambda said: None)) if kept else nullcontext() as proofs,
    ):
        if proofs and config.search.store == "home":
            for proof in recalled(before, lean_of(facts)):
                proofs.put(proof)
        campaign = Recorded(config, store, events, before.lean, proofs)
        asyncio.run(campaign.play([node.problem for node in before.problems.values()]))
    missed = Counter(events[i].type for i in campaign.left())
    return Rerun(campaign.graph, len(campaign.told), missed, campaign.others)


class Ended(Exception):
    """The record holds nothing more that what is under way could lead to."""


class Recorded(Campaign):
    """A campaign whose actions end as they are recorded to have ended."""

    def __init__(
        self,
        config: RunConfig,
        store: RunStore,
        events: Sequence[Event],
        lean: str,
        proofs: ProofStore | None,
    ) -> None:
        self.events = events
        self.told: set[int] = set()
        self.others = 0
        self._places = places(events)
        self._passing = deque(
            i for i, event in enumerate(events) if event.type in PASSING and not key_of(event)
        )
        self._turns: dict[Key, asyncio.Future[int | None]] = {}
        verifier = cast(Verifier, Lean(lean, config.workers()))
        thinks = config.search.conjectures
        own = config.model_copy(
            update={"search": config.search.model_copy(update={"conjectures": False})}
        )
        named = with_conjectures(model_free(own), events) if thinks else model_free(own)
        super().__init__(own, store, verifier, nobody, lambda hooks: named, proofs)

    async def play(self, problems: Sequence[Problem]) -> None:
        self.begin(problems)
        try:
            await self.loop()
            self.emit("run_finished", dropped=self.dropped)
        except Ended:
            pass

    def left(self) -> list[int]:
        """Places of recorded events that the search did not come to."""
        return sorted(i for found in self._places.values() for i in found)

    # What the campaign says by itself

    def emit(self, kind: str, **data: Any) -> None:
        event = Event(kind, self.graph.last_time or 0.0, data)
        key = key_of(event)
        if found := self._places.get(key):
            self._take(found.popleft())
        else:
            self.others += kind != "run_finished"
            self._tell(event)

    def _take(self, place: int) -> None:
        """Tell the recorded event, after what had come before it besides."""
        while self._passing and self._passing[0] < place:
            passed = self.events[self._passing.popleft()]
            if passed.data.get("goal", "") in {"", *self.graph.goals}:
                self._tell(passed)
        self._tell(self.events[place])
        self.told.add(place)

    def _tell(self, event: Event) -> None:
        self.store.append(event)
        self.graph.apply(event)
        if self.keeping:
            self.keeping.told(event)

    # What is under way

    async def loop(self) -> None:
        async with Attempts[None](self.lean_room + self.model_room) as attempts:
            self.proposing.news = attempts.wake
            more = True
            while more:
                self.forget_closed()
                if not (more := await self.dispatch(attempts)):
                    self._release()
                    more = await attempts.progress()

    async def start_whole(self, attempts: Attempts[None], problem: str, state: str) -> bool:
        self._wait((OPEN if state == "new" else FINISH, problem))
        return await super().start_whole(attempts, problem, state)

    async def start(self, attempts: Attempts[None], action: Action) -> bool:
        self._wait((action.goal, action.digest))
        return await super().start(attempts, action)

    def _wait(self, key: Key) -> None:
        self._turns[key] = asyncio.get_running_loop().create_future()

    def _release(self) -> None:
        """Let what is to end next end. What has no end in the record ends once its goal is of no
        more interest, or when nothing else can."""
        waiting = {key: turn for key, turn in self._turns.items() if not turn.done()}
        unknown = [key for key in waiting if not self._places.get(key)]
        moot = [key for key in unknown if key[0] in self.graph.goals and not self.live(key[0])]
        if moot:
            for key in moot:
                waiting[key].set_result(None)
        elif known := [key for key in waiting if self._places.get(key)]:
            first = min(known, key=lambda key: self._places[key][0])
            waiting[first].set_result(self._places[first].popleft())
        elif waiting and self.left():
            waiting[unknown[0]].set_result(None)
            self.others += 1
        elif waiting:
            raise Ended

    async def _turn(self, key: Key) -> int | None:
        """The place of the event to tell now; None if there is none."""
        place = await self._turns[key]
        del self._turns[key]
        return place

    async def perform(self, action: Action, digest: str) -> None:
        key = (action.goal, digest)
        try:
            place = await self._turn(key)
            if place is None:
                self._pass_over(action, digest)
            elif action.kind == "refute":
                self._take(place)
                while self._places[key]:
                    self._wait(key)
                    self.proposing.news()  # it goes on without having ended
                    if (place := await self._turn(key)) is not None:
                        self._take(place)
            else:
                self._take(place)
                self._learn(action, self.events[place])
        finally:
            self.agendas[action.goal].under_way.discard(digest)

    def _learn(self, action: Action, event: Event) -> None:
        verdict = carrier(Verdict, event.data["verdict"])
        if action.sketch is not None and verdict.status == "inconclusive":
            self.agendas[action.goal].undecided_sketches.add(sketch_digest(action.sketch))
        tried = action.candidate or action.sketch
        if tried is not None:
            self.proposing.learn(action.goal, tried, verdict)

    def _pass_over(self, action: Action, digest: str) -> None:
        """It is not to be chosen again."""
        node = self.graph.goals[action.goal]
        if action.kind == "refute":
            node.exhausted.add("refuter")
        elif action.kind == "sketch":
            self.agendas[action.goal].undecided_sketches.add(digest)
        else:
            node.tried.add(digest)

    async def open(self, name: str) -> None:
        place = await self._turn((OPEN, name))
        if place is not None:
            self._take(place)
            self.busy.discard(name)
            if self.events[place].type == "unsupported":
                self.emit("closed", problem=name, outcome="unsupported", reason="")

    async def finish(self, name: str) -> None:
        place = await self._turn((FINISH, name))
        if place is not None:
            self._take(place)
            self.busy.discard(name)
            verdict = carrier(Verdict, self.events[place].data["verdict"])
            outcome = "proved" if verdict.proved else "unproved"
            self.emit("closed", problem=name, outcome=outcome, reason="")


class Conjectures:
    """In the place of what thinks of conjectures, most of which no event tells of: the sketches
    that came of them."""

    name, remote = NAME, False

    def __init__(self, found: Mapping[str, Sequence[Sketch]], begins: bool) -> None:
        self._found, self._begins = found, begins
        self.stages = 1 + begins

    async def propose(self, node: GoalNode, stage: int) -> AsyncGenerator[Sequence[Sketch], None]:
        begins = stage == 0 and self._begins
        yield beginning(node.goal) if begins else self._found.get(node.goal.id, [])

    def forget(self, goal: str) -> None:
        pass


def with_conjectures(named: Proposers, events: Iterable[Event]) -> Proposers:
    """As `lineup.exploring` would; without decomposers there are none."""
    found: dict[str, list[Sketch]] = defaultdict(list)
    for event in events:
        if event.type == "sketch" and event.data["sketch"]["by"] == NAME:
            found[event.data["goal"]].append(carrier(Sketch, event.data["sketch"]))
    if not named.decomposers:
        return named
    first = Conjectures(found, begins=place(named.decomposers) < len(named.decomposers))
    return replace(named, decomposers=around(named.decomposers, first, Conjectures(found, False)))


def places(events: Iterable[Event]) -> dict[Key, deque[int]]:
    """Where in the record each action, and each decision, ended; more than once if it did so."""
    found: dict[Key, deque[int]] = defaultdict(deque)
    for i, event in enumerate(events):
        if key := key_of(event):
            found[key].append(i)
    return found


def key_of(event: Event) -> Key:
    """The same for a recorded event and for the action that led to it; empty if none did."""
    data, kind = event.data, event.type
    if kind in ("goal_opened", "unsupported"):
        return OPEN, data["problem"] if kind == "unsupported" else data["goal"]["problem"]
    if kind == "assembled":
        return FINISH, data["problem"]
    if kind == "attempt":
        return data["goal"], candidate_digest(carrier(Candidate, data["candidate"]))
    if kind == "sketch":
        return data["goal"], sketch_digest(carrier(Sketch, data["sketch"]))
    if kind == "refutation" or str(data.get("by", "")).startswith(REFUTER):
        return data["goal"], REFUTING
    if kind == "exhausted":
        what = data["what"]
        return (data["goal"], REFUTING) if what == "refuter" else (kind, data["goal"], what)
    if kind == "problem_added":
        return kind, data["problem"]["name"]
    if kind == "closed":
        return kind, data["problem"]
    return (kind,) if kind in ("run_started", "run_finished") else ()
