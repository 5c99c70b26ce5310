"""What the benchmarks ask: a fixed list of proofs that core Lean accepts, and requests made up."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import tiers

NAMES = (
    "ceiling_of_quarter", "linear_system", "max_plus_min",  # omega
    "brahmagupta_identity", "clamp_in_range", "length_of_mapped_append",  # grind
    "leap_years", "three_bits_pigeonhole",  # decide
    "cantor_diagonal", "even_times_anything",  # several steps
    "sum_of_odd_numbers", "mirror_is_involutive",  # induction over definitions
)  # fmt: skip

HEARTBEATS = 200_000
STATEMENT = "theorem t (a b : Nat) (h : a < b) : a + 1 ≤ b"
SUM = "theorem t : (List.range 4000).foldl (· + ·) 0 = 7998000"
DEEP = "by\n  set_option maxRecDepth 100000000 in\n  decide"

Fields = dict[str, Any]


@dataclass(frozen=True)
class Proof:
    """One reference proof, as a request to the driver and as a Lean file."""

    name: str
    fields: Fields
    text: str


def proofs() -> list[Proof]:
    """The fixed list, from the reference proofs of our own problems."""
    found = {problem.name: (problem, body, text) for problem, body, text in tiers.proofs()}
    return [
        Proof(name, judge(problem.statement, body, problem.header), text)
        for name, (problem, body, text) in ((name, found[name]) for name in NAMES)
    ]


def judge(statement: str, body: str, header: str = "", heartbeats: int = HEARTBEATS) -> Fields:
    return {
        "header": header, "statement": statement, "lemmas": [], "body": body,
        "heartbeats": heartbeats,
    }  # fmt: skip


NUMBERS = itertools.count(1)


def fresh(fields: Fields) -> Fields:
    """The same proof behind a first step that no other request has: the driver shares work between
    bodies that begin alike, and one proof again and again would measure that alone."""
    body = fields["body"]
    new = behind(f"have n{(n := next(NUMBERS))} : {n} = {n} := rfl", body)
    text = {"text": new.join(fields["text"].rsplit(body, 1))} if "text" in fields else {}
    return {**fields, "body": new, **text}


def behind(step: str, body: str) -> str:
    if not body.startswith("by"):
        return f"{step}; {body}"
    tactics = body[2:]
    if "\n" not in tactics:
        return f"by\n  {step}\n  {tactics.strip()}"
    indent = len(tactics) - len(tactics.lstrip()) - tactics.index("\n") - 1
    return f"by\n{' ' * indent}{step}{tactics}"


def trivial(i: int) -> Fields:
    return judge(STATEMENT, "h")


def omega(i: int) -> Fields:
    return judge(STATEMENT, f"by\n  have g : a + {i} < b + {i} := by omega\n  omega")


def rejected(i: int) -> Fields:
    return judge(f"theorem t (a b : Nat) (h : a < b) : a + {i % 7 + 2} ≤ b", "by omega")


def deep() -> Fields:
    """Overflows the stack."""
    return judge(SUM, DEEP)


def endless(i: int = 0) -> Fields:
    """Eight pigeons for seven holes by case distinctions, without a limit: no end in sight."""
    pairs = [(i, j) for i in range(8) for j in range(i)]
    different = " → ".join(f"a{i} ≠ a{j}" for i, j in pairs)
    ranges = " → ".join(f"(0 ≤ a{i} ∧ a{i} < 7)" for i in range(8))
    names = " ".join(f"a{i}" for i in range(8))
    return judge(f"theorem t ({names} : Int) : {different} → {ranges} → False", "by omega", "", 0)
