"""Provers: what proposes proofs of a goal. The portfolio needs no model.

A prover never talks to Lean. It is asked in stages: the next one begins when Lean has judged all
of the last, so that it can make use of what Lean said.
"""

from __future__ import annotations

import math
import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol

from prover.graph_nodes import GoalNode, Record, Records
from prover.lean.source import levels
from prover.premises import Premise, Retrieve, none_found
from prover.types import Binder, Candidate, Goal, Proposal


class Prover(Protocol):
    name: str
    stages: int
    """How often it can be asked for one goal."""
    remote: bool
    """It asks a model, which may take its time."""

    def propose(
        self, node: GoalNode, stage: int, records: Records
    ) -> AsyncGenerator[Sequence[Proposal], None]:
        """Candidates for this goal as they come, best first within each batch; those that were
        tried before are passed over. `records` say what came of each way so far. Raises ModelError
        if its model cannot be asked."""
        ...

    def forget(self, goal: str) -> None:
        """It will not be asked for this goal again: what it has in mind of it may go."""
        ...


@dataclass(frozen=True)
class Script:
    """A tactic script and how dear it is; lower costs are tried first."""

    name: str
    text: str
    cost: float


PRIOR_TRIES = 2.0
"""How many tries a script's own cost counts for, beside what came of it in this run."""
PRIOR_SECONDS = 0.15


class Portfolio:
    """Tactic scripts chosen by what the goal looks like, the most promising first."""

    name, stages, remote = "portfolio", 1, False

    def __init__(self, retrieve: Retrieve = none_found, learns: bool = True) -> None:
        """Without `learns` the order is that of the scripts' costs, whatever came of them."""
        self._retrieve, self._learns = retrieve, learns

    async def propose(
        self, node: GoalNode, stage: int, records: Records
    ) -> AsyncGenerator[Sequence[Candidate], None]:
        def dear(script: Script) -> float:
            record = records.get(f"{self.name}:{script.name}", Record())
            return -promise(script, record) if self._learns else script.cost

        found = [*scripts_for(node.goal), *with_premises(self._retrieve(node.goal))]
        scripts = sorted(found, key=dear)
        yield [Candidate(body(node.goal, s.text), f"{self.name}:{s.name}") for s in scripts]

    def forget(self, goal: str) -> None:
        pass


def promise(script: Script, record: Record) -> float:
    """Success rate over the root of the mean time, as far as known; else as its cost says.

    Of independent tries the order by rate over time reaches a success soonest (L. G. Mitten, An
    analytic solution to the least cost testing sequence problem, 1960). The root is measured: it
    takes no longer and half the attempts (docs/log.md).
    """
    likely, count = 0.5 * math.pow(2.0, -script.cost / 2), PRIOR_TRIES
    rate = (record.wins + count * likely) / (record.tries + count)
    seconds = (record.seconds + count * PRIOR_SECONDS) / (record.judged + count)
    return rate / math.sqrt(seconds)


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
        finite(goal),
        small_witnesses(goal),
        residues(goal),
        bounded(goal),
        intervals(goal),
        divisors(goal),
    )
    seen: dict[str, Script] = {}
    for script in (s for group in groups for s in group):
        seen.setdefault(script.text, script)
    return list(seen.values())


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
        Script("simp-defs;grind", f"simp [{names}]\ngrind", 2.9),
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


NUMBERS = ("Nat", "Int")
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
        scripts.append(Script("subst_vars;simp", "subst_vars\nsimp", 3.1))
        scripts.append(Script("subst_vars;grind", "subst_vars\ngrind", 3.2))
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


NUMERAL = re.compile(r"(?<![\w.])\d+(?![\w.])")
MOST_VALUES = (0, 2_000, 90, 20)
"""Values of each variable when so many are enumerated together; more take the kernel too long."""


def numerals(text: str) -> list[int]:
    return [int(n) for n in NUMERAL.findall(text)]


def word(name: str) -> str:
    """A pattern for the name where it stands alone."""
    return rf"(?<![\w.]){re.escape(name)}(?![\w'])"


def mentions(binder: Binder, name: str) -> bool:
    return re.search(word(name), binder.type) is not None


def finite(goal: Goal) -> list[Script]:
    """All variables range over finite types: decide the closed statement."""
    data = [b for b in goal.binders if not b.prop]
    if not data or any(b.head not in ("Fin", "Bool", "Unit", "Char") for b in data):
        return []
    names = " ".join(b.name for b in data)
    return [Script("revert;decide", f"revert {names}\ndecide", 2.3)]


EXISTS = re.compile(r"∃ ((?:[\w']+ )*[\w']+)(?: : [^,]+)?, ")


def small_witnesses(goal: Goal) -> list[Script]:
    """Several small numbers at once for an existential whose matrix is decidable."""
    match = EXISTS.match(goal.target)
    if goal.head != "Exists" or not match:
        return []
    count = len(match[1].split())
    if count == 1 and (more := EXISTS.match(goal.target, match.end())):
        count += len(more[1].split())
    if count > 2 or not all(b.prop for b in goal.binders):
        return []
    values = range(13) if count == 1 else range(7)
    tuples = product(values, repeat=count)
    tries = [f"exact ⟨{', '.join(map(str, t))}, by decide⟩" for t in tuples]
    return [Script("witness", "first | " + " | ".join(tries), 3.4)]


def bounded(goal: Goal) -> list[Script]:
    """Enumerate numbers under a bound that `omega` finds in the hypotheses.

    `∀ x, x < K → ...` is decidable where the rest is, so the kernel can run through it.
    """
    text = " ".join([goal.target, *(b.type for b in goal.binders if b.prop)])
    numbers = [b for b in goal.binders if b.head in NUMBERS and mentions_in(text, b.name)]
    if not 1 <= len(numbers) <= 3:
        return []
    most = MOST_VALUES[len(numbers)]
    bounds = sorted({n + 1 for n in numerals(text) if 2 <= n < most}, reverse=True)
    return [
        Script("enumerate", enumerate_script(goal, numbers, bound), 5.5 + 0.1 * i)
        for i, bound in enumerate(bounds[:3])
    ]


def mentions_in(text: str, name: str) -> bool:
    return re.search(word(name), text) is not None


def less(goal: Goal) -> str:
    """Ways to bound a number: linear facts, or that it divides a numeral by some equation."""
    ways = ["omega"]
    for h in [b.name for b in goal.binders if b.prop and b.head == "Eq"][:3]:
        for witness in (f"⟨_, {h}.symm⟩", f"⟨_, {h}.symm.trans (Nat.mul_comm _ _)⟩"):
            ways.append(f"exact Nat.lt_succ_of_le (Nat.le_of_dvd (by decide) {witness})")
    return "first | " + " | ".join(ways)


def enumerate_script(goal: Goal, numbers: Sequence[Binder], bound: int) -> str:
    """Bounds first, since they fail fastest; an integer becomes the natural number that it is."""
    lines = [f"by_cases hgoal : ({goal.target})", "· exact hgoal"]
    block, text, used = [], dict[str, str](), []
    integers = [b.name for b in numbers if b.head == "Int"]
    for i, x in enumerate(integers):
        for y in integers[i + 1 :]:
            block.append(f"have := Int.mul_nonneg (a := {x}) (b := {y}) (by omega) (by omega)")
    for x in integers:
        block.append(f"obtain ⟨{x}n, h{x}n⟩ : ∃ k : Nat, {x} = k := ⟨{x}.toNat, by omega⟩")
        text[x] = f"({x}n : Int)"
    block += [f"subst h{x}n" for x in integers]
    names = [f"{b.name}n" if b.head == "Int" else b.name for b in numbers]
    for name in names:
        block.append(f"have below_{name} : {name} < {bound} := by {less(goal)}")
        used += [name, f"below_{name}"]
    about = [b for b in goal.binders if b.prop and any(mentions(b, n.name) for n in numbers)]
    claim = "".join(f"∀ {name} : Nat, {name} < {bound} → " for name in names)
    # One conjunction: a long row of implications is more than instance search follows.
    if about:
        claim += f"({' ∧ '.join(f'({renamed(b.type, text)})' for b in about)}) → "
        used.append(f"⟨{', '.join(b.name for b in about)}⟩")
    claim += f"({renamed(goal.target, text)})"
    block.append(f"have every : {claim} := by decide +kernel")
    block.append(f"exact absurd (every {' '.join(used)}) hgoal")
    return "\n".join([*lines, *("  " + line if k else "· " + line for k, line in enumerate(block))])


def renamed(text: str, names: dict[str, str]) -> str:
    for old, new in names.items():
        text = re.sub(word(old), new, text)
    return text


MOST_CASES = 100


def intervals(goal: Goal) -> list[Script]:
    """A number between two numerals: `omega` for each of its values."""
    scripts = []
    for var in (b for b in goal.binders if b.head in NUMBERS):
        near = [b.type for b in goal.binders if b.prop and mentions(b, var.name)]
        found = sorted({n for text in near for n in numerals(text) if n < 1000})
        pairs = [(lo, hi) for lo in [0, *found] for hi in found if 1 < hi - lo < MOST_CASES]
        for lo, hi in sorted(set(pairs), key=lambda p: p[0] - p[1])[:1]:
            values = range(lo, hi + 1)
            cases = " ∨ ".join(f"{var.name} = {v}" for v in values)
            names = " | ".join(["hv"] * len(values))
            text = f"have hv : {cases} := by omega\nrcases hv with {names} <;> subst hv <;> omega"
            scripts.append(Script("interval;omega", text, 6.0))
    return scripts


MOST_DIVIDED, MOST_DIVISORS = 5_000, 40
"""The largest numeral whose divisors are enumerated, and how many there may be."""


def divisors(goal: Goal) -> list[Script]:
    """A factor of a numeral is one of its divisors: `omega` for each of them."""
    found = [
        Script("divisors", divisor_script(var, h.name, factors, number), 3.0)
        for h in goal.binders
        if h.head == "Eq" and (sides := product_and_numeral(h.type)) is not None
        for factors, number in [sides]
        for var in goal.binders
        if var.head in NUMBERS and var.name in factors
    ]
    return found[:2]


def product_and_numeral(equation: str) -> tuple[list[str], int] | None:
    """`(n - 1) * n = 720` -> (["(n - 1)", "n"], 720), whichever way round it stands."""
    left, equals, right = equation.partition(" = ")
    for side, numeral in ((left, right), (right, left)):
        if equals and numeral.isdecimal() and 1 < int(numeral) <= MOST_DIVIDED:
            factors = split_product(side)
            few = len(divisors_of(int(numeral))) <= MOST_DIVISORS
            return (factors, int(numeral)) if len(factors) > 1 and few else None
    return None


def split_product(text: str) -> list[str]:
    """At the `*` outside of brackets; one factor where anything else stands outside of them."""
    depth, factors = levels(text), [""]
    for char, level in zip(text, depth, strict=True):
        if level == 0 and char in "+-/%=<>≤≥∣":
            return [text]
        if level == 0 and char == "*":
            factors.append("")
        else:
            factors[-1] += char
    return [factor.strip() for factor in factors]


def divisors_of(number: int) -> list[int]:
    return [d for d in range(1, number + 1) if number % d == 0]


def divisor_script(var: Binder, equation: str, factors: list[str], number: int) -> str:
    integer, found = var.head == "Int", divisors_of(number)
    others = list(factors)
    others.remove(var.name)
    ways = (
        f"⟨_, {equation}.symm⟩",
        f"⟨_, {equation}.symm.trans ({var.head}.mul_comm _ _)⟩",
        f"⟨{' * '.join(others)}, by grind⟩",
    )
    size = f"{var.name}.natAbs" if integer else var.name
    values = ", ".join(map(str, found))
    cases = " | ".join(["(rfl | rfl)" if integer else "rfl"] * len(found))
    lines = [
        f"have hd : {var.name} ∣ {number} := by first | {' | '.join(f'exact {w}' for w in ways)}",
        "have hd := Int.natAbs_dvd_natAbs.mpr hd" if integer else "",
        f"have hl : {size} < {number + 1} := Nat.lt_succ_of_le (Nat.le_of_dvd (by decide) hd)",
        f"have hv : ∀ r : Nat, r < {number + 1} → r ∣ {number} → r ∈ [{values}] := by"
        " decide +kernel",
        "have hm := hv _ hl hd",
        "simp only [List.mem_cons, List.not_mem_nil, or_false, Int.natAbs_eq_iff] at hm",
        f"rcases hm with {cases} <;> first | omega | (simp_all <;> omega) | grind",
    ]
    return "\n".join(line for line in lines if line)


MODULUS = re.compile(r"%\s*(\d+)|(?<![\w.])(\d+)\s*∣")


def moduli(text: str) -> list[int]:
    return sorted({int(a or b) for a, b in MODULUS.findall(text)})


def residues(goal: Goal) -> list[Script]:
    """Arithmetic modulo a numeral: split a variable by its residue and compute with it."""
    props = [b for b in goal.binders if b.prop]
    text = " ".join([goal.target, *(b.type for b in props)])
    if not moduli(text):
        return []
    known = "".join(f", {b.name}" for b in props if b.head == "Eq" and "%" in b.type)
    scripts = [Script("mod-simp", mod_simp(known), 3.15)]
    names = [b.name for b in goal.binders if b.head in NUMBERS]
    for modulus in [m for m in moduli(text) if 2 <= m <= 16][:2]:
        for name in names[:2]:
            scripts.append(Script("residues", residue_script([name], modulus), 4.3))
        if len(names) > 1 and modulus <= 5:
            scripts.append(Script("residues", residue_script(names[:2], modulus), 4.4))
    return scripts


def mod_simp(extra: str) -> str:
    lemmas = (
        "Nat.pow_mod, Nat.mul_mod, Nat.add_mod, Int.mul_emod, Int.add_emod, Int.sub_emod,"
        " Nat.pow_succ, Int.pow_succ"
    )
    return f"simp [{lemmas}{extra}]"


def residue_script(names: Sequence[str], modulus: int) -> str:
    """Split each variable by its residue; every case is arithmetic with numerals."""
    lines, splits = [], []
    for i, name in enumerate(names):
        cases = " ∨ ".join(f"{name} % {modulus} = {r}" for r in range(modulus))
        lines.append(f"have hr{i} : {cases} := by omega")
        splits.append(f"rcases hr{i} with {' | '.join([f'hr{i}'] * modulus)}")
    known = mod_simp("".join(f", hr{i}" for i in range(len(names))))
    finish = f"first | omega | ({known}; done) | ({known} <;> omega) | grind"
    return "\n".join([*lines, " <;> ".join([*splits, f"({finish})"])])
