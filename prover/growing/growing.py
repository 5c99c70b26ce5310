"""The sleep phase: from what runs have proved to a library that shortens later proofs.

Wake and sleep as in DreamCoder (Ellis et al., PLDI 2021) and, for lemmas, LEGO-Prover (Wang et al.,
ICLR 2024): proven statements are clustered, generalised, proved anew, and those that a search on
held-out goals is better off with are kept. Tier 1 judges each on its own, tier 2 the whole file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from prover.graph import ProofGraph
from prover.growing.kept import HEADER, Entry, Library
from prover.growing.laws import Law, joins, law, opened, weaker
from prover.growing.measure import credited, searched, with_library
from prover.growing.proven import SCOPED, Proven, called, proven
from prover.inductive_proofs import alternatives, inductions
from prover.lean.verifier import CERTIFY, Unsupported, Verifier
from prover.provers import scripts_for
from prover.scripts import body
from prover.types import Candidate, Goal, Limits, Problem, Verdict

GUESSES = 6
"""Generalisations that are tried, for each theorem that is wanted."""
MEASURED = 4
"""Theorems that are measured, for each that is wanted; those that were dearest to prove."""
EASY = "first\n  | omega\n  | (simp; done)\n  | rfl\n  | decide"
"""What proves such a goal at once wherever it stands: a theorem about it would be in the way."""
SCRIPTS = 8
"""Of the portfolio, those of the instances and the cheapest, which a guess is tried with."""
GUESS_SHARE = 0.5
"""Of an attempt's limits, for all ways to prove a guess together: most guesses are false."""

Told = Callable[[str, float, float], None]
"""Of the stage, how far it is, and how far it goes."""


def untold(stage: str, done: float, total: float) -> None:
    pass


@dataclass(frozen=True)
class Found:
    """A statement that Lean has read, with a proof that it has taken."""

    goal: Goal
    proof: Candidate
    cost: int
    """Attempts that its proof, or those of its instances, took."""
    origins: tuple[str, ...]
    scripts: frozenset[str] = frozenset()
    """Names of the portfolio's scripts in its proof, or in those of its instances."""


@dataclass
class Growth:
    """What is known so far, and why the rest is not."""

    verifier: Verifier
    limits: Limits
    told: Told = untold
    why: Counter[str] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)
    """Of statements that were looked at."""

    async def read(self, statement: str) -> Goal | None:
        """A statement that rests on core Lean alone and was not seen before."""
        goal = await self.verifier.open(Problem("law", statement, HEADER))
        if isinstance(goal, Unsupported):
            self.why["no Lean without its header, or as it was printed"] += 1
        elif goal.scoped:
            self.why[SCOPED] += 1
        elif goal.key in self.keys:
            self.why["the same goal again"] += 1
        else:
            self.keys.add(goal.key)
            return goal
        return None

    async def proves(self, goal: Goal, proof: Candidate, share: float = 1.0) -> bool:
        verdict = await self.verifier.judge(goal, proof, self.limits.scaled(share))
        self.why[f"checks: {verdict.status}"] += 1
        return verdict.proved

    async def is_easy(self, goal: Goal) -> bool:
        return await self.proves(goal, Candidate(body(goal, EASY), "easy"))

    # What runs have proved

    async def known(self, each: Proven) -> Found | None:
        goal = await self.read(each.statement)
        if goal is None:
            return None
        if not await self.proves(goal, each.proof):
            self.why["not proved without its header"] += 1
            return None
        scripts = frozenset(re.findall(r"portfolio:([^\s,)]+)", each.by))
        return Found(goal, each.proof, each.cost, (each.origin,), scripts)

    # What is more general

    async def general(self, guess: Law, instances: Sequence[Found]) -> Found | None:
        goal = await self.read(guess.statement("law"))
        if goal is None:
            return None
        if (told := law(goal)) is not None:  # with the types that Lean has found
            goal = replace(goal, statement=told.statement("law"))
        proof = await self.proof(goal, {name for each in instances for name in each.scripts})
        if proof is None:
            self.why["generalisation not proved"] += 1
            return None
        origins = dict.fromkeys(o for each in instances for o in each.origins)
        return Found(goal, proof, sum(each.cost for each in instances), tuple(origins))

    async def proof(self, goal: Goal, known: set[str]) -> Candidate | None:
        """By the portfolio's scripts, those that proved the instances first, or by induction: each
        sort at once, then the first that does it alone."""
        best = sorted(scripts_for(goal), key=lambda script: (script.name not in known, script.cost))
        scripts = best[:SCRIPTS]
        for ways in ([script.text for script in scripts], inductions(goal)):
            closing = alternatives([f"skip\n{way}\ndone" for way in ways], 0)
            every = Candidate(body(goal, closing), "all")
            if ways and await self.proves(goal, every, GUESS_SHARE):
                for way in ways:
                    alone = Candidate(body(goal, way), "portfolio")
                    if await self.proves(goal, alone):
                        return alone
        return None

    # Tier 2

    async def certified(self, entries: Sequence[Entry]) -> list[Entry]:
        """Those that stand in a file that a fresh Lean takes as a whole."""
        kept = list(entries)
        while kept:
            refused = await self.refused(kept)
            if not refused:
                break
            self.why["refused by tier 2"] += len(refused)
            kept = [entry for entry in kept if entry.name not in refused]
        return kept

    async def refused(self, entries: Sequence[Entry]) -> set[str]:
        """Names of theorems at fault; all, where a fault is nobody's."""
        text = Library(tuple(entries)).text
        against = Problem(entries[-1].name, entries[-1].statement, HEADER)
        said = await self.verifier.check(text, against, CERTIFY)
        everyone = {entry.name for entry in entries}
        if isinstance(said, Verdict):
            return everyone
        good = {t.name for t in said.theorems if t.verdict.proved}
        bad = {e.name for e in entries if not all(name in good for name in names(e))}
        return bad or (everyone if said.errors else set())


def names(entry: Entry) -> list[str]:
    return [lemma.statement.split()[1] for lemma in entry.lemmas]


async def grow(
    verifier: Verifier,
    graphs: Sequence[ProofGraph],
    held_out: Sequence[Goal],
    limits: Limits,
    most: int,
    keep_all: bool = False,
    told: Told = untold,
) -> Library:
    """At most `most` theorems from what these runs have proved, those first that earned most.

    Credit is counted on `held_out`; nothing is grown from problems that these belong to, and a
    held-out goal that a run has proved under another name is left out. With `keep_all` theorems
    without credit stay. `limits` are those of one attempt.
    Raises InfrastructureError if Lean cannot be asked.
    """
    growth = Growth(verifier, limits, told)
    found = await candidates(growth, graphs, {goal.problem for goal in held_out}, most)
    entries = await growth.certified([entry(each) for each in found])
    fresh = [goal for goal in held_out if goal.key not in growth.keys]
    growth.why["held-out goals that a run has proved"] = len(held_out) - len(fresh)
    if fresh and entries:
        entries = await measured(growth, entries, fresh)
    elif not keep_all:
        growth.why["no held-out goal to earn credit on"] += len(entries)
        entries = []
    if not keep_all:
        growth.why["no credit"] = sum(not e.credit or not e.credit.deserved for e in entries)
        entries = [e for e in entries if e.credit and e.credit.deserved]
    best = sorted(entries, key=lambda e: e.credit.rank if e.credit else (), reverse=True)[:most]
    growth.why["kept"] = len(best)
    return Library(tuple(await growth.certified(best)), dict(+growth.why))


async def measured(growth: Growth, entries: list[Entry], goals: Sequence[Goal]) -> list[Entry]:
    growth.told("held-out goals without the library", 0, 1)
    without = await searched(growth.verifier, goals, growth.limits, None)
    growth.told("held-out goals with the library", 0, 1)
    library = Library(tuple(entries))
    having = await with_library(growth.verifier, goals, growth.limits, library, without)
    for name, said in (("without", without), ("with", having)):
        growth.why[f"held out, {name}: proved"] = sum(tried.proved for tried in said.values())
        growth.why[f"held out, {name}: checks"] = sum(tried.checks for tried in said.values())
    return credited(entries, without, having)


async def candidates(
    growth: Growth, graphs: Sequence[ProofGraph], without: set[str], most: int
) -> list[Found]:
    """Theorems worth measuring: the general ones first, then what was dear to prove."""
    runs = proven(graphs, without, growth.why)
    growth.why["proven in the runs"] = len(runs)
    there: list[Found] = []
    for i, statement in enumerate(runs):
        growth.told("reading what was proved", i, len(runs))
        if (read := await growth.known(statement)) is not None:
            there.append(read)
    general = await generalised(growth, there, GUESSES * most)
    kept: list[Found] = []
    for each in [*general, *sorted(there, key=lambda each: -each.cost)]:
        if len(kept) < MEASURED * most and not subsumed(each, general):
            if await growth.is_easy(each.goal):
                growth.why["automation alone proves it"] += 1
            else:
                kept.append(each)
    return kept


def subsumed(each: Found, general: Sequence[Found]) -> bool:
    """Is it an instance of something more general?"""
    mine = set(each.origins)
    if each not in general:
        return any(mine <= set(other.origins) for other in general)
    return any(mine < set(other.origins) for other in general)


async def generalised(growth: Growth, there: Sequence[Found], most: int) -> list[Found]:
    laws = {made: each for each in there if (made := law(each.goal)) is not None}
    growth.why["not read as a law"] = len(there) - len(laws)
    guesses: dict[Law, list[Found]] = {}
    for guess, joined in joins(list(laws)).items():
        guesses[guess] = [laws[one] for one in laws if one in joined]
    for one, instance in sorted(laws.items(), key=lambda item: -item[1].cost):
        for guess in (*weaker(one), *opened(one)):
            guesses.setdefault(guess, [instance])
    growth.why["generalisations thought of"] = len(guesses)
    found = []
    for i, (guess, instances) in enumerate(list(guesses.items())[:most]):
        growth.told("generalising", i, min(most, len(guesses)))
        if guess not in laws and (general := await growth.general(guess, instances)):
            found.append(general)
    growth.why["generalisations proved"] = len(found)
    return found


def entry(each: Found) -> Entry:
    name = f"grown_{each.goal.key[:8]}"
    statement, proof = called(each.goal.statement, each.proof, name)
    return Entry(name, statement, proof.body, proof.lemmas, None, each.origins)
