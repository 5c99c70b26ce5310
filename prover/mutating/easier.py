"""Mutators of what failed, to make it easier: special cases, a hypothesis more, parts; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from prover.mutating.forms import (
    BINDING,
    Mutant,
    Seed,
    after_name,
    conjuncts,
    data,
    fresh,
    instantiated,
    made,
    mentions,
    outer,
    parts,
    props,
    said,
    taken,
)
from prover.mutating.harder import NUMBERS, element, variable
from prover.number_scripts import word
from prover.types import Binder
from prover.values import Inductive, inductives

LONGEST = 400
"""Characters of a hole's statement: nested inductions pile hypotheses up."""


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


ORDER = re.compile(r"[≤<≥>]|natAbs|toNat|\bmax |\bmin ")


def assumptions(seed: Seed) -> Iterator[str]:
    """Those first that make it finite; what has to do with nothing in the statement is left out."""
    variables = [b for b in data(seed.goal.binders) if mentions(seed.goal.target, b.name)]
    naturals = [b.name for b in variables if NUMBERS.get(b.type) == "Nat"]
    integers = [b.name for b in variables if NUMBERS.get(b.type) == "Int"]
    given = " ".join(b.type for b in props(seed.goal.binders))
    ordered = ORDER.search(f"{given} {seed.goal.target}") is not None
    if naturals:
        yield " ∧ ".join(f"{name} ≤ 5" for name in naturals)
    if integers and ordered:
        yield " ∧ ".join(f"0 ≤ {name}" for name in integers)
    for one, two in pairwise(variables):
        if one.type == two.type and one.type in NUMBERS:
            yield f"{one.name} ≤ {two.name}" if ordered else f"{two.name} = {one.name} + 1"
    for name in [*naturals, *integers]:
        if "%" in seed.goal.target:
            yield f"{name} % 2 = 0"
        elif name in naturals and not mentions(given, name):
            yield f"0 < {name}"
    for var in variables:
        if var.type.startswith("List "):
            yield from (f"{var.name}.length ≤ 2", f"{var.name} ≠ []")


def halved(seed: Seed) -> Iterator[Mutant]:
    """A part of the conclusion: one of what is joined, or one direction."""
    goal = seed.goal
    several = conjuncts(goal.target)
    if len(several) > 1:
        for part in several:
            yield made("halved", seed, goal.binders, part, -1)
    ways = None if BINDING.search(outer(goal.target)) else parts(goal.target, ("↔",))
    if ways:
        (h,) = fresh(taken(goal.binders, goal.target), "h")
        for given, then in ((ways[0], ways[2]), (ways[2], ways[0])):
            yield made("halved", seed, [*goal.binders, Binder(h, given, True)], then, -1)


def hole(seed: Seed) -> Iterator[Mutant]:
    """A lemma that a failed sketch owed, as a problem of its own, if it can still be read."""
    if len(seed.goal.statement) > LONGEST:
        return
    yield said("hole", seed, after_name(seed.goal.statement), -1)
