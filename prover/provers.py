"""Provers: what proposes proofs of a goal. The portfolio needs no model.

A prover is asked again and again for candidates of a goal; when it proposes nothing that has not
been tried, it has nothing more to say. It never talks to Lean.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from prover.graph_nodes import GoalNode
from prover.types import Binder, Candidate, Goal

Experience = Counter[str]
"""How many goals each `by` has proved so far in this run."""


class Prover(Protocol):
    name: str

    async def propose(self, node: GoalNode, experience: Experience) -> Sequence[Candidate]:
        """Candidates for this goal, best first; those that were tried before are passed over."""
        ...


@dataclass(frozen=True)
class Script:
    """A tactic script and how dear it is; lower costs are tried first."""

    name: str
    text: str
    cost: float


class Portfolio:
    """Tactic scripts chosen by what the goal looks like, ordered by cost and by what has worked."""

    name = "portfolio"

    async def propose(self, node: GoalNode, experience: Experience) -> Sequence[Candidate]:
        scripts = sorted(scripts_for(node.goal), key=lambda s: s.cost - bonus(s, experience))
        return [Candidate(body(node.goal, s.text), f"{self.name}:{s.name}") for s in scripts]


def bonus(script: Script, experience: Experience) -> float:
    """Up to two units of cost for scripts that prove a large share of what gets proved."""
    won = experience[f"portfolio:{script.name}"]
    return 2.0 * won / (won + 10)


def body(goal: Goal, tactics: str) -> str:
    """A tactic block in which every variable of the goal has its name."""
    lines = [f"intro {' '.join(goal.intros)}"] if goal.intros else []
    lines += tactics.split("\n")
    return "by\n" + "\n".join("  " + line for line in lines)


def scripts_for(goal: Goal) -> list[Script]:
    groups = (
        plain(goal),
        with_definitions(goal),
        with_cases(goal),
        with_hypotheses(goal),
        bounded(goal),
        residues(goal),
    )
    seen: dict[str, Script] = {}
    for script in (s for group in groups for s in group):
        seen.setdefault(script.text, script)
    return list(seen.values())


def plain(goal: Goal) -> list[Script]:
    """One automation, for any goal."""
    scripts = [
        Script("omega", "omega", 1),
        Script("simp", "simp", 1.5),
        Script("decide", "decide", 1.6),
        Script("rfl", "rfl", 1.7),
        Script("simp_all", "simp_all", 2),
        Script("grind", "grind", 2.5),
        Script("subst_vars;decide", "subst_vars\ndecide", 3),
        Script("subst_vars;simp", "subst_vars\nsimp", 3.1),
        Script("subst_vars;grind", "subst_vars\ngrind", 3.2),
        Script("simp_all;omega", "simp_all\nomega", 3.3),
        Script("simp_arith", "simp +arith", 3.4),
        Script("grind-splits", "grind (splits := 20)", 5),
    ]
    if goal.head in ("Eq", "Iff", "Ne"):
        scripts.append(Script("kernel", "decide +kernel", 3.5))
        scripts.append(Script("ac_rfl", "ac_rfl", 4))
    if "HPow.hPow" in goal.constants:
        scripts.append(Script("powers", powers(goal), 3.6))
    return scripts


def powers(goal: Goal) -> str:
    """Small powers as products, which the linear and ring procedures then see through."""
    lemmas = "Nat.pow_succ, Int.pow_succ, Nat.pow_zero, Int.pow_zero"
    return f"simp [{lemmas}] at *\ngrind"


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
        Script("simp-defs;grind", f"simp [{names}]\ngrind", 2.9),
        Script("unfold;omega", f"unfold {nearest} at *\nomega", 3),
        Script("unfold;grind", f"unfold {nearest}\ngrind", 4.2),
        Script("unfold;split", f"unfold {nearest}\nsplit <;> simp_all <;> grind", 4.4),
        Script("decide-defs", f"simp [{names}]\ndecide", 4.5),
    ]


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
        Script("cases;rfl", f"{cases} <;> rfl", 2.2),
    ]


def splittable(binder: Binder) -> bool:
    """Data of a type without recursion: finitely many shapes."""
    recursive = any(r for _, _, r in binder.constructors)
    return bool(binder.constructors) and not binder.prop and not recursive and (
        len(binder.constructors) > 1 or binder.head in SMALL
    )


def with_hypotheses(goal: Goal) -> list[Script]:
    """Use what is assumed: split it, rewrite with it, or find it absurd."""
    props = [b for b in goal.binders if b.prop]
    if not props:
        return []
    scripts = [
        Script("assumption", "first | assumption | contradiction", 1.8),
        Script("simp-at;omega", "simp at *\nomega", 3.45),
        Script("simp-at;grind", "simp at *\ngrind", 4.6),
    ]
    equations = [b.name for b in props if b.head == "Eq"]
    if equations:
        names = ", ".join(equations[:6])
        scripts.append(Script("rw-hyps", f"simp only [{names}]", 4.1))
        scripts.append(Script("simp-hyps", f"simp [{names}]", 3.9))
    if any(b.head in ("And", "Exists", "Or") for b in props):
        scripts.append(Script("rcases;omega", f"{split_all(props)} <;> omega", 3.05))
        scripts.append(Script("rcases;simp", f"{split_all(props)} <;> simp_all", 3.95))
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


NUMERAL = re.compile(r"(?<![\w.])\d+(?![\w.])")
MOST_VALUES = 2_000
"""Enumerating more values of a variable than this takes the kernel too long."""


def numerals(text: str) -> list[int]:
    return [int(n) for n in NUMERAL.findall(text)]


def bounded(goal: Goal) -> list[Script]:
    """Enumerate one natural number under a bound that `omega` finds in the hypotheses.

    `∀ x, x < K → ...` is decidable where the rest is, so the kernel can run through it.
    """
    scripts = []
    props = [b for b in goal.binders if b.prop]
    for var in (b for b in goal.binders if b.type == "Nat"):
        bounds = sorted({n + 1 for b in props for n in numerals(b.type) if mentions(b, var.name)})
        for bound in [n for n in bounds if 1 < n <= MOST_VALUES][:3]:
            scripts.append(Script("enumerate", enumerate_script(goal, var, bound), 4.0))
    return scripts


def mentions(binder: Binder, name: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(name)}(?![\w'])", binder.type) is not None


def enumerate_script(goal: Goal, var: Binder, bound: int) -> str:
    about = [b for b in goal.binders if b.prop and mentions(b, var.name)]
    arrows = "".join(f"({b.type}) → " for b in about)
    uses = " ".join([var.name, "(by omega)", *(b.name for b in about)])
    claim = f"∀ {var.name} : Nat, {var.name} < {bound} → {arrows}({goal.target})"
    return f"have every : {claim} := by decide +kernel\nexact every {uses}"


def residues(goal: Goal) -> list[Script]:
    """Arithmetic modulo a numeral: split a variable by its residue and compute with it."""
    text = goal.target + " ".join(b.type for b in goal.binders if b.prop)
    if "%" not in text and "∣" not in text:
        return []
    names = [b.name for b in goal.binders if b.type in ("Nat", "Int")][:1]
    scripts = [Script("mod-simp", mod_simp(""), 3.15)]
    for modulus in sorted({n for n in numerals(text) if 2 <= n <= 16})[:3]:
        for name in names:
            scripts.append(Script("residues", residue_script(name, modulus), 4.3))
    return scripts


def mod_simp(extra: str) -> str:
    lemmas = (
        "Nat.pow_mod, Nat.mul_mod, Nat.add_mod, Int.emod_emod_of_dvd, Int.mul_emod,"
        " Int.add_emod, Int.sub_emod, Nat.pow_succ, Int.pow_succ"
    )
    return f"simp [{lemmas}{extra}]"


def residue_script(name: str, modulus: int) -> str:
    cases = " ∨ ".join(f"{name} % {modulus} = {r}" for r in range(modulus))
    names = " | ".join(["hr"] * modulus)
    finish = f"first | omega | ({mod_simp(', hr')}) | ({mod_simp(', hr')} <;> omega) | grind"
    return f"have hr : {cases} := by omega\nrcases hr with {names} <;> ({finish})"
