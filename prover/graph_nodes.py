"""The nodes of the proof graph and the words its reducer uses; `graph` changes them, others read.

No I/O. What a field means holds after every event.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from prover.digest import sha256
from prover.lean.layout import in_place, normal
from prover.llm.messages import Usage
from prover.types import Candidate, Goal, Hole, Problem, Sketch, Verdict

NodeStatus = Literal["open", "proved", "dead"]

ProblemState = Literal["new", "open", "dead", "proved", "verified", "unsupported"]
"""`new`: no goal yet; `proved`: not (yet) confirmed by tier 2; `verified`: confirmed."""

PROPOSERS = frozenset({"prover", "decomposer"})
"""A goal is dead once these have said all and every sketch is dead."""

EXHAUSTIBLE = PROPOSERS | {"refuter"}

NEGATION_PROVED = "negation proved"
"""Stands for the counterexample of a goal that was refuted without one."""

STEPS, TACTIC = "steps:", ":tactic"
"""How the `by` of a single tactic begins, or ends if it is a model's; of the sketch that it leads
to as well."""

REFUTER = "refuter"
"""What the `by` of a proposed refutation begins with."""

INCONCLUSIVE = ("timeout", "heartbeats", "memory", "crash", "lost")
"""The kinds of `types.InconclusiveKind`, in the order in which reports list them."""


@dataclass(frozen=True)
class Undecided:
    """A candidate of which nothing is known yet: all of its attempts were inconclusive."""

    candidate: Candidate
    kinds: tuple[str, ...]
    """Why, one entry an attempt, in order."""


@dataclass
class Record:
    """What came of one way to prove goals so far in a run: how often, and what it cost."""

    tries: int = 0
    wins: int = 0
    """Tries that proved a goal; of a sketch, that its holes were all proved in the end."""
    judged: int = 0
    """Tries that Lean was asked for: the others were known and cost nothing."""
    seconds: float = 0.0
    """Lean seconds of those."""

    def add(self, verdict: Verdict, won: bool) -> None:
        self.tries += 1
        self.wins += won
        self.judged += not verdict.reused
        self.seconds += verdict.seconds

    def __add__(self, other: Record) -> Record:
        return Record(
            self.tries + other.tries,
            self.wins + other.wins,
            self.judged + other.judged,
            self.seconds + other.seconds,
        )


Records = dict[str, Record]
"""By `by`, the proposer and its way."""

StepOutcome = Literal["proved", "wrong", "hard", "undecided"]
"""`wrong`: refuted; `hard`: all that was tried failed; `undecided`: nothing is known."""


@dataclass(frozen=True)
class Step:
    """What had become of one hole of a sketch when the sketch failed."""

    goal: Goal
    text: str
    """The part of the sketch that the hole proves, its `sorry` included."""
    outcome: StepOutcome
    why: str = ""
    """The counterexample, if it has values; what was tried; why nothing is known."""
    left: tuple[str, ...] = ()
    """Of what is hard: the goals at which a model's last proof broke off, as Lean prints them."""


@dataclass(frozen=True)
class Diagnosis:
    """Why a sketch that compiled came to nothing."""

    sketch_id: str
    sketch: Sketch
    steps: tuple[Step, ...]
    """In the order in which they stand in the sketch."""


@dataclass(frozen=True)
class Expansion:
    """A single tactic was tried on a goal, or what it left was made a sketch."""

    at: int
    """Attempts and sketches of the run before it: of two, which came first."""
    new: bool
    """It led to a goal that the problem had not seen before."""


@dataclass
class GoalNode:
    goal: Goal
    status: NodeStatus = "open"
    proof: Candidate | str | None = None
    """The witness: a candidate, or the id of a proved sketch. None unless proved."""
    verdict: Verdict | None = None
    """Lean's word on the witness if that is a candidate."""
    tried: set[str] = field(default_factory=set)
    """Digests of the candidates that have had an attempt, inconclusive ones included."""
    undecided: dict[str, Undecided] = field(default_factory=dict)
    """By digest, a subset of `tried`: what a retry under larger limits may still settle."""
    sketched: set[str] = field(default_factory=set)
    """Digests of the sketches that Lean has compiled or rejected."""
    tally: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many (by, outcome) there were; outcomes: proved, compiled, refuted, rejected, a kind."""
    rejections: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Of its attempts that Lean rejected: by whom, the verdict's kind, the head of the message."""
    exhausted: set[str] = field(default_factory=set)
    attempts: int = 0
    """Attempts on this goal itself; sketches are counted apart."""
    failed_sketches: int = 0
    """Sketches that did not compile; they are no nodes."""
    refuted: str = ""
    """A counterexample, or NEGATION_PROVED; empty unless the goal is known to be false."""
    seconds: float = 0.0
    """Lean seconds of this goal's own attempts, sketches and refutations, and of all else that
    Lean did for it."""
    asked: Usage = Usage()
    """What models were asked for it."""
    answers: dict[str, tuple[Candidate | Sketch, Verdict]] = field(default_factory=dict)
    """What Lean said of the models' answers, by `sample`."""
    failures: list[Diagnosis] = field(default_factory=list)
    """Of its sketches that came to nothing, in the order in which they did."""
    expansions: list[Expansion] = field(default_factory=list)
    """Single tactics that were tried on it, in order."""

    @property
    def inconclusive(self) -> Counter[str]:
        return inconclusive_kinds(self.tally)


@dataclass
class Spending:
    """What a run has spent in all."""

    attempts: int = 0
    """Attempts and sketches."""
    seconds: float = 0.0
    """Lean seconds."""
    usage: Usage = Usage()


@dataclass
class SketchNode:
    id: str
    goal: str
    """Id of the goal that it would prove."""
    sketch: Sketch
    verdict: Verdict
    holes: tuple[Hole, ...]
    status: NodeStatus = "open"


@dataclass
class ProblemNode:
    problem: Problem
    root: str = ""
    """Id of the root goal, empty until it is opened."""
    unsupported: str | None = None
    """Why the statement does not elaborate; None if nobody said so."""
    assembled: Verdict | None = None
    """Tier 2's last word on the assembled file."""
    contradictions: list[str] = field(default_factory=list)
    """Goals both proved and refuted, of which the first is believed: Lean would be inconsistent,
    or the negation's text is not the goal's negation. Nothing of such a problem may count."""
    disagreement: bool = False
    """Tier 2 rejected what tier 1 held proved; the file is in quarantine."""
    file: str = ""
    lean: str = ""
    """The Lean that gave `assembled`."""
    verified_at: float | None = None
    """`ProofGraph.elapsed` when tier 2 first said proved."""
    outcome: str = ""
    """From `closed`: proved, unproved, unsupported; empty while work goes on."""
    reason: str = ""
    attempts: int = 0
    reused: Counter[str] = field(default_factory=Counter)
    """Attempts that Lean was not asked for, by where their verdict came from: cache or shared."""
    sketches: int = 0
    """Sketches that Lean has judged, those that did not compile included."""
    seconds: float = 0.0
    """Lean seconds: those of its goals, its opening and tier 2."""
    asked: dict[tuple[str, str], Usage] = field(default_factory=dict)
    """What was spent on each (model, purpose); answers taken from a record cost nothing."""


@dataclass(frozen=True)
class Totals:
    attempts: int
    sketches: int
    seconds: float
    inconclusive: Counter[str]
    reused: Counter[str]
    """Of the attempts, those whose verdict came from the `cache` or was `shared`."""

    @property
    def judged(self) -> int:
        """Attempts that Lean was asked for."""
        return self.attempts - sum(self.reused.values())


class Carrier(Protocol):
    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Any: ...


C = TypeVar("C", bound=Carrier)


def carrier(cls: type[C], value: Any) -> C:
    """The carrier of an event in memory, or of one read from disk."""
    return value if isinstance(value, cls) else cls.from_dict(value)


@functools.lru_cache(maxsize=20_000)  # a step of the search asks for those of a whole agenda
def candidate_digest(candidate: Candidate) -> str:
    """Equal for candidates that differ in comments and layout only, whoever proposed them."""
    lemmas = [[lemma.statement.strip(), in_place(lemma.body).strip()] for lemma in candidate.lemmas]
    return text_digest(json.dumps([normal(candidate.body).text, lemmas]))


def sketch_digest(sketch: Sketch) -> str:
    return text_digest(sketch.body.strip())


def text_digest(text: str) -> str:
    return sha256(text)[:16]


def is_single_tactic(by: str) -> bool:
    return by.startswith(STEPS) or by.endswith(TACTIC)


def is_own(sketch: Sketch, model: str) -> bool:
    """Did this model write it, as it stands?"""
    return bool(sketch.sample) and sketch.by.startswith(f"{model}:")


def own_failures(node: GoalNode, model: str) -> list[Diagnosis]:
    """Of a model's own sketches, in the order in which they failed."""
    return [failure for failure in node.failures if is_own(failure.sketch, model)]


def outcome(verdict: Verdict, success: str) -> str:
    """One word for a tally: `success`, rejected, or the kind of an inconclusive verdict."""
    if verdict.status == "inconclusive":
        return verdict.kind if verdict.kind in INCONCLUSIVE else "lost"
    return success if verdict.proved else "rejected"


def inconclusive_kinds(tally: Counter[tuple[str, str]]) -> Counter[str]:
    kinds: Counter[str] = Counter()
    for (_, result), count in tally.items():
        if result in INCONCLUSIVE:
            kinds[result] += count
    return kinds
