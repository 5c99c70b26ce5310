"""Attempts at a negation: pure text, and what they narrow down to."""

from __future__ import annotations

from goals_by_hand import goal, hyp, var
from hypothesis import given
from hypothesis import strategies as st

from prover.disproving import MOST_INSTANCES, MOST_NUMBERS, Disproof, disproofs
from prover.refuting import Trial
from prover.types import Goal

RELATED = goal(
    "∃ y, ∀ (x : Nat), R x y", "Exists",
    var("R", "Nat → Nat → Prop"), hyp("h", "∀ (x : Nat), ∃ y, R x y", ""),
)  # fmt: skip


def instances(of: Goal) -> Disproof:
    (found,) = [d for d in disproofs(of) if isinstance(d, Disproof)]
    return found


def test_hypotheses_of_an_instance_are_left_to_automation() -> None:
    found = instances(RELATED)
    assert 1 < len(found.instances) <= MOST_INSTANCES
    assert "refine (?_ : ¬ _) (@claim (fun x y => x = y) ?_)\n" in found.candidate.body
    assert found.candidate.by == "refuter:instances"


def test_it_ends_at_once_where_the_kernel_could_decide() -> None:
    body = instances(RELATED).candidate.body
    first = body.split("\n")[2]
    assert first.startswith(
        "  fail_if_success (refine absurd (fun h => @claim (fun x y => x = y) h)"
    )


@given(st.data())
def test_halving_ends_at_the_instance_that_is_false(data: st.DataObject) -> None:
    found, steps = instances(RELATED), 0
    false = data.draw(st.sampled_from(found.instances))
    while halves := found.halves():
        assert halves[0].instances + halves[1].instances == found.instances
        found, steps = halves[0] if false in halves[0].instances else halves[1], steps + 1
    assert found.instances == (false,) and steps <= 3
    assert found.counterexample.startswith("R = ")
    assert "fail_if_success" not in found.candidate.body


def test_numbers_that_are_claimed_to_exist_get_bounds() -> None:
    squares = goal("∃ a b, n = a * a + b * b", "Exists", var("n", "Nat"))
    trial = next(disproofs(squares))
    assert isinstance(trial, Trial) and trial.candidate.by == "refuter:bounded"
    assert "∃ a, a < n + 1 ∧ ∃ b, b < n + 1 ∧ (n = a * a + b * b) := by" in trial.candidate.body
    assert len(trial.values[0]) == MOST_NUMBERS
    halves = trial.halves()
    assert halves and halves[1].before == trial.before, "what is narrowed down has bounds too"


def test_a_goal_without_variables_is_looked_at_as_a_whole() -> None:
    (found,) = disproofs(goal("∃ n, n < 0", "Exists", definitions=("f",)))
    assert isinstance(found, Disproof) and found.candidate.by == "refuter:automation"
    assert "grind [f] | (simp [f] at claim; done) | fail" in found.candidate.body
    assert found.halves() is None and found.counterexample == ""


def test_what_has_no_values_is_left_alone() -> None:
    assert not list(disproofs(goal("x = y", "Eq", var("x", "Real"), var("y", "Real"))))
