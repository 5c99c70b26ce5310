"""Proofs by induction and automation in one script, as text: what conjectures are tried with."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prover.decomposers import others_than, props, recursive_variables
from prover.lean import source
from prover.number_scripts import renamed
from prover.scripts import body
from prover.types import Goal, Lemma

MOST_INDUCTIONS = 4


def close(goal: Goal) -> str:
    """Automation that uses the definitions and what is assumed."""
    names = ", ".join(goal.definitions[:8])
    more = f"{names}, *" if names else "*"
    return f"first | (simp [{more}]; done) | grind [{names}] | (simp [{more}]; omega) | omega"


def inductions(goal: Goal) -> list[str]:
    """On each variable of a recursive type, with everything else generalised first or last."""
    found = list[str]()
    for var in recursive_variables(goal)[:2]:
        others = others_than(goal, var)
        found.append(f"induction {var.name} <;> {close(goal)}")
        if others:
            found.append(f"induction {var.name} generalizing {' '.join(others)} <;> {close(goal)}")
    return found[:MOST_INDUCTIONS]


def ways(goal: Goal) -> list[str]:
    """Cheap ones first: without an induction, then with one."""
    return [close(goal), *inductions(goal)]


def alternatives(tactics: Sequence[str], margin: int = 2) -> str:
    """`first` with each of them, of which each may have several lines, indented alike."""
    blank = " " * margin
    lines = [f"{blank}first"]
    for tactic in tactics:
        first, *rest = [line for line in tactic.split("\n") if line.strip()]
        by = len(first) - len(first.lstrip())
        lines.append(f"{blank}| {first.strip()}")
        lines += [f"{blank}  {line[by:]}" for line in rest]
    return "\n".join(lines)


def closed(goal: Goal) -> str:
    """`∀ binders, type` of its statement."""
    return claim(*source.signature(goal.statement))


def claim(binders: str, target: str) -> str:
    return f"∀ {binders}, {target}" if binders else target


def together(goals: Sequence[Goal]) -> tuple[str, str] | None:
    """One statement for all of them, for induction on a variable of one type, and its proof; None
    if they have no such variable."""
    first = [next(iter(recursive_variables(g)), None) for g in goals]
    types = {v.type if v else "" for v in first}
    if len(goals) < 2 or len(types) > 1 or types == {""} or any(props(g) for g in goals):
        return None
    parts = [f"({without(g, v.name)})" for g, v in zip(goals, first, strict=True) if v]
    names = ", ".join(dict.fromkeys(name for g in goals for name in g.definitions[:8]))
    end = f"first | (simp_all [{names}]; done) | grind [{names}]"
    split = f"refine ⟨{holes(goals)}⟩ <;> intros"
    script = f"  intro {TOGETHER}\n  induction {TOGETHER} <;> {split} <;> {end}"
    return f"∀ ({TOGETHER} : {types.pop()}), {' ∧ '.join(parts)}", script


TOGETHER = "z0"


def holes(goals: Sequence[Goal]) -> str:
    return ", ".join(["?_"] * len(goals))


def without(goal: Goal, name: str) -> str:
    """Over all variables but one, which gets the common name."""
    others = " ".join(f"({b.name} : {b.type})" for b in goal.binders if b.name != name)
    target = renamed(goal.target, {name: TOGETHER})
    return f"∀ {others}, {target}" if others else target


def part_of(goal: Goal, whole: str, place: int, count: int) -> str:
    """A goal's proof from what was proved for several together."""
    var = recursive_variables(goal)[0].name
    path = ".2" * place + (".1" if place < count - 1 else "")
    others = " ".join(b.name for b in goal.binders if b.name != var)
    return body(goal, f"exact ({whole} {var}){path} {others}".rstrip())


def alone(goal: Goal) -> str:
    """What hides a goal's own variables from a statement that is closed."""
    return "".join(f"try clear {b.name}; " for b in reversed(goal.binders))


def have(lemma: Lemma, goal: Goal) -> str:
    """A proved lemma within a proof of the goal."""
    name = source.theorems(lemma.statement)[0]["name"]
    binders, target = source.signature(lemma.statement)
    intro = "".join(f"intro {name}; " for name in bound(binders))
    proof = lemma.body.strip().replace("\n", "\n      ")
    stated = claim(binders, target).replace("\n", "\n      ")
    return f"have {name} : {stated} := by\n  {alone(goal)}{intro}exact ({proof})"


def bound(binders: str) -> list[str]:
    """Names that a signature binds, as the driver writes it: a pair of brackets each."""
    return [match[1] for match in re.finditer(r"[({]([^\s:]+) : ", binders)]
