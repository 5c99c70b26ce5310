"""Making problems: draws, Lean's word on each, and exact counts per family and level.

A draw is a function of seed, family, level and its index, and what is kept of the draws is decided
in the order of the indices, so what comes out depends on none of Lean's timing.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from prover.errors import InfrastructureError, UserError
from prover.lean.verifier import Unopened, Unsupported, Verifier
from prover.lint import goal_findings, text_findings
from prover.playground.catalogue import family
from prover.playground.family import Draft, Family
from prover.playground.made import Cell, Made, distinct, identity
from prover.playground.settling import Settled, settle
from prover.types import Goal, Problem

DRY = 400
"""Draws in a row of which none was kept, after which a family and level count as dry."""
SMALLEST, LARGEST = 4, 64
"""Draws that are looked at together."""


@dataclass
class Tally:
    """What became of the draws of one family and level."""

    wanted: int = 0
    drawn: int = 0
    refused: int = 0
    """Lean does not elaborate it: a fault of the generator."""
    duplicates: int = 0
    held_out: int = 0
    """Its key is one of those that must not recur."""
    trivial: int = 0
    lost: int = 0
    """Lean gave no answer."""
    lint: Counter[str] = field(default_factory=Counter)
    """By rule; errors and warnings."""
    standings: Counter[str] = field(default_factory=Counter)
    dry: bool = False

    @property
    def kept(self) -> int:
        return sum(self.standings.values())


Told = Callable[[Cell, Sequence[Made], Tally], None]
"""Hears of each batch: what was kept of it, and the count of its family and level so far."""


@dataclass(frozen=True)
class Draw:
    index: int
    problem: Problem
    likely: bool | None


Looked = tuple[Draw, Goal | None, Settled | Literal["refused", "trivial"]]


async def generate(
    verifier: Verifier,
    wanted: Mapping[Cell, int],
    seed: int,
    known: Collection[str] = (),
    settle: bool = True,
    told: Told | None = None,
    had: Sequence[Made] = (),
) -> list[Made]:
    """So many problems of each family and level, elaborated, linted, distinct and not trivial.

    None has its canonical key (`Goal.key`) in `known`, nor its `made.distinct`. With `settle`, Lean
    separates what a cheap script proves and what the refuter refutes from what is left open. `had`
    is what an earlier call with the same arguments had kept when it was stopped: this one goes on
    behind it, and what is returned begins with it. A family and level of which `DRY` draws in a row
    bring nothing new ends with fewer than wanted; its tally, which `told` hears, says so.
    Raises UserError for an unknown family or level, InfrastructureError if Lean cannot be asked.
    """
    maker = Maker(verifier, seed, frozenset(known), settle, told or hear_nothing)
    found = list(had)
    maker.seen.update(map(identity, had))
    for cell, count in wanted.items():
        checked(cell)
        mine = [made for made in had if made.cell == cell]
        tally = Tally(count, standings=Counter(made.standing for made in mine))
        found += await maker.cell(cell, mine, tally)
    return found


def hear_nothing(cell: Cell, made: Sequence[Made], tally: Tally) -> None:
    pass


def checked(cell: Cell) -> None:
    name, level = cell
    if not 1 <= level <= family(name).levels:
        raise UserError(f"the levels of {name} are 1 to {family(name).levels}, not {level}")


def text_of(problem: Problem) -> str:
    """Whatever its name."""
    return problem.header + problem.statement.split(" ", 2)[2]


def index_of(made: Made) -> int:
    return int(made.problem.name.rsplit("_", 1)[1])


def draw(of: Family, level: int, seed: int, index: int) -> Draw:
    """Pure: the same arguments, the same draw."""
    drafted: Draft = of.draw(random.Random(f"{seed}/{of.name}/{level}/{index}"), level)
    name = f"{of.name}_{level}_{seed}_{index}"
    problem = Problem(name, drafted.statement(name), drafted.header, "playground")
    return Draw(index, problem, drafted.likely)


class Maker:
    """One run: what has been kept so far, of all families."""

    def __init__(
        self, verifier: Verifier, seed: int, known: frozenset[str], settle: bool, told: Told
    ) -> None:
        self.verifier, self.seed, self.known = verifier, seed, known
        self.settle, self.told = settle, told
        self.seen: set[str] = set()
        self._turns = asyncio.Semaphore(verifier.pool.size)

    async def cell(self, cell: Cell, had: Sequence[Made], tally: Tally) -> list[Made]:
        """The problems of one family and level behind those that it had, batch by batch."""
        found: list[Made] = []
        texts = {text_of(made.problem) for made in had}
        begin = 1 + max(map(index_of, had), default=-1)
        in_vain = 0
        while tally.kept < tally.wanted and in_vain < DRY:
            missing = tally.wanted - tally.kept
            size = max(SMALLEST, min(LARGEST, missing + missing // 4))
            fresh, end = self.fresh(cell, begin, size, texts)
            kept = list(await self.batch(cell, fresh, end - begin, tally))
            in_vain = 0 if kept else in_vain + end - begin
            begin = end
            found += kept
            tally.dry = tally.kept < tally.wanted and in_vain >= DRY
            self.told(cell, kept, tally)
        return found

    def fresh(self, cell: Cell, begin: int, size: int, texts: set[str]) -> tuple[list[Draw], int]:
        """So many draws of which none has been made before, and the index behind the last: where
        most are repetitions Lean would have nothing to do beside a handful. Fewer of `DRY`."""
        found: list[Draw] = []
        index = begin
        while len(found) < size and index < begin + DRY:
            each = draw(family(cell[0]), cell[1], self.seed, index)
            index += 1
            if (text := text_of(each.problem)) not in texts:
                texts.add(text)
                found.append(each)
        return found, index

    async def batch(
        self, cell: Cell, fresh: Sequence[Draw], drawn: int, tally: Tally
    ) -> Iterator[Made]:
        looked = await self.all(fresh, tally)
        tally.drawn += drawn
        tally.duplicates += drawn - len(fresh)
        tally.lost += looked.count(None)
        return self.kept(cell, looked, tally)

    async def look(self, each: Draw, tally: Tally) -> Looked:
        """Everything that Lean is asked of one draw, together: it keeps only the last few headers,
        and to elaborate one takes longer than all the rest."""
        goal = await self.verifier.open(each.problem)
        if isinstance(goal, Unopened):
            raise InfrastructureError(f"{each.problem.name} could not be opened: {goal.reason}")
        if isinstance(goal, Unsupported):
            tally.refused += 1
            return each, None, "refused"
        if not self.passes(each, goal, tally):
            return each, goal, "refused"
        if await self.verifier.is_trivial(goal):
            tally.trivial += 1
            return each, goal, "trivial"
        if not self.settle:
            return each, goal, Settled("open")
        return each, goal, await settle(self.verifier, goal, each.likely)

    def passes(self, each: Draw, goal: Goal, tally: Tally) -> bool:
        """Not seen before, not held out, nothing for the linter to warn of."""
        if distinct(goal.key, each.problem.header) in self.seen:
            tally.duplicates += 1
            return False
        if {goal.key, distinct(goal.key, each.problem.header)} & self.known:
            tally.held_out += 1
            return False
        findings = [*text_findings(each.problem), *goal_findings(each.problem, goal)]
        rules = {f.rule for f in findings if f.level != "note"}
        tally.lint.update(rules)
        return not rules

    def kept(self, cell: Cell, looked: Sequence[Looked | None], tally: Tally) -> Iterator[Made]:
        """In the order of the draws, until there are enough."""
        for each, goal, word in filter(None, looked):
            if tally.kept == tally.wanted:
                return
            if goal is None or isinstance(word, str):
                continue
            own = distinct(goal.key, each.problem.header)
            if own in self.seen:  # twice in one batch
                tally.duplicates += 1
                continue
            self.seen.add(own)
            tally.standings[word.standing] += 1
            yield Made(
                each.problem, *cell, key=goal.key, standing=word.standing, proof=word.proof,
                counterexample=word.counterexample,
            )  # fmt: skip

    async def all(self, draws: Sequence[Draw], tally: Tally) -> list[Looked | None]:
        """What Lean says of each, in order; None where it said nothing. Raises InfrastructureError
        if it was silent on all of several."""

        async def one(each: Draw) -> Looked | None:
            async with self._turns:
                try:
                    return await self.look(each, tally)
                except InfrastructureError as exc:
                    lost.append(exc)
                    return None

        lost: list[InfrastructureError] = []
        answers = await asyncio.gather(*(one(each) for each in draws))
        if len(lost) == len(answers) > 1:
            raise lost[0]
        return list(answers)
