"""Tactic scripts for arithmetic: finite cases, bounded numbers, residues, witnesses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

from prover.scripts import Script
from prover.types import Binder, Goal

NUMBERS = ("Nat", "Int")
NUMERAL = re.compile(r"(?<![\w.])\d+(?![\w.])")
MOST_VALUES = (0, 2_000, 90, 20)
"""Values of each variable when so many are enumerated together; more take the kernel too long."""
LARGEST_POWER = 2**60
"""Numerals below this bound the exponents of powers that are no larger."""


def numerals(text: str) -> list[int]:
    return [int(n) for n in NUMERAL.findall(text)]


def text_of(goal: Goal) -> str:
    """What is claimed and what is assumed, as one text to look for numbers in."""
    return " ".join([goal.target, *(b.type for b in goal.binders if b.prop)])


def word(name: str) -> str:
    """A pattern for the name where it stands alone."""
    return rf"(?<![\w.]){re.escape(name)}(?![\w'])"


def mentions(binder: Binder, name: str) -> bool:
    return re.search(word(name), binder.type) is not None


POWER = re.compile(r"(?<![\w.^])(\d+)\s*\^\s*(\([^()]*\)|[A-Za-z_][\w']*)")
"""A numeral, and what stands as its exponent."""


def equations(goal: Goal) -> list[Binder]:
    return [b for b in goal.binders if b.prop and b.head == "Eq" and b.type.count(" = ") == 1]


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
    text = text_of(goal)
    numbers = [b for b in goal.binders if b.head in NUMBERS and mentions_in(text, b.name)]
    if not 1 <= len(numbers) <= 3:
        return []
    most = MOST_VALUES[len(numbers)]
    found = {n + 1 for n in numerals(text) if 2 <= n < most}
    if any(b.name in (exponent for _, exponent in POWER.findall(text)) for b in numbers):
        found |= {n.bit_length() for n in numerals(text) if 2 <= n < LARGEST_POWER}
    return [
        Script("enumerate", enumerate_script(goal, numbers, bound), 5.5 + 0.1 * i)
        for i, bound in enumerate(sorted(found, reverse=True)[:3])
    ]


def mentions_in(text: str, name: str) -> bool:
    return re.search(word(name), text) is not None


def less(goal: Goal, name: str) -> str:
    """Ways to bound a number: linear facts, that it divides a numeral by some equation, or that
    its power does."""
    ways = ["omega"]
    for h in equations(goal)[:3]:
        bases = [base for base, exponent in POWER.findall(h.type) if exponent == name]
        for witness in (f"⟨_, {h.name}.symm⟩", f"⟨_, {h.name}.symm.trans (Nat.mul_comm _ _)⟩"):
            ways.append(f"exact Nat.lt_succ_of_le (Nat.le_of_dvd (by decide) {witness})")
            ways += [exponent_below(base, name, witness) for base in bases]
    return "first | " + " | ".join(ways)


def exponent_below(base: str, name: str, witness: str) -> str:
    """The power divides a numeral, so it is no more than that, and the exponent less than some."""
    power = f"Nat.le_of_dvd (by decide) ({witness} : {base} ^ {name} ∣ _)"
    larger = f"Nat.pow_le_pow_right (n := {base}) (by decide) hx"
    return (
        f"exact Nat.lt_of_not_le fun hx => absurd (Nat.le_trans ({larger}) ({power})) (by decide)"
    )


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
        block.append(f"have below_{name} : {name} < {bound} := by {less(goal, name)}")
        used += [name, f"below_{name}"]
    about = [b for b in goal.binders if b.prop and any(mentions(b, n.name) for n in numbers)]
    claim = "".join(f"∀ {name} : Nat, {name} < {bound} → " for name in names)
    # One conjunction: a long row of implications is more than instance search follows.
    if about:
        claim += f"({' ∧ '.join(f'({renamed(b.type, text)})' for b in about)}) → "
        facts = ", ".join(b.name for b in about)
        used.append(f"⟨{facts}⟩" if len(about) > 1 else facts)
    claim += f"({renamed(goal.target, text)})"
    block.append(f"have every : {claim} := by decide +kernel")
    block.append(f"exact absurd (every {' '.join(used)}) hgoal")
    return "\n".join([*lines, *("  " + line if k else "· " + line for k, line in enumerate(block))])


def renamed(text: str, names: dict[str, str]) -> str:
    for old, new in names.items():
        text = re.sub(word(old), new, text)
    return text


MOST_CASES = 50
MOST_BOUNDS = 5


def intervals(goal: Goal) -> list[Script]:
    """A number between two numerals: `omega` for each of its values.

    One value is split off at a time, from above: a disjunction of all of them takes `omega` and
    `rcases` a minute for ninety.
    """
    scripts = []
    for var in (b for b in goal.binders if b.head in NUMBERS):
        near = [b.type for b in goal.binders if b.prop and mentions(b, var.name)]
        found = sorted({n for text in near for n in numerals(text) if 1 < n < MOST_CASES})
        if found:
            lines = [*as_natural(var, found[-1]), *tightest(var, found[-MOST_BOUNDS:])]
            text = "\n".join([*lines, *one_by_one()])
            scripts.append(Script("interval;omega", text, 6.0))
    return scripts


def as_natural(var: Binder, most: int) -> list[str]:
    """An integer that is not negative is a natural number, one not below `-most` if moved by that.

    (No `by` inside a term of a `first` or a `try`: Lean goes on after its errors.)
    """
    if var.head != "Int":
        return []
    x = var.name
    plain = f"obtain ⟨{x}n, rfl⟩ : ∃ k : Nat, {x} = k := ⟨{x}.toNat, by omega⟩"
    moved = f"obtain ⟨{x}n, rfl⟩ : ∃ k : Nat, {x} = k - {most} := ⟨({x} + {most}).toNat, by omega⟩"
    ways = ((0, plain), (-most, moved))
    tries = [f"(by_cases hz : {least} ≤ {x}; rotate_left; omega; {way})" for least, way in ways]
    return [f"first | {' | '.join(tries)}"]


def tightest(var: Binder, bounds: Sequence[int]) -> list[str]:
    """`hb`, the least of the bounds that `omega` sees; the tactics fail if it sees none."""
    name, tops = var.name, set(bounds)
    if var.head == "Int":
        name, tops = f"{name}n", tops | {n + bounds[-1] for n in bounds}
    greatest, *others = sorted(tops, reverse=True)
    below = f"rcases Nat.lt_or_ge {name} {{}} with hb | hb; rotate_left; omega"
    return [below.format(greatest + 1), *(f"try ({below.format(n + 1)})" for n in others)]


def one_by_one() -> list[str]:
    """Every value of the variable that `hb` bounds by a numeral, the largest first."""
    step = "rcases Nat.lt_succ_iff_lt_or_eq.mp hb with hb | rfl; rotate_left; omega"
    return [f"(repeat ({step}))", "omega"]


MODULUS = re.compile(r"%\s*(\d+)|(?<![\w.])(\d+)\s*∣")


def moduli(text: str) -> list[int]:
    return sorted({int(a or b) for a, b in MODULUS.findall(text)})


def residues(goal: Goal) -> list[Script]:
    """Arithmetic modulo a numeral: split a variable by its residue and compute with it."""
    text = text_of(goal)
    if not moduli(text):
        return []
    equal = [b for b in goal.binders if b.prop and b.head == "Eq"]
    known = "".join(f", {b.name}" for b in equal if "%" in b.type)
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
