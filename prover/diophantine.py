"""Tactic scripts for equations in whole numbers: factors of a numeral, common divisors, powers.

What a script needs to know (coefficients, divisors, how long powers take to repeat) is reckoned
here from the goal's text; Lean checks every step of it.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

from prover.lean.source import levels
from prover.number_scripts import NUMBERS, POWER, equations, mentions, moduli, one_by_one, text_of
from prover.scripts import Script
from prover.types import Binder, Goal

MOST_DIVIDED, MOST_DIVISORS = 5_000, 40
"""The largest numeral whose divisors are enumerated, and how many there may be."""
MOST_RESIDUES = 24
"""Residues of an exponent that are told apart."""
LARGEST_EXPONENT = 12

OPERATORS: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Pow: operator.pow,
}  # fmt: skip
CAST = re.compile(r"\((-?\d+|[A-Za-z_][\w']*) : (?:ℤ|ℕ|Int|Nat)\)|↑(?=[\w(])")


def diophantine(goal: Goal) -> list[Script]:
    return [*divisors(goal), *factorings(goal), *common_divisors(goal), *power_residues(goal)]


# -- arithmetic expressions --------------------------------------------------------------------


def evaluated(text: str, values: Mapping[str, int]) -> int | None:
    """`2 * (n + 1)` at the values of its variables; None for what is not plain arithmetic.

    Subtraction is that of whole numbers, which that of `Nat` is not.
    """
    plain = CAST.sub(lambda m: m[1] or "", text).replace("^", "**").replace("'", "ʹ")
    try:
        tree = ast.parse(plain.strip(), mode="eval").body
        return value_of(tree, {name.replace("'", "ʹ"): n for name, n in values.items()})
    except (SyntaxError, ValueError, KeyError, RecursionError, MemoryError):
        return None


def value_of(node: ast.expr, values: Mapping[str, int]) -> int:
    """Raises KeyError or ValueError for anything that is no number."""
    match node:
        case ast.Constant(value=int(number)):
            return number
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -value_of(inner, values)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = value_of(left, values), value_of(right, values)
            if isinstance(op, ast.Pow) and not 0 <= b <= LARGEST_EXPONENT:
                raise ValueError("too large a power")
            return OPERATORS[type(op)](a, b)
    raise ValueError("no arithmetic")


def linear(text: str, name: str) -> tuple[int, int] | None:
    """(a, b) where the text is `a * name + b`, whatever its form; None where it is not."""
    at = [evaluated(text, {name: n}) for n in (0, 1, 2, 7)]
    if None in at:
        return None
    zero, one, *rest = (n for n in at if n is not None)
    a = one - zero
    return (a, zero) if rest == [2 * a + zero, 7 * a + zero] else None


def bilinear(text: str, x: str, y: str) -> tuple[int, int, int, int] | None:
    """(m, a, b, c) where the text is `m * x * y + a * x + b * y + c`."""
    points = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 3), (5, 7), (11, 4)]
    found = [evaluated(text, {x: p, y: q}) for p, q in points]
    if None in found:
        return None
    c, at_x, at_y, both, *_ = values = [n for n in found if n is not None]
    a, b = at_x - c, at_y - c
    m = both - a - b - c
    fits = all(v == m * p * q + a * p + b * q + c for v, (p, q) in zip(values, points, strict=True))
    return (m, a, b, c) if fits else None


def affine(factor: int, name: str, offset: int) -> str:
    """`3 * n + 2`, `n`, `n - 1`."""
    text = name if factor == 1 else f"{factor} * {name}"
    if not offset:
        return text
    return f"{text} + {offset}" if offset > 0 else f"{text} - {-offset}"


# -- factors of a numeral ----------------------------------------------------------------------


def divisors(goal: Goal) -> list[Script]:
    """A factor of a numeral is one of its divisors: each of them in turn."""
    found = [
        Script("divisors", divisor_script(var, h, factors, number), 3.0)
        for h in equations(goal)
        if (sides := product_and_numeral(h.type)) is not None
        for factors, number in [sides]
        for var in goal.binders
        if var.head in NUMBERS and var.name in factors
    ]
    return found[:2]


def product_and_numeral(equation: str) -> tuple[list[str], int] | None:
    """`(n - 1) * n = 720` -> (["(n - 1)", "n"], 720), whichever way round it stands."""
    left, equals, right = equation.partition(" = ")
    for side, numeral in ((left, right), (right, left)):
        if equals and numeral.isdecimal() and few_divisors(int(numeral)):
            factors = split_product(side)
            return (factors, int(numeral)) if len(factors) > 1 else None
    return None


def few_divisors(number: int) -> bool:
    return 1 < number <= MOST_DIVIDED and len(divisors_of(number)) <= MOST_DIVISORS


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


def divisor_script(var: Binder, equation: Binder, factors: list[str], number: int) -> str:
    others = list(factors)
    others.remove(var.name)
    ways = (
        f"⟨_, {equation.name}.symm⟩",
        f"⟨_, {equation.name}.symm.trans ({var.head}.mul_comm _ _)⟩",
        f"⟨{' * '.join(others)}, by grind⟩",
    )
    return "\n".join(divided(var, equation, (1, 0), ways, number))


def factorings(goal: Goal) -> list[Script]:
    """`m*x*y + a*x + b*y = c` is `(m*x + b) * (m*y + a) = m*c + a*b`: divisors again."""
    variables = [b for b in goal.binders if b.head in NUMBERS]
    scripts = (
        factoring(x, y, h)
        for h in equations(goal)
        for x, y in combinations([v for v in variables if mentions(h, v.name)], 2)
        if x.head == y.head and (x.head == "Int" or "-" not in h.type)
    )
    return [script for script in scripts if script is not None][:2]


def factoring(x: Binder, y: Binder, equation: Binder) -> Script | None:
    left, _, right = equation.type.partition(" = ")
    found = bilinear(f"({left}) - ({right})", x.name, y.name)
    if found is None or not found[0]:
        return None
    m, a, b, c = found if found[0] > 0 else tuple(-n for n in found)
    number = a * b - m * c
    if not (a or b) or not few_divisors(abs(number)) or (x.head == "Nat" and min(a, b, number) < 0):
        return None
    of_y = affine(m, y.name, a)
    cofactor = of_y if number > 0 else f"-({of_y})"
    lines = divided(x, equation, (m, b), [f"⟨{cofactor}, by grind⟩"], abs(number))
    return Script("factoring", "\n".join(lines), 3.05)


def divided(
    var: Binder, equation: Binder, form: tuple[int, int], ways: Sequence[str], number: int
) -> Iterator[str]:
    """`a * var + b` divides the numeral: a case for each divisor, with its sign."""
    integer, found = var.head == "Int", divisors_of(number)
    factor = affine(form[0], var.name, form[1])
    size = f"({factor}).natAbs" if integer else factor
    yield f"have hd : {factor} ∣ {number} := by first | {' | '.join(f'exact {w}' for w in ways)}"
    if integer:
        yield "have ha := Int.natAbs_dvd_natAbs.mpr hd"
    name = "ha" if integer else "hd"
    yield f"have hl : {size} < {number + 1} := Nat.lt_succ_of_le (Nat.le_of_dvd (by decide) {name})"
    yield (
        f"have hv : ∀ r : Nat, r < {number + 1} → r ∣ {number} → r ∈ {found} := by decide +kernel"
    )
    yield f"have hm := hv _ hl {name}"
    yield "simp only [List.mem_cons, List.not_mem_nil, or_false, Int.natAbs_eq_iff] at hm"
    yield f"clear hv hl {name}{' hd' if integer else ''}"
    signed = [s * d for d in found for s in ((1, -1) if integer else (1,))]
    pattern = " | ".join(["(hm | hm)" if integer else "hm"] * len(found))
    yield f"rcases hm with {pattern}"
    for value in signed:
        yield divided_case(var, equation, form, value)


def divided_case(var: Binder, equation: Binder, form: tuple[int, int], value: int) -> str:
    here, rest = divmod(value - form[1], form[0])
    if rest or (here < 0 and var.head == "Nat"):
        return "· omega"
    number = f"({here})" if here < 0 else str(here)
    others = f"first | exact absurd {equation.name} (by decide) | omega | (simp_all <;> omega)"
    return f"· obtain rfl : {var.name} = {number} := by omega\n  {others} | grind"


# -- greatest common divisors ------------------------------------------------------------------

FORM = r"(\([^()]*\)|[\w']+)"
GCD = re.compile(rf"(?<![\w.])(?:Nat\.)?gcd {FORM} {FORM}|{FORM}\.gcd {FORM}")
"""As it is written, and as Lean prints it."""


def common_divisors(goal: Goal) -> list[Script]:
    """What divides two linear forms divides the numeral that a combination of them is."""
    found = []
    for left, right in dict.fromkeys(
        (m[1] or m[3], m[2] or m[4]) for m in GCD.finditer(text_of(goal))
    ):
        for var in (b for b in goal.binders if b.head == "Nat"):
            p, q = linear(left, var.name), linear(right, var.name)
            if p and q and "-" not in left + right:
                lines = common_divisor(left, right, p, q)
                found += [Script("common-divisor", lines, 2.8)] if lines else []
    return found[:2]


def common_divisor(left: str, right: str, p: tuple[int, int], q: tuple[int, int]) -> str:
    first, second = left, right
    a, b = p[0] // (common := math.gcd(p[0], q[0]) or 1), q[0] // common
    number = b * p[1] - a * q[1]
    if number < 0:
        first, second, a, b, number = right, left, b, a, -number
    if not 0 < number <= MOST_DIVIDED or not a or not b:
        return ""
    both = f"Nat.gcd {left} {right}"
    ends = {left: "left", right: "right"}
    use = f"(Nat.gcd_dvd_{{}} {left} {right})"
    lines = [
        f"have hg : {both} ∣ {number} := by",
        f"  have hc := Nat.dvd_sub (Nat.dvd_mul_left_of_dvd {use.format(ends[first])} {b})"
        f" (Nat.dvd_mul_left_of_dvd {use.format(ends[second])} {a})",
        f"  rwa [show {b} * {first} - {a} * {second} = {number} by omega] at hc",
        "have hl := Nat.le_of_dvd (by decide) hg",
        "have hp := Nat.pos_of_dvd_of_pos hg (by decide)",
        f"generalize {both} = d at *",
        f"have hb : d < {number + 1} := by omega",
    ]
    return "\n".join([*lines, f"first | omega | ({'; '.join(one_by_one())})"])


# -- powers ------------------------------------------------------------------------------------


def power_residues(goal: Goal) -> list[Script]:
    """Powers of numerals repeat modulo another: every residue of the exponents' variable."""
    text = text_of(goal)
    powers = list(dict.fromkeys(POWER.findall(text)))[:3]
    found = []
    for var in (b.name for b in goal.binders if b.head == "Nat"):
        exponents = [(int(base), e, linear(e, var)) for base, e in powers]
        moving = [(base, e, at) for base, e, at in exponents if at and at[0] > 0 and at[1] >= 0]
        for modulus in [m for m in moduli(text) if 2 <= m <= 100][:2]:
            if moving and (lines := power_residue(var, moving, modulus)):
                found.append(Script("power-residues", lines, 2.7))
    return found[:2]


def power_residue(
    var: str, powers: Sequence[tuple[int, str, tuple[int, int]]], modulus: int
) -> str:
    orders = [order(pow(base, a, modulus), modulus) for base, _, (a, _) in powers]
    if not all(orders):
        return ""
    period = math.lcm(*orders)
    if period > MOST_RESIDUES:
        return ""
    lines, known = [], []
    for i, (base, exponent, (a, b)) in enumerate(powers):
        small = affine(a, f"({var} % {period})", b)
        lines += [
            f"have hp{i} : 0 < {base} ^ {exponent} := Nat.pow_pos (by decide)",
            f"have hr{i} : {base} ^ {exponent} % {modulus} = {base} ^ ({small}) % {modulus} := by",
            f"  conv => lhs; rw [show {exponent} = {a * period} * ({var} / {period}) + ({small})"
            " by omega, Nat.pow_add, Nat.pow_mul, Nat.mul_mod, Nat.pow_mod]",
            "  simp",
        ]
        known.append(f"hr{i}")
    cases = " ∨ ".join(f"{var} % {period} = {r}" for r in range(period))
    split = f"rcases hc with {' | '.join(['hc'] * period)}"
    finish = f"(simp only [hc] at {' '.join(known)} <;> omega)"
    return "\n".join([*lines, f"have hc : {cases} := by omega", f"{split} <;> {finish}"])


def order(base: int, modulus: int) -> int:
    """The least positive exponent at which the power is 1; 0 if none up to MOST_RESIDUES is."""
    return next((k for k in range(1, MOST_RESIDUES + 1) if pow(base, k, modulus) == 1 % modulus), 0)
