"""Mutators of what failed, to make it easier: special cases, a hypothesis more, parts; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from prover.conjecture_shapes import shapes
from prover.mutating.forms import (
    Mutant,
    Seed,
    after_name,
    conjuncts,
    data,
    fresh,
    instantiated,
    made,
    mentions,
    numeric,
    parts,
    props,
    relation,
    said,
    taken,
)
from prover.mutating.harder import NUMBERS, element, variable
from prover.number_scripts import word
from prover.types import Binder
from prover.values import Inductive, inductives


def special(seed: Seed) -> Iterator[Mutant]:
    """A variable at small values of its type, or at a constructor applied to new variables."""
    goal, names = seed.goal, taken(seed.goal.binders, seed.goal.target)
    declared = inductives(goal.header)
    for var in data(goal.binders):
        if mentions(goal.target, var.name):
            for term, new in cases(var, names, declared):
                shown = ascribed(term, var, seed.text)
                binders, target = instantiated(goal.binders, goal.target, {var.name: shown}, new)
                yield made("special", seed, binders, target, -1)
    for one, two in pairwise(data(goal.binders)):
        if one.type == two.type:
            binders, target = instantiated(goal.binders, goal.target, {two.name: one.name})
            yield made("special", seed, binders, target, -1)


def ascribed(term: str, var: Binder, text: str) -> str:
    """With its type where nothing else tells it: `[].length`, and integers that stand alone."""
    called = re.search(rf"{word(var.name)}\.", text) is not None
    lonely = NUMBERS.get(var.type) == "Int" and term.isdigit()
    return f"({term} : {var.type})" if lonely or (called and term == "[]") else term


def cases(
    var: Binder, names: set[str], declared: dict[str, Inductive]
) -> Iterator[tuple[str, list[Binder]]]:
    number = NUMBERS.get(var.type)
    if number:
        yield from ((str(n), list[Binder]()) for n in (0, 1, 2, 3, 5))
        yield f"{var.name} + 1", [var]
        yield f"2 * {var.name}", [var]
    elif var.type.startswith("List "):
        a, b = fresh(names, "a", "b")
        one, two = (variable(n, element(var.type)) for n in (a, b))
        yield "[]", []
        yield f"[{a}]", [one]
        yield f"[{a}, {b}]", [one, two]
        yield f"{a} :: {var.name}", [one, var]
    elif var.type == "Bool":
        yield from (("true", []), ("false", []))
    elif var.head in declared and not declared[var.head].params:
        for name, fields in declared[var.head].constructors:
            args = fresh(names, *(f"a{i}" for i in range(1, len(fields) + 1)))
            new = [variable(n, t) for n, t in zip(args, fields, strict=True)]
            if name:
                yield " ".join([f"{var.head}.{name}", *args]), new


def assumed(seed: Seed) -> Iterator[Mutant]:
    """One hypothesis more: a bound, an order, a remainder, a list that is not empty."""
    goal = seed.goal
    (h,) = fresh({b.name for b in goal.binders}, "h")
    known = {b.type for b in props(goal.binders)}
    for type in assumptions(seed):
        if type not in known:
            yield made("assumed", seed, [*goal.binders, Binder(h, type, True)], goal.target, -1)


def assumptions(seed: Seed) -> Iterator[str]:
    variables = [b for b in data(seed.goal.binders) if mentions(seed.text, b.name)]
    for one, two in pairwise(variables):
        if one.type == two.type and one.type in NUMBERS:
            yield f"{one.name} ≤ {two.name}"
            yield f"{two.name} = {one.name} + 1"
    for var in variables:
        if NUMBERS.get(var.type) == "Nat":
            yield from (f"{var.name} ≤ 10", f"0 < {var.name}", f"{var.name} % 2 = 0")
        elif NUMBERS.get(var.type) == "Int":
            yield from (f"0 ≤ {var.name}", f"{var.name} % 2 = 0", f"{var.name} ^ 2 ≤ 25")
        elif var.type.startswith("List "):
            yield from (f"{var.name}.length ≤ 2", f"{var.name} ≠ []")


def halved(seed: Seed) -> Iterator[Mutant]:
    """A part of the conclusion, or less than it says: one of what is joined, one direction, a
    bound in place of an equation."""
    goal = seed.goal
    several = conjuncts(goal.target)
    if len(several) > 1:
        for part in several:
            yield made("halved", seed, goal.binders, part, -1)
    if ways := parts(goal.target, ("↔",)):
        (h,) = fresh(taken(goal.binders, goal.target), "h")
        for given, then in ((ways[0], ways[2]), (ways[2], ways[0])):
            yield made("halved", seed, [*goal.binders, Binder(h, given, True)], then, -1)
    elif (split := relation(goal.target)) and split[1] == "=" and numeric(split):
        for sign in ("≤", "≥"):
            yield made("halved", seed, goal.binders, f"{split[0]} {sign} {split[2]}", -1)


def narrowed(seed: Seed) -> Iterator[Mutant]:
    """Its special cases as the search itself would conjecture them."""
    for claim in shapes(seed.goal):
        if claim.kind == "special case":
            yield said("special", seed, f": {claim.statement}", -1)


def hole(seed: Seed) -> Iterator[Mutant]:
    """A lemma that a failed sketch owed, as a problem of its own."""
    yield said("hole", seed, after_name(seed.goal.statement), -1)
