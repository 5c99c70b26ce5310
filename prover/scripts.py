"""Tactic scripts for goals of any kind: one automation, case splits, what is assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prover.premises import Premise
from prover.types import Binder, Goal


@dataclass(frozen=True)
class Script:
    """A tactic script and how dear it is; lower costs are tried first."""

    name: str
    text: str
    cost: float


def body(goal: Goal, tactics: str) -> str:
    """A tactic block in which every variable of the goal has its name."""
    lines = [f"intro {' '.join(goal.intros)}"] if goal.intros else []
    lines += tactics.split("\n")
    return "by\n" + "\n".join("  " + line for line in lines)


EXPAND = "simp only [Nat.pow_succ, Nat.mul_add, Int.pow_succ]"
"""One step of a power taken off, so that what is left is linear in a smaller power."""


def plain(goal: Goal) -> list[Script]:
    """One automation, for any goal."""
    scripts = [
        Script("omega", "omega", 1),
        Script("simp", "simp", 1.5),
        Script("rfl", "rfl", 1.7),
        Script("grind", "grind", 2.5),
    ]
    if goal.head in ("Eq", "Iff"):
        scripts.append(Script("ac_rfl", "ac_rfl", 4))
    if all(b.prop for b in goal.binders):
        scripts.append(Script("decide", "decide", 1.6))
        scripts.append(Script("kernel", "decide +kernel", 3.5))
    if "HPow.hPow" in goal.constants:
        lemmas = "Nat.pow_succ, Int.pow_succ, Nat.pow_zero, Int.pow_zero"
        scripts += [
            Script("powers;grind", f"simp [{lemmas}] at *\ngrind", 3.6),
            Script("powers;omega", f"{EXPAND} at *\nomega", 3.0),
        ]
    return scripts


def with_definitions(goal: Goal) -> list[Script]:
    if not goal.definitions:
        return []
    names = ", ".join(goal.definitions[:8])
    nearest = " ".join(goal.definitions[:4])
    return [
        Script("simp-defs", f"simp [{names}]", 1.4),
        Script("grind-defs", f"grind [{names}]", 2.4),
        Script("simp_all-defs", f"simp_all [{names}]", 2.1),
        Script("simp-defs;omega", f"simp [{names}]\nomega", 2.7),
        Script("simp_all-defs;omega", f"simp_all [{names}]\nomega", 2.8),
        Script("unfold;grind", f"unfold {nearest}\ngrind", 4.2),
    ]


def with_premises(premises: Sequence[Premise]) -> list[Script]:
    """Theorems of the library: one of them applied, or an equation rewritten with, all in one
    script, since most do not fit and that is seen in milliseconds.

    They are no hints for `simp`, which they send in circles, nor for `grind`, which refuses all of
    them if one has no pattern (docs/log.md).
    """
    if not premises:
        return []
    equations = [p.name for p in premises if p.head in ("Eq", "Iff")]
    uses = [f"apply {p.name}" for p in premises]
    uses += [f"rw [{way}{name}]" for name in equations for way in ("", "← ")]
    ways = [f"({use} <;> first | assumption | omega)" for use in uses]
    return [Script("premise", f"first | {' | '.join(ways)}", 2.55)]


SMALL = ("Bool", "Option", "Prod", "Sum", "Except", "Ordering")


def with_cases(goal: Goal) -> list[Script]:
    """Case splits on variables of small types, then one automation for all cases."""
    names = f" [{', '.join(goal.definitions[:8])}]" if goal.definitions else ""
    split = [b for b in goal.binders if splittable(b)][:4]
    if not split:
        return []
    cases = " <;> ".join(f"cases {b.name}" for b in split)
    return [
        Script("cases;simp", f"{cases} <;> simp_all{names}", 2.6),
        Script("cases;grind", f"{cases} <;> grind{names}", 3.7),
    ]


def splittable(binder: Binder) -> bool:
    """Data of a type without recursion, finitely many shapes; numbers have better ways."""
    if binder.head in ("Int", "Fin", "BitVec", "Char"):
        return False
    recursive = any(r for _, _, r in binder.constructors)
    return (
        bool(binder.constructors)
        and not binder.prop
        and not recursive
        and (len(binder.constructors) > 1 or binder.head in SMALL)
    )


def with_hypotheses(goal: Goal) -> list[Script]:
    """Use what is assumed: split it, rewrite with it, or find it absurd."""
    props = [b for b in goal.binders if b.prop]
    if not props:
        return []
    scripts = [
        Script("assumption", "first | assumption | contradiction", 1.8),
        Script("simp_all", "simp_all", 2),
        Script("simp_all;omega", "simp_all\nomega", 3.3),
        Script("simp-at;omega", "simp at *\nomega", 3.45),
    ]
    if any(b.head == "Eq" for b in props):
        scripts.append(Script("subst_vars;decide", "subst_vars\ndecide", 3))
    if any(b.head in ("And", "Exists", "Or") for b in props):
        scripts.append(Script("rcases;omega", f"{split_all(props)} <;> omega", 3.05))
        scripts.append(Script("rcases;grind", f"{split_all(props)} <;> grind", 4.7))
    return scripts


def split_all(props: Sequence[Binder]) -> str:
    """Take conjunctions, disjunctions and existentials apart, one level."""
    parts = []
    for b in props:
        if b.head in ("And", "Exists"):
            parts.append(f"rcases {b.name} with ⟨{b.name}1, {b.name}2⟩")
        elif b.head == "Or":
            parts.append(f"rcases {b.name} with {b.name} | {b.name}")
    return " <;> ".join(parts)
