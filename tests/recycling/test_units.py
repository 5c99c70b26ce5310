"""What may be left out of a proof's text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.recycling.units import (
    KINDS,
    Unit,
    alternatives,
    blocks,
    chains,
    clauses,
    joined,
    only,
    tidy,
    without,
    wrappings,
)

RESIDUES = """by
  have hr : n % 2 = 0 ∨ n % 2 = 1 := by omega
  rcases hr with hr | hr <;> (first | omega | (simp [Nat.mul_mod, hr]; done) | grind)"""
CASES = """by
  intro n
  induction n with
  | zero => decide
  | succ k ih => grind [double]"""
BULLETS = """by
  by_cases h : p
  · exact h
  · have a : 1 = 1 := by
      rfl
    exact absurd a h
  done"""


def texts(body: str, units: list[Unit]) -> list[str]:
    return [body[start:end] for unit in units for start, end in unit.spans]


def test_alternatives_of_first() -> None:
    found = texts(RESIDUES, alternatives(RESIDUES))
    assert found == ["omega", "(simp [Nat.mul_mod, hr]; done)", "grind"]
    nested = "by\n  first | a <;> first | b | c\n  d"
    assert texts(nested, alternatives(nested)) == ["b", "c"]
    below = "by\n  first\n  | (apply h <;> first | assumption | rfl)\n  | simp\n  omega"
    assert texts(below, alternatives(below))[:2] == [
        "(apply h <;> first | assumption | rfl)",
        "simp",
    ]


def test_tactics_of_blocks_and_chains() -> None:
    inner, outer = sorted(([BULLETS[a:b] for a, b in x] for x in blocks(BULLETS)), key=len)
    assert inner == ["have a : 1 = 1 := by\n      rfl", "exact absurd a h"]
    assert [text.split("\n")[0] for text in outer] == [
        "by_cases h : p",
        "· exact h",
        "· have a : 1 = 1 := by",
        "done",
    ]
    found = [[RESIDUES[a:b] for a, b in items] for items in chains(RESIDUES)]
    assert ["simp [Nat.mul_mod, hr]", "done"] in found
    assert found[-1][0] == "rcases hr with hr | hr"


def test_what_stands_alone_is_no_unit() -> None:
    assert [unit for kind in KINDS for unit in kind("by\n  grind")] == []


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6, unique=True), st.data())
def test_hints_that_stay_keep_their_order(hints: list[str], data: st.DataObject) -> None:
    body = f"by\n  simp only [{', '.join(hints)}] at *\n  omega"
    units = [unit for unit in clauses(body) if unit.group >= 0]
    kept = data.draw(st.sets(st.sampled_from(units)))
    left = [hint for hint, unit in zip(hints, units, strict=True) if unit in kept]
    shown = f" [{', '.join(left)}]" if left else ""
    assert without(body, units, kept) == f"by\n  simp only{shown} at *\n  omega"


LINES = st.lists(
    st.sampled_from(
        ["simp [a, b] at h", "first | omega | (simp; done)", "· exact ⟨1, by decide⟩", "(grind)"]
        + ["induction n with", "| zero => rfl", "cases x <;> simp_all [f]", "try rfl", "  deep (x"]
    ),
    max_size=6,
)


@given(LINES, st.data())
def test_nothing_kept_back_is_the_text_and_less_is_shorter(
    lines: list[str], data: st.DataObject
) -> None:
    body = "\n".join(["by", *("  " + line for line in lines)])
    for kind in KINDS:
        units = kind(body)
        assert without(body, units, units) == tidy(body)
        if units:
            kept = data.draw(st.sets(st.sampled_from(units), max_size=len(units) - 1))
            if len(kept) < len(set(units)):
                assert len(without(body, units, kept)) < len(body)


def test_clauses_and_wrappings() -> None:
    body = "by\n  induction n generalizing m b <;> (simp_all [f] at h ⊢)\n  decide +kernel"
    gone = [text.strip() for text in texts(body, clauses(body))]
    assert {"generalizing m b", "at h ⊢", "+kernel", "f"} <= set(gone)
    assert without(body, wrappings(body), []) == body.replace("(", "").replace(")", "")


def test_only_the_alternative_that_ran_stays() -> None:
    body = "by\n  first | exact 1 | exact 2 | exact 3"
    ran = [(body.index("exact 1"), body.index("exact 1") + 7)]
    ran.append((body.index("exact 2"), body.index("exact 2") + 7))
    assert only(body, ran) == "by\n  first | exact 2"
    assert only(body, []) == body


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (CASES, ["by\n  intro n\n  induction n <;> grind [double]",
                 "by\n  intro n\n  induction n <;> decide"]),
        ("by\n  fun_induction f x\n  · rfl\n  · simp; omega\n  done",
         ["by\n  fun_induction f x <;> (simp; omega)\n  done",
          "by\n  fun_induction f x <;> rfl\n  done"]),
        ("by\n  cases n with\n  | zero => rfl\n  | succ k =>\n    simp; done\n    omega",
         ["by\n  cases n <;> (simp; done) <;> omega", "by\n  cases n <;> rfl"]),
        ("by\n  cases n with\n  | zero => rfl\n  | succ k =>\n    simp\n      [f]\n    rfl", []),
        ("by\n  cases n with\n  | zero => rfl\n  | succ k =>\n    · rfl", []),
        ("by\n  cases n with\n  | zero => rfl", []),
    ],
)  # fmt: skip
def test_cases_are_joined(body: str, found: list[str]) -> None:
    assert list(joined(body)) == found
