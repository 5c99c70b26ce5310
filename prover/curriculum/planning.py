"""From what a round has shown, how much of what the next one makes; with its reasons. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prover.curriculum.failures import Failures
from prover.curriculum.rates import Rate, Rates, Tally
from prover.curriculum.weights import CurriculumConfig, apportion, spread, worth
from prover.curriculum.wording import Facts, reasons
from prover.errors import UserError
from prover.playground.made import Cell

MUTANTS = ("harder", "easier", "negation", "lemma")
EASY, HARD = ("often", "always"), ("never", "rarely")
"""Strata of cells whose proved problems are made harder, whose unproved ones easier."""
MOST_OF_ONE = 4
"""Mutants that one problem is the parent of: the next are much like these."""


@dataclass(frozen=True)
class Plan:
    cells: dict[Cell, int]
    """Problems to be drawn of each family and level."""
    mutants: dict[str, int]
    """By kind; with `cells` they sum to what was asked for."""
    parents: dict[str, tuple[str, ...]]
    """Of each kind, the problems to make them from."""
    why: list[str]
    """In words, the most important first."""

    def as_dict(self) -> dict[str, Any]:
        cells = [
            {"family": family, "level": level, "count": count}
            for (family, level), count in self.cells.items()
        ]
        parents = {kind: list(names) for kind, names in self.parents.items()}
        return {"cells": cells, "mutants": self.mutants, "parents": parents, "why": self.why}


def plan(
    rates: Rates,
    count: int,
    config: CurriculumConfig,
    cells: Sequence[Cell],
    before: Rates | None = None,
    failures: Failures | None = None,
) -> Plan:
    """`count` problems over the cells that a generator can draw from, and mutants.

    `rates` are to be of the prover as it is now; `before`, of the round before, and `failures` of
    this one are only spoken of.
    The same arguments give the same plan. Raises UserError where there is nothing to make any of.
    """
    if count < 0:
        raise UserError(f"a plan wants a number of problems, not {count}")
    parents = parents_of(rates)
    mutants = shares_of_mutants(parents, count, config, bool(cells))
    drawn = count - sum(mutants.values())
    if drawn and not cells:
        raise UserError("there is no family and level to draw problems from")
    known = rates.cells()
    weights = {cell: worth(known.get(cell, Rate()), config) for cell in dict.fromkeys(cells)}
    quota = apportion(drawn, spread(weights, config.explore)) if weights else {}
    facts = Facts(rates, before, config, quota, mutants, parents)
    why = reasons(facts) + (failures.why() if failures else [])
    return Plan(quota, mutants, parents, why)


def parents_of(rates: Rates) -> dict[str, tuple[str, ...]]:
    """Proved problems of cells that are easy, unproved ones of cells that are hard, false ones,
    and unproved ones of which a sketch left goals that resisted."""
    strata = {cell: rate.stratum for cell, rate in rates.cells().items()}
    found: dict[str, list[str]] = {kind: [] for kind in MUTANTS}
    for each in rates.problems():
        for kind in kinds(each, strata.get(each.cell), each.name in rates.holes):
            found[kind].append(each.name)
    return {kind: tuple(names) for kind, names in found.items()}


def kinds(each: Tally, stratum: str | None, has_holes: bool) -> list[str]:
    if each.refuted:
        return ["negation"]
    if each.rate.successes == each.rate.tries:
        return ["harder"] if stratum in EASY else []
    if each.rate.successes:
        return []
    return ["easier"] * (stratum in HARD) + ["lemma"] * has_holes


def shares_of_mutants(
    parents: dict[str, tuple[str, ...]], count: int, config: CurriculumConfig, drawing: bool
) -> dict[str, int]:
    """By the numbers of parents; all of the problems where none can be drawn."""
    sizes = {kind: len(names) for kind, names in parents.items()}
    total = sum(sizes.values())
    if not total:
        return dict.fromkeys(MUTANTS, 0)
    wanted = min(round(count * config.mutants), MOST_OF_ONE * total) if drawing else count
    return apportion(wanted, sizes)
