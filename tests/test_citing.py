"""Proofs that name what the run has proved bring it along."""

from __future__ import annotations

from goals_by_hand import goal, var

from prover.citing import apart, citing, names_of, sketch_citing
from prover.types import Candidate, Lemma, Sketch, Split, SplitTheorem

LAW = Lemma("theorem law_1 (n : Nat) : f n = n", "by\n  simp [f]")
GOAL = goal("f n = n", "Eq", var("n", "Nat"))


def theorem(name: str) -> SplitTheorem:
    return SplitTheorem(name, f"theorem {name} : True", "by trivial", 1, 0, False)


def test_a_lemma_that_the_model_repeats_is_left_out_and_the_theorem_is_not() -> None:
    split = Split((theorem("law_1"), theorem("helper"), theorem("p")), 2)
    kept = apart(split, names_of([LAW]))
    assert [t.name for t in kept.theorems] == ["helper", "p"] and kept.target == 1
    own = Split((theorem("law_1"),), 0)
    assert apart(own, ["law_1"]) == own


def test_a_proof_has_the_lemma_above_its_own() -> None:
    made = citing(
        Candidate("by simp [law_1, h]", "m", (Lemma("theorem h : True", "trivial"),)), [LAW]
    )
    assert names_of(made.lemmas) == ["law_1", "h"]


def test_a_sketch_keeps_the_places_of_its_own_lines() -> None:
    own = Sketch("by\n  have h : f n = n := by sorry\n  exact h", "m", at=(9, 2))
    made = sketch_citing(own, [LAW], GOAL)
    assert made.body.count("sorry") == 1 and "have law_1 : ∀ (n : Nat), f n = n" in made.body
    line = made.body.split("\n").index("  have h : f n = n := by sorry")
    assert made.at[0] + line == own.at[0] + 1
    assert sketch_citing(own, [], GOAL) == own
