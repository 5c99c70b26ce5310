"""Recursive definitions: as commands of a header, and as Python functions to test claims with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from prover.playground.terms import OutOfReach, Reckoner, Term, Value, reckoner, show

TREE = "inductive Tree where\n  | leaf : Tree\n  | node : Tree → Nat → Tree → Tree\n"
LEAF = Term("Tree.leaf")


@dataclass(frozen=True)
class Definition:
    """`def f : Nat → Nat` by cases; each has a pattern for every argument, and a body."""

    name: str
    type: str
    cases: tuple[tuple[tuple[Term, ...], Term], ...]

    def lean(self) -> str:
        rows = [
            f"  | {', '.join(show(p, 65) for p in patterns)} => {body}"
            for patterns, body in self.cases
        ]
        return "\n".join([f"def {self.name} : {self.type}", *rows]) + "\n"


def defined(name: str, type: str, *cases: tuple[Sequence[Term], Term]) -> Definition:
    return Definition(name, type, tuple((tuple(patterns), body) for patterns, body in cases))


def header(*definitions: Definition) -> str:
    """The commands that declare them, with the type of trees if one is about trees."""
    tree = TREE if any("Tree" in d.type for d in definitions) else ""
    return tree + "".join(d.lean() for d in definitions)


def environment(*definitions: Definition) -> dict[str, Value]:
    """The functions by their names."""
    env: dict[str, Any] = {"Tree.leaf": None, "Tree.node": lambda left, a, right: (left, a, right)}
    for each in definitions:
        env[each.name] = function(each, env)
    return env


FAR = 64
"""Of a first argument, which recursions go down: each step takes some ten of the thousand calls
that Python's stack holds."""


def function(definition: Definition, env: dict[str, Value]) -> Callable[..., Value]:
    known: dict[tuple[Value, ...], Value] = {}
    cases = [([matcher(p) for p in ps], reckoner(body)) for ps, body in definition.cases]

    def apply(*args: Value) -> Value:
        if isinstance(args[0], int) and args[0] > FAR:
            raise OutOfReach
        if args not in known:
            known[args] = by_cases(cases, args, env)
        return known[args]

    return apply


Matcher = Callable[[Value, dict[str, Value]], bool]
"""Binds a pattern's variables in the dictionary."""


def by_cases(
    cases: Iterable[tuple[Sequence[Matcher], Reckoner]],
    args: Sequence[Value],
    env: dict[str, Value],
) -> Value:
    for patterns, body in cases:
        bound: dict[str, Value] = {}
        if all(matches(a, bound) for matches, a in zip(patterns, args, strict=True)):
            return body({**env, **bound})
    raise ValueError(f"no case is for {args}")


def matcher(pattern: Term) -> Matcher:
    head, parts = pattern.head, [matcher(p) for p in pattern.args]
    if head == "+":
        return beyond(pattern.args[0].head, int(pattern.args[1].head))
    if head == "::":
        first, rest = parts
        return lambda given, bound: (
            bool(given) and first(given[0], bound) and rest(given[1:], bound)
        )
    if head == "Tree.node":
        left, label, right = parts
        return lambda given, bound: (
            given is not None
            and left(given[0], bound)
            and label(given[1], bound)
            and right(given[2], bound)
        )
    if head == "Tree.leaf":
        return lambda given, bound: given is None
    if head == "[]":
        return lambda given, bound: not given
    if head.isdigit():
        number = int(head)
        return lambda given, bound: bool(given == number)
    return named(head)


def beyond(name: str, least: int) -> Matcher:
    """`n + 2`: the predecessor's name for what is at least so large."""

    def matches(given: Value, bound: dict[str, Value]) -> bool:
        if given < least:
            return False
        bound[name] = given - least
        return True

    return matches


def named(name: str) -> Matcher:
    def matches(given: Value, bound: dict[str, Value]) -> bool:
        bound[name] = given
        return True

    return matches
