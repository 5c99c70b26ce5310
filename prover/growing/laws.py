"""What proven statements have in common: laws as trees, and what is more general than they are.

Pure. Whatever comes out is a guess in Lean's syntax: types of new variables are left to Lean, and
a guess that is false, or no Lean at all, is found out there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations
from string import ascii_lowercase

from prover.growing.terms import (
    Apart,
    Table,
    Term,
    Unread,
    generalised,
    is_inner,
    is_proposition,
    parts,
    put,
    read,
)
from prover.types import Goal

ANY_TYPE = Term("_")
MOST_PAIRS = 40
"""Pairs of one cluster that are joined, the most alike first."""
NAMES = [*ascii_lowercase, *(f"{letter}{i}" for i in range(1, 99) for letter in ascii_lowercase)]


@dataclass(frozen=True)
class Law:
    """A closed statement: variables, hypotheses about them, and what follows."""

    variables: tuple[tuple[str, Term], ...]
    hypotheses: tuple[Term, ...]
    target: Term

    @property
    def terms(self) -> tuple[Term, ...]:
        """All but the variables' names, the target last."""
        return (*(type_ for _, type_ in self.variables), *self.hypotheses, self.target)

    def statement(self, name: str) -> str:
        """`theorem NAME (a : Nat) (h1 : 0 < a) : ...`"""
        binders = [f"({variable} : {type_})" for variable, type_ in self.variables]
        binders += [f"(h{i} : {hypothesis})" for i, hypothesis in enumerate(self.hypotheses, 1)]
        return " ".join(["theorem", name, *binders, ":", str(self.target)])


def law(goal: Goal) -> Law | None:
    """Of a goal as Lean printed it; None if it holds notations that are not read here, or a
    variable depends on a hypothesis."""
    data = [b for b in goal.binders if not b.prop]
    names = {b.name: f"v{i}" for i, b in enumerate(data)}
    try:
        variables = tuple((names[b.name], read(b.type, names)) for b in data)
        hypotheses = tuple(read(b.type, names) for b in goal.binders if b.prop)
        target = read(goal.target, names)
    except Unread:
        return None
    found = Law(variables, hypotheses, target)
    used = {part.head for term in found.terms for part in parts(term)}
    lost = {b.name for b in goal.binders if b.prop} | {b.name for b in data if "✝" in b.name}
    return None if used & lost else tidy(found)


def tidy(found: Law) -> Law:
    """Without variables that nothing mentions, and with names by their order: equal for laws that
    differ in names alone."""
    used = heads((*found.hypotheses, found.target))
    while more := {h for n, t in found.variables if n in used for h in heads([t])} - used:
        used |= more
    kept = [(name, type_) for name, type_ in found.variables if name in used]
    places = {head: place for place, head in enumerate(ordered_heads(found))}
    kept.sort(key=lambda item: places.get(item[0], -1) if item[1] == ANY_TYPE else -1)
    free = (name for name in NAMES if name not in used - {n for n, _ in kept})
    new = {Term(name): Term(next(free)) for name, _ in kept}
    return Law(
        tuple((new[Term(name)].head, renamed(type_, new)) for name, type_ in kept),
        tuple(renamed(hypothesis, new) for hypothesis in found.hypotheses),
        renamed(found.target, new),
    )


def renamed(term: Term, new: Mapping[Term, Term]) -> Term:
    """Names of functions are heads of their applications, so `put` alone would miss them."""
    head = new[Term(term.head)].head if Term(term.head) in new else term.head
    return Term(head, tuple(renamed(arg, new) for arg in term.args))


def heads(terms: Sequence[Term]) -> set[str]:
    return {part.head for term in terms for part in parts(term)}


def ordered_heads(found: Law) -> list[str]:
    terms = (*found.hypotheses, found.target)
    return list(dict.fromkeys(part.head for term in terms for part in parts(term)))


# -- clusters ----------------------------------------------------------------------------------

Shape = tuple[str, tuple[str, ...], tuple[str, ...]]


def shape(found: Law) -> Shape:
    """What laws must share to be joined: what they conclude with, what their hypotheses begin
    with, and the types of their variables."""
    return (
        found.target.head,
        tuple(hypothesis.head for hypothesis in found.hypotheses),
        tuple(str(type_) for _, type_ in found.variables),
    )


def clusters(laws: Sequence[Law]) -> list[list[Law]]:
    """Those of one shape, the largest clusters first."""
    found: dict[Shape, list[Law]] = {}
    for each in dict.fromkeys(laws):
        found.setdefault(shape(each), []).append(each)
    return sorted(found.values(), key=len, reverse=True)


# -- more general laws -------------------------------------------------------------------------


def joined(one: Law, two: Law) -> Law | None:
    """The least general law that both are instances of; None if there is none of their shape."""
    if shape(one) != shape(two):
        return None
    table: Table = {}
    here, there = (law.terms[len(law.variables) :] for law in (one, rename_as(two, one)))
    try:
        *hypotheses, target = (generalised(a, b, table) for a, b in zip(here, there, strict=True))
    except Apart:
        return None
    new = tuple((name, ANY_TYPE) for name in table.values())
    return Law((*one.variables, *new), tuple(hypotheses), target)


def rename_as(two: Law, one: Law) -> Law:
    pairs = zip(two.variables, one.variables, strict=True)
    new = {Term(b): Term(a) for (b, _), (a, _) in pairs}
    terms = [renamed(term, new) for term in (*two.hypotheses, two.target)]
    return Law(one.variables, tuple(terms[:-1]), terms[-1])


def says_something(found: Law) -> bool:
    """A relation with a variable on one side that the other does not know is false, or said by
    its hypotheses alone."""
    target = found.target
    variables = {name for name, _ in found.variables}
    if target.head in variables or not target.args:
        return False
    for i, side in enumerate(target.args):
        others = [*target.args[:i], *target.args[i + 1 :], *found.hypotheses]
        if not side.args and side.head in variables and side.head not in heads(others):
            return False
    return True


def alike(one: Law, two: Law) -> int:
    """How much of their common form is common."""
    both = joined(one, two)
    return -1 if both is None else sum(1 for t in both.terms for _ in parts(t)) - 3 * news(both)


def news(found: Law) -> int:
    return sum(type_ == ANY_TYPE for _, type_ in found.variables)


def joins(laws: Sequence[Law]) -> dict[Law, set[Law]]:
    """Common forms of two of a cluster, each with all that it was found for."""
    made: dict[Law, set[Law]] = {}
    for cluster in clusters(laws):
        pairs = sorted(combinations(cluster[:MOST_PAIRS], 2), key=lambda p: -alike(*p))
        for one, two in pairs[:MOST_PAIRS]:
            both = joined(one, two)
            if both is not None and says_something(both):
                made.setdefault(tidy(both), set()).update((one, two))
    return made


def weaker(found: Law) -> Iterator[Law]:
    """With fewer hypotheses: none of them, or all but one."""
    if len(found.hypotheses) > 1:
        yield tidy(replace(found, hypotheses=()))
    for i in range(len(found.hypotheses)):
        left = (*found.hypotheses[:i], *found.hypotheses[i + 1 :])
        yield tidy(replace(found, hypotheses=left))


def opened(found: Law) -> Iterator[Law]:
    """With a variable for a number from 2 on, or for a compound term that stands there twice."""
    terms = (*found.hypotheses, found.target)
    all_parts = [part for term in terms for part in parts(term)]
    numbers = [p for p in all_parts if p.head.isdigit() and int(p.head) > 1]
    twice = [p for p in all_parts if p.args and all_parts.count(p) > 1 and not is_proposition(p)]
    for part in dict.fromkeys(chain(twice, numbers)):
        if not is_inner(part):
            new = {part: Term("u1")}
            hypotheses = tuple(put(hypothesis, new) for hypothesis in found.hypotheses)
            variables = (*found.variables, ("u1", ANY_TYPE))
            made = Law(variables, hypotheses, put(found.target, new))
            if says_something(made):
                yield tidy(made)
