"""What a run has spent, on what: one account for each problem, goal and stage of the work.

A pure fold of the run's events, part of the proof graph. Whatever costs anything is in an event:
attempts, sketches, refutations and checks carry Lean's verdict with its seconds, requests to models
their usage, and `spent` is what Lean did besides. So the sum over the stages, over the problems and
over the goals is the same, and is what the run has spent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, get_args

from prover.graph_nodes import INCONCLUSIVE, candidate_digest, carrier, outcome
from prover.llm.messages import Usage
from prover.repair import BY
from prover.types import Candidate, Event, Sketch, Verdict

Stage = Literal[
    "opening", "store", "attempts", "corrections", "retries", "sketches", "refinements", "repairs",
    "conjectures", "refutations", "tools", "asking", "tier 2", "lost",
]  # fmt: skip
"""`opening`: statements elaborated; `store`: stored proofs tried; `attempts`: proofs when they are
new; `corrections`: those, and sketches, that a model wrote knowing Lean's word on an earlier one;
`retries`: what Lean could not decide, once more; `refinements`: sketches that a model wrote knowing
what became of an earlier one; `repairs`: what was made of failed proofs; `tools`: what models had
checked; `asking`: Lean's part in asking models, their answers taken apart; `tier 2`: finished files
checked; `lost`: work of Lean's that ended without a word."""

STAGES: tuple[Stage, ...] = get_args(Stage)

OF_PURPOSE: dict[str, Stage] = {
    "correction": "corrections", "repair": "corrections", "resume": "corrections",
    "sketch": "sketches", "refine": "refinements",
}  # fmt: skip
"""What models are asked for, where it is not a proof."""

STORED = ("store", "carried")
CONJECTURES, REFUTER, TOOL = "conjectures", "refuter", "tool"

TESTS = frozenset({"attempt", "sketch", "refutation", "checked", "conjecture", "assembled"})
"""Events with a verdict of their own; `disagreement` repeats that of `assembled`."""

K = TypeVar("K")

Key = tuple[str, str, Stage]
"""Problem, goal and stage; the goal is empty for what was done for a problem as a whole."""


@dataclass
class Cost:
    tests: int = 0
    """Proofs, sketches and checks with a verdict, those included for which Lean was not asked."""
    seconds: float = 0.0
    """Lean seconds."""
    usage: Usage = Usage()
    """What models were asked, and its price."""
    retries: int = 0
    """Of the tests, those of what Lean could not decide before; and requests to Lean or to a model
    that were made again, since the first got no answer."""
    inconclusive: Counter[str] = field(default_factory=Counter)
    """Tests without a result, by kind."""

    @property
    def tokens(self) -> int:
        return self.usage.prompt_tokens + self.usage.completion_tokens

    def add(self, other: Cost) -> None:
        self.tests += other.tests
        self.seconds += other.seconds
        self.usage += other.usage
        self.retries += other.retries
        self.inconclusive += other.inconclusive


@dataclass(frozen=True)
class Proved:
    """One point of the proofs over time: a problem was verified, and all that was spent by then."""

    problem: str
    elapsed: float
    """Seconds of the run."""
    seconds: float
    """Lean seconds."""
    tokens: int
    money: float


@dataclass
class Ledger:
    entries: dict[Key, Cost] = field(default_factory=dict)
    proofs: list[Proved] = field(default_factory=list)
    """In the order in which tier 2 said so."""
    total: Cost = field(default_factory=Cost)
    _problems: dict[str, str] = field(default_factory=dict, repr=False)
    """Of the goals."""
    _undecided: set[tuple[str, str]] = field(default_factory=set, repr=False)
    """Goals with digests of candidates on which there is no word yet."""

    def apply(self, event: Event, elapsed: float) -> None:
        """Book one event, `elapsed` seconds into the run."""
        data = event.data
        self._know(event.type, data)
        if event.type in TESTS:
            self._test(event, carrier(Verdict, data["verdict"]))
        elif event.type == "sampled":
            stage, usage = OF_PURPOSE.get(data["purpose"], "attempts"), Usage(**data["usage"])
            self._book(data, stage, Cost(usage=usage, retries=usage.retries))
        elif event.type in ("goal_opened", "unsupported"):
            self._book(data, "opening", Cost(1, lean_seconds(event)))
        elif event.type == "spent":
            cost = Cost(seconds=lean_seconds(event), retries=int(data["retries"]))
            self._book(data, data["stage"], cost)
        if event.type == "assembled":
            self._verified(str(data["problem"]), carrier(Verdict, data["verdict"]), elapsed)

    def by_stage(self) -> dict[Stage, Cost]:
        """In the order of `STAGES`; those on which nothing was spent are left out."""
        found = summed((stage, cost) for (_, _, stage), cost in self.entries.items())
        return {stage: found[stage] for stage in STAGES if stage in found}

    def by_problem(self) -> dict[str, Cost]:
        return summed((problem, cost) for (problem, _, _), cost in self.entries.items())

    def by_goal(self) -> dict[tuple[str, str], Cost]:
        """By problem and goal; the goal is empty for what no goal was the reason of."""
        return summed(((problem, goal), cost) for (problem, goal, _), cost in self.entries.items())

    def _know(self, kind: str, data: dict[str, Any]) -> None:
        goals = [data["goal"]] if kind == "goal_opened" else data.get("goals", ())
        for goal in goals:
            about = goal if isinstance(goal, dict) else vars(goal)
            self._problems[about["id"]] = about["problem"]

    def _test(self, event: Event, verdict: Verdict) -> None:
        stage, again = self._stage(event), False
        if event.type == "attempt" and (verdict.status == "inconclusive" or self._undecided):
            again = self._is_retry(event.data, verdict)
            stage = "retries" if again else stage
        said = outcome(verdict, "proved")
        unknown = Counter({said: 1}) if said in INCONCLUSIVE else Counter[str]()
        cost = Cost(1, verdict.seconds, retries=int(again), inconclusive=unknown)
        self._book(event.data, stage, cost)

    def _is_retry(self, data: dict[str, Any], verdict: Verdict) -> bool:
        mark = (data["goal"], candidate_digest(carrier(Candidate, data["candidate"])))
        before = mark in self._undecided
        if verdict.status == "inconclusive":
            self._undecided.add(mark)
        else:
            self._undecided.discard(mark)
        return before

    def _stage(self, event: Event) -> Stage:
        data = event.data
        if event.type == "assembled":
            return "tier 2"
        if event.type == "refutation":
            return "refutations"
        if event.type == "conjecture":
            return "conjectures"
        if event.type == "checked":
            return of_check(str(data["by"]))
        if event.type == "sketch":
            sketch = carrier(Sketch, data["sketch"])
            return of_proposal(sketch.by, sketch.sample, "sketches")
        candidate = carrier(Candidate, data["candidate"])
        return of_proposal(candidate.by, candidate.sample, "attempts")

    def _book(self, data: dict[str, Any], stage: Stage, cost: Cost) -> None:
        goal = data.get("goal", "")
        name = goal if isinstance(goal, str) else ""  # what is opened is no goal yet
        opened = data.get("problem") or (self._problems[name] if name else "")
        problem = opened or (goal["problem"] if isinstance(goal, dict) else goal.problem)
        self.entries.setdefault((problem, name, stage), Cost()).add(cost)
        self.total.add(cost)

    def _verified(self, problem: str, verdict: Verdict, elapsed: float) -> None:
        if verdict.proved and all(proof.problem != problem for proof in self.proofs):
            spent = self.total
            point = elapsed, spent.seconds, spent.tokens, spent.usage.money
            self.proofs.append(Proved(problem, *point))


def of_check(by: str) -> Stage:
    """The stage of what is no attempt."""
    if by.startswith(REFUTER):
        return "refutations"
    return "tools" if by.endswith(f":{TOOL}") else "conjectures"


def of_proposal(by: str, sample: str, usual: Stage) -> Stage:
    """The stage of an attempt or a sketch; `sample` says that a model wrote it."""
    if sample:
        return OF_PURPOSE.get(by.rpartition(":")[2], "attempts")
    if by.startswith(BY):
        return "repairs"
    first = by.partition(":")[0]
    if first in STORED:
        return "store"
    return "conjectures" if first == CONJECTURES else usual


def lean_seconds(event: Event) -> float:
    """What an event books of Lean's time."""
    if event.type in TESTS:
        return carrier(Verdict, event.data["verdict"]).seconds
    return seconds_of(event.data)


def seconds_of(data: dict[str, Any]) -> float:
    """Of an event without a verdict. Statements that an older version opened say nothing."""
    return float(data.get("seconds", 0.0))


def summed(costs: Iterable[tuple[K, Cost]]) -> dict[K, Cost]:
    total: dict[K, Cost] = {}
    for key, cost in costs:
        total.setdefault(key, Cost()).add(cost)
    return total
