"""The values that pass between the modules: frozen, plain, and JSON both ways.

Every carrier turns into JSON with `dataclasses.asdict` and back with `from_dict`, so an event
written to disk is the value that was in memory. Text is Lean source unless a field says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["proved", "rejected", "inconclusive"]

InconclusiveKind = Literal["timeout", "heartbeats", "memory", "crash", "lost"]
"""Why nothing is known: wall clock, Lean's own step limit, memory, a dead process, no reply."""


@dataclass(frozen=True)
class Problem:
    """A Lean theorem with its proof missing."""

    name: str
    statement: str
    """`theorem NAME binders : type`, without `:=` and what follows."""
    header: str = ""
    """Commands that come before the theorem: imports, `open`, definitions."""
    source: str = ""
    """Where it was read from, for people: a set's name, or `minif2f/valid`."""
    split: str = ""
    informal: str = ""

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Problem:
        return cls(**data)


@dataclass(frozen=True)
class Limits:
    """What one request may cost; heartbeats are the limit meant, the others a backstop."""

    heartbeats: int = 40_000
    """Lean's `maxHeartbeats` (thousands of small allocations); 0 is no limit."""
    seconds: float = 20.0
    """Wall clock, after which the worker is killed."""

    def scaled(self, factor: float) -> Limits:
        return Limits(int(self.heartbeats * factor), self.seconds * factor)


@dataclass(frozen=True)
class Binder:
    """One hypothesis or variable of a goal, as Lean elaborated it."""

    name: str
    type: str
    prop: bool
    """True for a hypothesis (its type is a proposition), false for data."""
    head: str = ""
    """The head constant of the type (`Nat`, `List`, `LE.le`), empty if it has none."""
    constructors: tuple[tuple[str, int, int], ...] = ()
    """For data of an inductive type: short name, number of fields, how many are recursive."""
    shape: str = ""
    """Of a hypothesis: equal for those that differ in the goal's variables only."""

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Binder:
        ctors = tuple((str(n), int(f), int(r)) for n, f, r in data.get("constructors", ()))
        head, shape = data.get("head", ""), data.get("shape", "")
        return cls(data["name"], data["type"], bool(data["prop"]), head, ctors, shape)


@dataclass(frozen=True)
class Goal:
    """A closed statement to be proved, with what Lean said about its shape."""

    id: str
    """A path: the problem's name, then `/SKETCH.HOLE` for every decomposition above it."""
    problem: str
    statement: str
    """`theorem NAME binders : type`; NAME is unique within the problem's proof graph."""
    header: str = ""
    key: str = ""
    """Canonical key: equal for goals that differ in bound names or hypothesis order."""
    depth: int = 0
    binders: tuple[Binder, ...] = ()
    target: str = ""
    """The conclusion, printed by Lean."""
    head: str = ""
    """Head constant of the conclusion (`Eq`, `And`, `Exists`, ...)."""
    constants: tuple[str, ...] = ()
    """Constants that occur in the statement."""
    definitions: tuple[str, ...] = ()
    """Definitions of the header that the statement rests on, nearest first."""
    intros: tuple[str, ...] = ()
    """Names for the last binders that the signature leaves under `∀`: a body introduces them."""
    conclusion: str = ""
    """The key that it would have without hypotheses; empty in runs older than the proof store."""
    scoped: bool = True
    """It rests on something of the header, an inductive type perhaps; false: on imports alone."""

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Goal:
        binders = tuple(Binder.from_dict(b) for b in data.get("binders", ()))
        lists = {k: tuple(data.get(k, ())) for k in ("constants", "definitions", "intros")}
        return cls(**{**data, **lists, "binders": binders})


@dataclass(frozen=True)
class Lemma:
    """A helper theorem that a candidate brings along: a statement and its proof body."""

    statement: str
    body: str
    at: tuple[int, int] = field(default=(1, 0), compare=False)
    """As a candidate's."""

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Lemma:
        return cls(**{**data, "at": place(data)})


@dataclass(frozen=True)
class Candidate:
    """A proposed proof: bodies, never commands (design decision 2)."""

    body: str
    """One term: `by ...` or a proof term."""
    by: str
    """Who proposed it, for people: `portfolio:omega`, `model:NAME`."""
    lemmas: tuple[Lemma, ...] = ()
    sample: str = ""
    """Of a model's: which of its answers it was, `GOAL#MODEL.STAGE.REQUEST.ANSWER`."""
    at: tuple[int, int] = (1, 0)
    """Of a model's: where in its code the body begins, line from 1 and column from 0."""

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Candidate:
        lemmas = tuple(Lemma.from_dict(lemma) for lemma in data.get("lemmas", ()))
        return cls(**{**data, "lemmas": lemmas, "at": place(data)})


@dataclass(frozen=True)
class Place:
    """Something said of a place in a text that somebody wrote."""

    line: int
    """From 1; columns from 0, in code points."""
    column: int
    text: str
    kind: str = ""
    """Of a command: its keyword or Lean's name for it."""


@dataclass(frozen=True)
class SplitTheorem:
    """One theorem, `lemma` or `example` of a file."""

    name: str
    """As written; empty for an `example`."""
    statement: str
    """`theorem NAME binders : type`; modifiers and attributes are left out."""
    body: str
    """One term. Its lines have the columns that they had, a first line that is just `by` apart."""
    line: int
    """Where the body begins."""
    column: int
    sorry: bool
    error: Place | None = None
    """Where the parser lost it, or why its proof is no single term; then it has no body."""


@dataclass(frozen=True)
class Split:
    """A whole file taken apart by Lean's parser; nothing of it was elaborated."""

    theorems: tuple[SplitTheorem, ...]
    target: int | None
    """Which of them to take for the problem's: the one of its name, else the last."""
    refused: tuple[Place, ...] = ()
    """Commands that no candidate may hold: what rests on them will not elaborate."""
    skipped: tuple[Place, ...] = ()
    """Imports, `open`s, options and the like, and what the trusted header holds too."""
    error: Place | None = None
    """The first thing anywhere that the parser could make nothing of."""


@dataclass(frozen=True)
class Sketch:
    """A proof body with `sorry` holes, proposed by a decomposer."""

    body: str
    by: str
    sample: str = ""
    """As a candidate's."""
    at: tuple[int, int] = (1, 0)
    plan: str = ""
    """What the model wrote beside it: how the proof is to go, in words."""
    logprob: float | None = None
    """Mean log-probability of the answer's tokens, in nats; None if that is not known."""
    invertible: bool = False
    """Its holes are true wherever the goal is: nothing was guessed."""

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Sketch:
        return cls(**{**data, "at": place(data)})


def place(data: dict[str, Any]) -> tuple[int, int]:
    line, column = data.get("at", (1, 0))
    return int(line), int(column)


@dataclass(frozen=True)
class Draft:
    """Lean text as a model wrote it; Lean's own parser makes a candidate or a sketch of it."""

    code: str
    by: str
    sample: str
    plan: str = ""
    logprob: float | None = None


Proposal = Candidate | Sketch | Draft
"""What provers and decomposers come up with."""


@dataclass(frozen=True)
class Hole:
    """One `sorry` of a compiled sketch, turned into a closed goal."""

    goal: str
    """Id of the goal that it became."""
    start: int
    """Offset of the `sorry` in the sketch's body, in characters."""
    end: int
    fill: str
    """What replaces the `sorry` once the goal's theorem stands above: uses its name."""

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Hole:
        return cls(**data)


@dataclass(frozen=True)
class Failing:
    """Where a proof breaks off, for a repair, or to go on from there."""

    line: int
    """1-based, of the failing tactic's beginning; of unsolved goals, the end of their block."""
    column: int
    goals: tuple[str, ...]
    """Printed by Lean: what the tactic met, or left unsolved; the first few."""

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Failing:
        return cls(data["line"], data["column"], tuple(data["goals"]))


@dataclass(frozen=True)
class Verdict:
    """What Lean said of one candidate, sketch or file."""

    status: Status
    reason: str = ""
    """One line for people; never parsed."""
    kind: str = ""
    """For `rejected`: parse, gate, elaboration, axioms, statement, kernel, checker.
    Else an InconclusiveKind."""
    line: int = 0
    """1-based line of the first error within the body; 0 if there is none."""
    column: int = 0
    axioms: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    """Library and header constants that the proof uses directly."""
    heartbeats: int = 0
    """Spent, in Lean's unit (thousands)."""
    seconds: float = 0.0
    """Lean seconds: CPU time of the thread that computed it, where the backend tells, which other
    work on the machine makes no longer; else wall clock. 0 if Lean was not asked for it."""
    reused: Literal["", "cache", "shared"] = ""
    """Where a verdict comes from that Lean was not asked for: given before, or to another task."""
    failing: Failing | None = None
    """Of a body rejected in a tactic."""

    @property
    def proved(self) -> bool:
        return self.status == "proved"

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Verdict:
        lists = {k: tuple(data.get(k, ())) for k in ("axioms", "uses")}
        failing = data.get("failing")
        return cls(**{**data, **lists, "failing": failing and Failing.from_dict(failing)})


@dataclass(frozen=True)
class LeanFacts:
    """Which Lean judges, and in what: stored with proofs, runs and certificates."""

    lean: str
    """Version and build; equal strings judge alike."""
    backend: str = ""
    driver_sha256: str = ""
    """Of the driver's assembled source."""
    confinement: str = ""
    """What keeps a candidate's code from the machine; `none` if nothing does."""
    imports: tuple[str, ...] = ()
    """Modules beyond core Lean that headers may rely on."""


CheckerStatus = Literal["passed", "refused", "failed"]
"""`failed`: it could say neither yes nor no."""


@dataclass(frozen=True)
class CheckerResult:
    """Another program's word on a finished proof."""

    name: str
    version: str
    status: CheckerStatus
    detail: str
    """One line; empty if passed."""
    seconds: float


@dataclass(frozen=True)
class Certified:
    """Tier 2's word on a finished file."""

    verdict: Verdict
    version: str = ""
    """What Lean calls itself, its commit included."""
    type_sha256: str = ""
    """Of the statement's elaborated type; empty if Lean did not get so far, or it is too long."""
    definitions_sha256: str = ""
    """Of the header's definitions that the type rests on, with their values."""
    checkers: tuple[CheckerResult, ...] = ()
    """Asked after tier 2 said proved, where the machine has any."""


@dataclass(frozen=True)
class Event:
    """One fact of a run, as one line of `events.jsonl`; a run's state is the fold of its events.

    Types and their data, `problem` and `goal` being ids:
    run_started     {config_digest, lean, python}
    problem_added   {problem: Problem}
    unsupported     {problem, reason, seconds}          the statement does not elaborate
    goal_opened     {goal: Goal, seconds}               the root goal of a problem; Lean seconds
                                                        that it took, absent in old runs
    attempt         {goal, candidate: Candidate, verdict: Verdict}
    sketch          {goal, sketch_id, sketch: Sketch, verdict: Verdict,
                     holes: [Hole], goals: [Goal]}      verdict `proved` means it compiled
    refutation      {goal, statement, candidate: Candidate, verdict: Verdict, counterexample}
                                                        verdict `proved`: the goal is false, since
                                                        its negation, `statement`, was proved;
                                                        counterexample: "n = 3, m = 0", or empty
    exhausted       {goal, what: "prover" | "decomposer" | "refuter"}  no more will be proposed
    sampled         {goal, model, purpose, how, usage: Usage}  a request to a model was answered
    checked         {goal, by, verdict: Verdict}        a model, or the refuter to narrow down a
                                                        counterexample, had Lean check something
    spent           {problem, goal, stage, seconds, retries}  what Lean did besides, for a goal or,
                                                        if that is empty, a problem as a whole;
                                                        stage as in `ledger`
    conjectured     {goal, found: [{claim, goal: Goal}], explored, all}
                                                        lemmas were thought of for a goal;
                                                        explored: equations of its functions, all:
                                                        what is read off the goal itself
    conjecture      {goal, name, status: "open" | "proved" | "refuted", candidate, verdict}
                                                        what became of one of them
    lemmas_shown    {goal, model, names}                what a model is told is proved
    assembled       {problem, file, verdict: Verdict}   tier 2's word on the whole file
    disagreement    {problem, file, verdict: Verdict}   tier 2 rejects what tier 1 holds proved
    closed          {problem, outcome, reason}          outcome: proved, unproved, unsupported
    interrupted     {dropped}                           queued work not wanted any more since the
    run_finished    {dropped}                           process began: a count, absent in old runs
    """

    type: str
    time: float
    """Seconds since the epoch."""
    data: dict[str, Any] = field(default_factory=dict)
