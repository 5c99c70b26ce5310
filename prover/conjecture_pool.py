"""The conjectures of a run with what became of them: a pure fold of its events.

A conjecture is known by its header and canonical key, so that it is thought of, tested and tried
once for all goals that rest on the same definitions (Seed-Prover, 2507.23726, keeps such a pool).
Those come first whose kind was proved more often, and that were of use before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from prover.assembly import replace_name, standalone, theorem_name
from prover.digest import sha256
from prover.graph import ProofGraph
from prover.graph_nodes import carrier
from prover.lean.split import words
from prover.types import Candidate, Event, Goal, Lemma, Verdict

Status = Literal["open", "proved", "refuted"]
PRIOR_TRIES, PRIOR_RATE = 2.0, 0.3
"""What a kind's proof rate is taken for before it has been tried."""
MOST_SHOWN = 8
"""Proved conjectures that a model is shown, or that a proof may use."""
MOST_NEARBY = 3
"""Lemmas of other sketches among them."""
PREFIX = "law_"


@dataclass(frozen=True)
class Claim:
    """Something that may hold, as it was thought of."""

    statement: str
    """A proposition: closed, or with `of` in the context of that goal."""
    kind: str
    of: str = ""
    proof: str = ""
    """Tactics that should prove it, if it was thought of with a proof."""
    instance: str = ""
    """Arguments at which it says what the goal says that it was made of."""


@dataclass
class Entry:
    claim: Claim
    goal: Goal
    """As Lean reads it, closed, under the name of the entry; without the header."""
    scope: str
    status: Status = "open"
    proof: Candidate | None = None
    """With what it rests on as lemmas, themselves of the pool."""
    tries: int = 0
    """Proofs that were looked for."""
    uses: int = 0
    """Proofs and sketches that Lean took and that name it."""

    @property
    def name(self) -> str:
        return theorem_name(self.goal.statement)

    @property
    def lemmas(self) -> tuple[Lemma, ...]:
        """It and what it rests on, to stand above a proof that uses it; none if it is open."""
        if self.proof is None:
            return ()
        return (*self.proof.lemmas, Lemma(self.goal.statement, self.proof.body))


@dataclass
class Kind:
    """How often conjectures of one kind were tried, and proved."""

    tries: int = 0
    proved: int = 0
    uses: int = 0

    @property
    def rate(self) -> float:
        return (self.proved + PRIOR_TRIES * PRIOR_RATE) / (self.tries + PRIOR_TRIES)


Theory = tuple[str, tuple[str, ...]]
"""A header and the definitions of it that a goal rests on."""


def theory(goal: Goal) -> Theory:
    return sha256(goal.header), tuple(sorted(goal.definitions))


def named(goal: Goal) -> Goal:
    """A conjecture's goal under its own name, which is the same in every run; no header."""
    name = PREFIX + sha256(f"{goal.header}\n{goal.key}")[:8]
    old = theorem_name(goal.statement)
    return replace(goal, id=name, statement=replace_name(goal.statement, old, name), header="")


@dataclass
class Pool:
    entries: dict[str, Entry] = field(default_factory=dict)
    """By name."""
    kinds: dict[str, Kind] = field(default_factory=dict)
    explored: set[Theory] = field(default_factory=set)
    """Theories whose functions have been looked at."""
    thought: set[str] = field(default_factory=set)
    """Goals of which everything has been thought that is thought of them."""
    shown: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """By goal and model: what it was shown first, and is shown again."""
    _holes: dict[str, Goal] = field(default_factory=dict)
    """Goals of the search that are a conjecture, under its name."""
    _theories: dict[str, Theory] = field(default_factory=dict)
    """By goal of the search."""

    @classmethod
    def of(cls, events: Iterable[Event]) -> Pool:
        pool = cls()
        for event in events:
            pool.apply(event)
        return pool

    # What is asked of it

    def near(self, goal: Goal) -> list[Entry]:
        """What may help with a goal and is not refuted, proved ones first, then by score."""
        found = [e for e in self.entries.values() if e.status != "refuted" and self._fits(e, goal)]
        return sorted(found, key=lambda e: (e.status != "proved", -self.score(e)))

    def score(self, entry: Entry) -> float:
        kind = self.kinds.get(entry.claim.kind, Kind())
        return kind.rate * (1.0 + entry.uses) / (1.0 + 0.5 * entry.tries)

    def proved(self, goal: Goal) -> list[Entry]:
        """Those that may be cited in a proof of the goal, the most useful first."""
        found = [e for e in self.near(goal) if e.status == "proved" and not e.claim.of]
        return found[:MOST_SHOWN]

    def lemmas_named(self, text: str, goal: Goal) -> tuple[Lemma, ...]:
        """Proved conjectures that a text names, with what they rest on, each once."""
        said = words(text)
        found = [e for e in self.entries.values() if e.name in said and e.scope == of_header(goal)]
        return tuple(dict.fromkeys(lemma for e in found for lemma in e.lemmas))

    def _fits(self, entry: Entry, goal: Goal) -> bool:
        if entry.claim.of:
            return entry.claim.of == goal.id
        rests = set(entry.goal.definitions)
        same = entry.goal.key == goal.key
        return entry.scope == of_header(goal) and rests <= set(goal.definitions) and not same

    # The fold

    def apply(self, event: Event) -> None:
        """Add one fact; most say nothing of conjectures."""
        if (reducer := REDUCERS.get(event.type)) is not None:
            reducer(self, event.data)

    def _opened(self, data: dict[str, Any]) -> None:
        self._know(carrier(Goal, data["goal"]))

    def _know(self, goal: Goal) -> None:
        self._theories[goal.id] = theory(goal)
        if (own := named(goal)).id in self.entries:
            self._holes[goal.id] = own

    def _conjectured(self, data: dict[str, Any]) -> None:
        """Claims about a goal that Lean could read, each with its closed goal."""
        about = self._theories[str(data["goal"])]
        if data["all"]:
            self.thought.add(str(data["goal"]))
        if data["explored"]:
            self.explored.add(about)
        for each in data["found"]:
            entry = Entry(Claim(**each["claim"]), carrier(Goal, each["goal"]), about[0])
            self.entries.setdefault(entry.name, entry)

    def _conjecture(self, data: dict[str, Any]) -> None:
        """What became of one: `open` if no proof was found."""
        entry = self.entries[str(data["name"])]
        entry.tries += 1
        if data["status"] == "proved":
            self._proved(entry, carrier(Candidate, data["candidate"]))
        else:
            self.kind(entry).tries += 1
            entry.status = data["status"] if entry.status == "open" else entry.status

    def _proved(self, entry: Entry, candidate: Candidate) -> None:
        if entry.status == "open":
            entry.status, entry.proof = "proved", candidate
            self.kind(entry).tries += 1
            self.kind(entry).proved += 1

    def kind(self, entry: Entry) -> Kind:
        return self.kinds.setdefault(entry.claim.kind, Kind())

    def _attempt(self, data: dict[str, Any]) -> None:
        """A hole may be a conjecture: it is proved then as the hole says it."""
        if not carrier(Verdict, data["verdict"]).proved:
            return
        candidate = carrier(Candidate, data["candidate"])
        self._used(candidate.body, *(lemma.body for lemma in candidate.lemmas))
        hole = self._holes.get(str(data["goal"]))
        if hole is not None and self.entries[hole.id].status == "open":
            self.entries[hole.id].goal = hole
            self._proved(self.entries[hole.id], candidate)

    def _sketch(self, data: dict[str, Any]) -> None:
        for goal in data["goals"]:
            self._know(carrier(Goal, goal))
        if carrier(Verdict, data["verdict"]).proved:
            sketch = data["sketch"]
            self._used(sketch["body"] if isinstance(sketch, dict) else sketch.body)

    def _used(self, *texts: str) -> None:
        for name in {word for text in texts if PREFIX in text for word in words(text)}:
            if (entry := self.entries.get(name)) is not None:
                entry.uses += 1
                self.kind(entry).uses += 1

    def _refutation(self, data: dict[str, Any]) -> None:
        hole = self._holes.get(str(data["goal"]))
        if hole is not None and carrier(Verdict, data["verdict"]).proved:
            entry = self.entries[hole.id]
            entry.status = "refuted" if entry.status == "open" else entry.status

    def _shown(self, data: dict[str, Any]) -> None:
        self.shown.setdefault((str(data["goal"]), str(data["model"])), tuple(data["names"]))


REDUCERS = {
    "goal_opened": Pool._opened,
    "conjectured": Pool._conjectured,
    "conjecture": Pool._conjecture,
    "attempt": Pool._attempt,
    "sketch": Pool._sketch,
    "refutation": Pool._refutation,
    "lemmas_shown": Pool._shown,
}


def of_header(goal: Goal) -> str:
    return sha256(goal.header)


def nearby(graph: ProofGraph, goal: Goal) -> list[tuple[Goal, Candidate]]:
    """Lemmas that sketches of this run owed, proved, about definitions that the goal rests on:
    those about most of them first, then the shorter ones."""
    found = [
        node.goal
        for node in graph.goals.values()
        if node.status == "proved" and node.goal.depth and is_near(node.goal, goal)
    ]
    found.sort(key=lambda g: (-len(g.definitions), len(g.statement), g.id))
    first = {g.key: g for g in reversed(found)}
    chosen = [g for g in found if first[g.key] is g][:MOST_NEARBY]
    return [(g, standalone(graph, g.id)) for g in chosen]


def is_near(lemma: Goal, goal: Goal) -> bool:
    """It may be cited: of the same header, of no case of an induction, and not the goal itself."""
    rests = set(lemma.definitions)
    same = lemma.header == goal.header and lemma.key != goal.key
    return same and bool(rests) and rests <= set(goal.definitions) and not hypotheses(lemma)


def hypotheses(goal: Goal) -> bool:
    return any(b.prop for b in goal.binders)
