"""Scripts in the places of holes."""

from __future__ import annotations

import pytest

from prover.recycling.splicing import as_a_step, as_it_is, binder_names, filled, have
from prover.types import Goal, Hole, Lemma

TACTIC = "(exact @t)"


def hole(body: str, fill: str = TACTIC) -> Hole:
    start = body.index("sorry")
    return Hole("g", start, start + len("sorry"), fill)


@pytest.mark.parametrize(
    ("body", "script", "fill", "made"),
    [
        ("by\n  sorry", "a\nb", TACTIC, "by\n  a\n  b"),
        ("by\n  · sorry\n  c", "a\n· b", TACTIC, "by\n  · a\n    · b\n  c"),
        ("by\n  | zero => sorry", "a", TACTIC, "by\n  | zero => a"),
        ("by\n  | zero => sorry", "a\nb", TACTIC, "by\n  | zero =>\n    a\n    b"),
        ("by\n  · have h : p := by sorry\n    c", "a\n  b", TACTIC,
         "by\n  · have h : p := by\n      a\n        b\n    c"),
        ("by\n  x <;> sorry", "a b", TACTIC, "by\n  x <;> (a b)"),
        ("by\n  (x; sorry)", "a\nb", TACTIC, "by\n  (x; (a\n       b))"),
        ("by\n  have h : p := sorry", "a", "(by exact @t)", "by\n  have h : p := by a"),
        ("by\n  exact ⟨1, sorry⟩", "a", "(by exact @t)", "by\n  exact ⟨1, (by a)⟩"),
    ],
)  # fmt: skip
def test_a_script_finds_its_place(body: str, script: str, fill: str, made: str) -> None:
    assert filled(body, [(hole(body, fill), script)]) == made


def test_names_that_nobody_can_write_are_given_back() -> None:
    goal = Goal("g", "p", "theorem t (x : Nat) (h : x = x_1) (x_1 : Nat) : x = 0")
    body = "by\n  sorry"
    there = hole(body, "(rename_i r_1 r_2 r_3; exact @t r_1 h r_3)")
    assert as_it_is(goal, there, "simp") == "rename_i x _ x_1\nsimp"
    assert as_a_step(goal, there, "simp") == (
        "have t : ∀ (x : Nat) (h : x = x_1) (x_1 : Nat), x = 0 := by\n"
        "  intro x h x_1\n  simp\nrename_i r_1 r_2 r_3\nexact @t r_1 h r_3"
    )
    assert as_it_is(goal, hole(body), "simp") == "simp"


def test_a_theorem_becomes_a_step() -> None:
    assert (
        have(Lemma("theorem two : 1 + 1 = 2", "rfl")) == "have two : 1 + 1 = 2 := by\n  exact rfl"
    )
    names = binder_names("theorem t {α : Type} [DecidableEq α] (a b : α) : a = b")
    assert names == ["α", "_", "a", "b"]
