"""Recursive definitions: as commands of a header, and as Python functions to test claims with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from prover.playground.terms import OutOfReach, Term, Value, show, value

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

    def apply(*args: Value) -> Value:
        if isinstance(args[0], int) and args[0] > FAR:
            raise OutOfReach
        if args not in known:
            known[args] = by_cases(definition, args, env)
        return known[args]

    return apply


def by_cases(definition: Definition, args: Sequence[Value], env: dict[str, Value]) -> Value:
    for patterns, body in definition.cases:
        bound: dict[str, Value] = {}
        if all(matches(p, a, bound) for p, a in zip(patterns, args, strict=True)):
            return value(body, {**env, **bound})
    raise ValueError(f"no case of {definition.name} is for {args}")


def matches(pattern: Term, given: Value, bound: dict[str, Value]) -> bool:
    """Binds the pattern's variables in `bound`."""
    if pattern.head == "+":
        least = int(pattern.args[1].head)
        if given < least:
            return False
        bound[pattern.args[0].head] = given - least
        return True
    if pattern.head == "::":
        if not given:
            return False
        return matches(pattern.args[0], given[0], bound) and matches(
            pattern.args[1], given[1:], bound
        )
    if pattern.head == "Tree.node":
        parts = zip(pattern.args, given or (), strict=given is not None)
        return given is not None and all([matches(p, a, bound) for p, a in parts])
    if pattern.head == "Tree.leaf":
        return given is None
    if pattern.head == "[]":
        return not given
    if pattern.head.isdigit():
        return bool(given == int(pattern.head))
    bound[pattern.head] = given
    return True
