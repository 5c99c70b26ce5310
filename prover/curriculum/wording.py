"""A plan's reasons in words. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from prover.curriculum.rates import DRAWN, Rate, Rates
from prover.curriculum.weights import PRIOR_TRIES, CurriculumConfig, passes
from prover.diagnosis import counted
from prover.playground.made import Cell

MOST_CELLS = 8
"""Cells that get a sentence of their own; the others share one."""
MOST_NAMED = 6
"""Names in a list, before it says how many more there are."""

MUTANT_WORDS = {
    "harder": "harder ones of proved problems, where most are proved",
    "easier": "easier ones of unproved problems, where few are proved",
    "negation": "negations of what was refuted",
    "lemma": "lemmas that sketches of unproved problems could not close",
}


@dataclass(frozen=True)
class Facts:
    """What a plan was made from, and what it came to."""

    rates: Rates
    before: Rates | None
    config: CurriculumConfig
    quota: dict[Cell, int]
    mutants: dict[str, int]
    parents: dict[str, tuple[str, ...]]


def reasons(facts: Facts) -> list[str]:
    known = facts.rates.cells()
    groups: dict[str, list[Cell]] = {}
    for cell in facts.quota:
        groups.setdefault(group(known.get(cell, Rate()), facts.config), []).append(cell)
    edge = sorted(groups.pop("edge", []), key=lambda cell: (-facts.quota[cell], cell))
    said = [at_the_edge(cell, known[cell], facts) for cell in edge[:MOST_CELLS]]
    if not edge and facts.quota:
        said.append(f"{no_edge(facts.config)}: problems go to what is least known")
    if rest := edge[MOST_CELLS:]:
        count = sum(facts.quota[cell] for cell in rest)
        said.append(f"{listed(rest)}: at the edge too, {count} next")
    said += [together(what, groups[what], facts) for what in GROUPS if what in groups]
    return said + mutants(facts)


GROUPS = {
    "untried": "not tried yet, so {} to see",
    "hardly known": "hardly known yet, so {} to know more",
    "never": "never proved, {} to see when that changes",
    "always": "always proved, {} to see that it stays so",
    "filtered": "left out by the filter {filter} but for {}",
}


def group(rate: Rate, config: CurriculumConfig) -> str:
    if rate.tries < PRIOR_TRIES:
        return "hardly known" if rate.tries else "untried"
    if rate.stratum in ("never", "always") and config.weigh != "uniform":
        return str(rate.stratum)
    if not passes(rate, config.filter):
        return "filtered"
    return "edge"


def no_edge(config: CurriculumConfig) -> str:
    within = "" if config.filter == "none" else f" within the filter {config.filter}"
    return f"no family and level is known to be at the edge{within}"


def at_the_edge(cell: Cell, rate: Rate, facts: Facts) -> str:
    found = rate.interval()
    text = (
        f"{name(cell)}: {rate.successes} of {rate.tries} proved"
        f" ({100 * found.low:.0f} to {100 * found.high:.0f} %){since(cell, rate, facts.before)},"
        f" {times(facts.quota[cell], drawn(facts.rates, cell))}"
    )
    failed = failures_of(cell, facts)
    if failed and facts.mutants["easier"]:
        text += f", easier forms of its {failed} failures added"
    return text


def since(cell: Cell, rate: Rate, before: Rates | None) -> str:
    """Which way it went; whether that is more than chance, the intervals say."""
    was = before.cells().get(cell, Rate()) if before else Rate()
    if not was.tries:
        return ""
    way = "up" if rate.share > was.share else "down"
    if rate.share == was.share:
        return f", as before ({was.successes} of {was.tries})"
    return f", {way} from {was.successes} of {was.tries}"


def together(what: str, cells: list[Cell], facts: Facts) -> str:
    """One sentence for cells of which the same is to be said."""
    count, known = sum(facts.quota[cell] for cell in cells), facts.rates.cells()
    total = sum((known.get(cell, Rate()) for cell in cells), Rate())
    tried = f" ({total.successes} of {total.tries} proved)" if total.tries else ""
    return f"{listed(cells)}{tried}: {GROUPS[what].format(count, filter=facts.config.filter)}"


def mutants(facts: Facts) -> list[str]:
    said = []
    for kind, count in facts.mutants.items():
        if count:
            names = facts.parents[kind]
            chosen = set(names)
            cells = Counter(e.cell for e in facts.rates.problems() if e.name in chosen)
            where = [f"{n} of {name(cell)}" for cell, n in cells.most_common(MOST_NAMED)]
            rest = len(names) - sum(n for _, n in cells.most_common(MOST_NAMED))
            more = f" and {rest} of others" if rest else ""
            said.append(
                f"{count} {MUTANT_WORDS[kind]}; {counted(len(names), 'parent', 's')}:"
                f" {', '.join(where)}{more}"
            )
    return said


def failures_of(cell: Cell, facts: Facts) -> int:
    names = set(facts.parents["easier"])
    return sum(each.cell == cell and each.name in names for each in facts.rates.problems())


def drawn(rates: Rates, cell: Cell) -> int:
    """How many different problems of the cell there were."""
    return sum(each.cell == cell and each.how == DRAWN for each in rates.problems())


def times(now: int, before: int) -> str:
    ratio = now / max(before, 1)
    known = {"half as many": 0.5, "as many": 1.0, "twice as many": 2.0, "three times as many": 3.0}
    for words, value in known.items():
        if abs(ratio - value) <= 0.05 * value:
            return f"{now} next, {words}"
    return f"{now} next after {before}"


def name(cell: Cell) -> str:
    family, level = cell
    return f"{family} level {level}" if level else family


def listed(cells: list[Cell]) -> str:
    """`lists level 1 and 2, logic level 4`."""
    families: dict[str, list[int]] = {}
    for family, level in sorted(cells):
        families.setdefault(family, []).append(level)
    parts = []
    for family, levels in families.items():
        numbers = [str(level) for level in levels if level]
        parts.append(f"{family} level {joined(numbers)}" if numbers else family)
    shown = parts[:MOST_NAMED]
    more = len(parts) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def joined(parts: list[str]) -> str:
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)
