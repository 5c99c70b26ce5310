"""Training rows: only what Lean took, each proof once, nothing held out ever learnt."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_events import demo_events

from prover.errors import UserError
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode
from prover.llm.prompts import Answered, Asked, correction
from prover.models import fault
from prover.training import rows
from prover.training.rows import Row
from prover.types import Candidate, Failing, Goal, Verdict


def row(problem: str, hole: str, key: str, body: str, split: str = "", failed: str = "") -> Row:
    goal = f"{problem}/{hole}" if hole else problem
    text = f"theorem t : {key}"
    return Row("p", "c", problem, goal, key, "portfolio:x", "", text, body, split, failed=failed)


PROBLEMS = [f"problem{i}" for i in range(6)]
ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from(PROBLEMS),
        st.sampled_from(["", "s.1", "s.2"]),
        st.sampled_from([f"key{i}" for i in range(5)]),
        st.sampled_from(["by omega", "by grind", "by\n  simp\n  omega"]),
        st.sampled_from(["", "train", "test"]),
        st.sampled_from(["", "rfl", "simp", "decide"]),
    ),
    max_size=30,
)


def test_rows_of_a_run_are_goals_that_one_candidate_proved() -> None:
    graph = ProofGraph.of(demo_events())
    found = {row.goal: row for row in rows.proofs(graph)}
    names = {"lt_irrefl_of_le", "sum_odd_is_square/2.0", "sum_odd_is_square/2.1/0.0"}
    assert set(found) == names  # not: by a sketch, with a lemma of its own, unverified
    omega = found["lt_irrefl_of_le"]
    assert (omega.prompt, omega.completion) == (
        "-- a header\n(a b : Nat) (h : a ≤ b) : ¬ b < a\n:::\n",
        "omega\n:::",
    )
    assert (omega.by, omega.key) == ("portfolio:omega", "key:(a b : Nat) (h : a ≤ b) : ¬ b < a")
    assert found["sum_odd_is_square/2.0"].completion == "exact rfl\n:::"
    assert found["sum_odd_is_square/2.1/0.0"].completion == "simp only [sumOdd]\nomega\n:::"


def test_what_lean_rejected_is_a_row_of_the_goal_that_was_proved_after_all() -> None:
    events = demo_events()
    failures = rows.failures(events)
    assert {candidate.by for candidate, _ in failures["lt_irrefl_of_le"]} == {"portfolio:rfl"}
    found = [row for row in rows.proofs(ProofGraph.of(events), failures=failures) if row.failed]
    (row,) = found  # not: inconclusive attempts, goals that a sketch proved, unverified problems
    assert (row.goal, row.failed, row.completion) == ("lt_irrefl_of_le", "rfl", "omega\n:::")
    assert row.prompt == (
        "-- a header\n(a b : Nat) (h : a ≤ b) : ¬ b < a\n:::\nrfl\n:::\nunsolved goals\n:::\n"
    )


STATEMENT = "theorem t (x : Nat) :\n    x = x"
MET = Failing(2, 2, ("x : Nat\n⊢ x = x",))


@pytest.mark.parametrize(
    "body", ["by\n  simp [d]", "by simp [d]", f"{STATEMENT} := by\n  simp [d]"]
)
def test_a_run_asks_for_the_correction_that_was_learnt(body: str) -> None:
    """A model's answer reaches `correction` by way of the search, a row by way of the events."""
    goal = Goal("t", "t", STATEMENT, key="key")
    failed = Candidate(body, "tiny:sample", sample="t#tiny.0.0.0")
    verdict = Verdict("rejected", "`simp` made no progress", "elaboration", 2, 2, failing=MET)
    learnt = rows.as_row(GoalNode(goal), Candidate("rfl", "x"), "", (failed, verdict))
    text = "simp [d]\n"  # a server leaves the stop out
    code = f"{STATEMENT} := by\n  simp [d]"
    seen = Answered(text, code, (fault(verdict, failed),))
    assert correction(rows.family(), Asked.of(goal), [seen]).text == learnt.prompt
    assert learnt.failed == "simp [d]" and "\n⊢ x = x\n:::\n" in learnt.prompt


@given(ROWS, st.integers(0, 4), st.sets(st.sampled_from(PROBLEMS)))
def test_corrections_are_capped_by_goal_and_give_nothing_away(
    found: list[Row], most: int, names: set[str]
) -> None:
    plain = [dataclasses.replace(row, failed="") for row in found]
    kept = rows.capped([*plain, *found], most)
    assert [row for row in kept if not row.failed] == [r for r in [*plain, *found] if not r.failed]
    goals = Counter(row.key for row in rows.unique(kept) if row.failed)
    there = Counter(row.key for row in rows.unique(found) if row.failed)
    assert all(goals[key] == min(most, there[key]) for key in there)
    split, without = rows.split(kept, names), rows.split(plain, names)
    assert problems(split.train) == problems(without.train)
    assert {r.key for r in split.train}.isdisjoint(r.key for r in split.held_out)


def test_what_tier_two_has_not_confirmed_is_learnt_only_where_asked_for() -> None:
    graph = ProofGraph.of(demo_events())
    more = {row.goal for row in rows.proofs(graph, unverified=True)}
    assert more - {row.goal for row in rows.proofs(graph)} == {"odd_one_out"}


@given(ROWS, st.randoms(use_true_random=False))
def test_each_proof_once_whatever_the_order(found: list[Row], order: random.Random) -> None:
    once = rows.unique(found)
    pairs = [(row.key, row.body, row.failed) for row in once]
    assert len(set(pairs)) == len(pairs)
    assert set(pairs) == {(row.key, row.body, row.failed) for row in found}
    mixed = [*found, *found]
    order.shuffle(mixed)
    assert rows.unique(mixed) == once


def problems(found: Sequence[Row]) -> set[str]:
    return {row.problem for row in found}


@given(ROWS, st.sets(st.sampled_from(PROBLEMS)))
def test_nothing_held_out_is_learnt(found: list[Row], names: set[str]) -> None:
    split = rows.split(found, names)
    hidden = [row for row in found if row.problem in names or row.problem in of_test_splits(found)]
    assert not problems(split.train) & problems(hidden)
    assert not {row.key for row in split.train} & {row.key for row in hidden}
    assert all(row.held_out for row in split.held_out)
    assert not any(row.held_out for row in split.train)
    assert {(r.key, r.body) for r in split.held_out} == {(r.key, r.body) for r in hidden}


def of_test_splits(found: Sequence[Row]) -> set[str]:
    return {row.problem for row in found if row.split == "test"}


@given(ROWS, st.sets(st.sampled_from(PROBLEMS)))
def test_what_gives_nothing_away_is_learnt(found: list[Row], names: set[str]) -> None:
    split = rows.split(found, names)
    others = [row for row in found if row.problem not in names | of_test_splits(found)]
    keys = {row.key for row in split.held_out}
    roots = {r.problem for r in found if r.goal == r.problem and r.key in keys}
    learnt = rows.unique(r for r in others if r.key not in keys and r.problem not in roots)
    assert problems(split.train) == problems(learnt)
    assert len(split.train) + split.left_out == len(rows.unique(others))


def test_a_held_out_problem_under_another_name_is_no_row_at_all() -> None:
    found = [
        row("one", "", "same", "by omega"),
        row("two", "", "same", "by grind"),
        row("two", "s.1", "lemma", "by simp"),
        row("three", "s.1", "lemma", "by simp"),
    ]
    split = rows.split(found, ["one"])
    assert problems(split.train) == {"three"} and split.left_out == 1


@given(ROWS, st.floats(0.01, 0.9), st.integers(0, 5))
def test_the_draw_is_of_problems_and_repeats_itself(
    found: list[Row], share: float, seed: int
) -> None:
    drawn = rows.draw(found, share, seed)
    assert drawn == rows.draw(reversed(found), share, seed)
    assert set(drawn) <= problems(found)
    assert bool(drawn) == bool(found)
    assert rows.draw(found, 0, seed) == []


def test_seeds_draw_differently() -> None:
    found = [row(f"p{i}", "", f"k{i}", "by omega") for i in range(20)]
    assert len({tuple(rows.draw(found, 0.2, seed)) for seed in range(5)}) == 5
    assert len(rows.draw(found, 0.2, 0)) == 4


@given(st.lists(st.builds(row, st.text(), st.text(), st.text(), st.text())))
def test_what_is_written_is_read_again(found: list[Row]) -> None:
    assert rows.parse(rows.dump(found), "rows.jsonl") == found


@pytest.mark.parametrize("text", ["{", "[]", '{"prompt": "p"}', '{"more": 1}', "3"])
def test_a_line_that_is_no_row_is_named(text: str) -> None:
    good = rows.dump([row("p", "", "k", "by omega")])
    with pytest.raises(UserError, match="rows.jsonl:2 is no training row"):
        rows.parse(good + text + "\n", "rows.jsonl")
