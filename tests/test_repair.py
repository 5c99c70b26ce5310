"""Cutting failed proofs: what is kept, that it ends, and which cuts are worth trying."""

from __future__ import annotations

import re

import pytest
from goals_by_hand import goal, hyp, var
from hypothesis import given
from hypothesis import strategies as st

from prover.repair import MOST_GROWTH, ROUNDS, Repair, State, column, cut, offset, repair
from prover.types import Candidate, Failing, Sketch, Verdict

GOAL = goal("n + 0 = n ∧ 0 + n = n", "And", var("n", "Nat"))
LEFT, RIGHT = "case left\nn : Nat\n⊢ n + 0 = n", "case right\nn : Nat\n⊢ 0 + n = n"


def failed_at(body: str, text: str, *goals: str, error: str = "") -> Verdict:
    """In the tactic that begins with `text`, with the error somewhere in it."""
    line, col = place(body, text)
    at = place(body, error) if error else (line, col)
    return Verdict("rejected", "it failed", "elaboration", *at, failing=Failing(line, col, goals))


def unsolved(body: str, header: str, *goals: str) -> Verdict:
    """In the block after `header`, which ends a character or more behind it."""
    line, col = place(body, header)
    return Verdict(
        "rejected", "unsolved goals", "elaboration", line, col,
        failing=Failing(line, col + len(header), goals),
    )  # fmt: skip


def misread(body: str, text: str) -> Verdict:
    return Verdict("rejected", "unexpected token", "parse", *place(body, text))


def place(body: str, text: str) -> tuple[int, int]:
    at = body.rindex(text)
    return body.count("\n", 0, at) + 1, at - (body.rfind("\n", 0, at) + 1)


def cut_at(body: str, verdict: Verdict) -> str:
    made = cut(body, verdict)
    assert made is not None
    return made.body


FLAT = "by\n  intro n\n  simp [f]\n  omega"


def test_of_a_flat_script_the_beginning_is_kept() -> None:
    assert cut_at(FLAT, failed_at(FLAT, "omega", LEFT)) == "by\n  intro n\n  simp [f]\n  sorry"
    two = cut(FLAT, failed_at(FLAT, "simp", LEFT, RIGHT))
    assert two is not None and two.body == "by\n  intro n\n  sorry; sorry"
    assert two.goals == (LEFT, RIGHT) and not two.kept


def test_what_stands_behind_the_block_is_kept() -> None:
    body = "by\n  have h : a := by\n    simp\n    foo\n    bar\n  constructor\n  · exact h"
    made = cut(body, failed_at(body, "foo", LEFT))
    assert made is not None and made.kept
    assert made.body == "by\n  have h : a := by\n    simp\n    sorry\n  constructor\n  · exact h"


def test_a_claim_is_kept_where_its_proof_term_fails() -> None:
    body = "by\n  have h : ∃ x, p x := foo n\n    3\n  exact h"
    verdict = failed_at(body, "have", LEFT, error="foo")
    assert cut_at(body, verdict) == "by\n  have h : ∃ x, p x := sorry\n  exact h"
    wrong = failed_at(body, "have", LEFT, error="∃")
    assert cut_at(body, wrong) == "by\n  sorry", "the claim itself is at fault"
    untyped = "by\n  have h := foo n\n  exact h"
    assert cut_at(untyped, failed_at(untyped, "have", LEFT, error="foo")) == "by\n  sorry"


def test_a_block_that_leaves_goals_gets_holes_at_its_end() -> None:
    body = "by\n  cases n with\n  | zero =>\n    skip\n    · simp\n  | succ n => rfl"
    assert cut_at(body, unsolved(body.replace("n =>", "n ==")[:-1], "=>", LEFT, RIGHT)) == (
        "by\n  cases n with\n  | zero =>\n    skip\n    · simp\n    sorry; sorry\n  | succ n => rfl"
    )
    inline = "⟨by simp, by skip⟩"
    assert cut_at(inline, unsolved(inline, "by", LEFT)) == "⟨by simp, by skip\n             sorry⟩"


@pytest.mark.parametrize(
    ("body", "at", "expected"),
    [
        ("by\n  constructor <;> omega", "omega", "by\n  constructor"),
        ("by\n  constructor <;> (simp; omega)", "simp", "by\n  constructor"),
        ("by\n  constructor\n  all_goals omega", "omega", "by\n  constructor\n  skip"),
    ],
)
def test_a_tactic_run_on_many_goals_makes_no_hole(body: str, at: str, expected: str) -> None:
    """What it met is not all that is left; Lean says what is once it is gone."""
    made = cut(body, failed_at(body, at, LEFT))
    assert made is not None and made.body == expected and made.goals is None


def test_a_rewriting_keeps_the_rules_that_lean_took() -> None:
    body = "by\n  rw [a, b (c := 1),\n    d] at h ⊢\n  simp"
    assert cut_at(body, failed_at(body, "d]", LEFT)) == ("by\n  rw [a, b (c := 1)] at h ⊢; sorry")
    assert cut_at(body, failed_at(body, "a, b", LEFT)) == "by\n  sorry"


def test_an_alternative_in_the_same_line_stays_in_its_column() -> None:
    body = (
        "by\n  cases h with | inl h => exact h.foo | inr h => simp\n                          rfl"
    )
    made = cut_at(body, failed_at(body, "exact", LEFT))
    assert made.startswith("by\n  cases h with | inl h => sorry       | inr h => simp\n")
    assert made.index("| inr") == body.index("| inr")


def test_what_cannot_be_parsed_is_cut_in_its_line() -> None:
    body = "by\n  have h : a := by ring_nf\n  omega"
    assert cut_at(body, misread(body, "ring_nf")) == "by\n  have h : a := by sorry\n  omega"
    half = "by\n  constructor\n  · simp [a,"
    end = Verdict("rejected", "unexpected end of input", "parse", 3, len("  · simp [a,"))
    assert cut_at(half, end) == "by\n  constructor\n  · sorry"


def test_too_much_is_cut_off() -> None:
    body = "by\n  simp\n  omega"
    made = cut(body, failed_at(body, "omega"))
    assert made is not None and made.body == "by\n  simp" and made.goals == ()


def test_without_a_place_nothing_is_cut() -> None:
    for verdict in (
        Verdict("proved"),
        Verdict("inconclusive", "too long", "heartbeats", 2, 2),
        Verdict("rejected", "it rests on an axiom", "axioms"),
        Verdict("rejected", "type mismatch", "elaboration", 1, 3),
        Verdict("rejected", "far away", "parse", 9, 0),
    ):
        assert cut(FLAT, verdict) is None


# -- properties ----------------------------------------------------------------------------------

LINES = st.sampled_from(
    [
        "intro n", "constructor", "· simp", "simp [f, g] at h ⊢", "have h : ∃ x, x = n := foo n",
        "have h : a := by", "rw [a, b]", "constructor <;> omega", "all_goals simp", "| zero =>",
        "| succ n ih => omega", "exact ⟨by omega, by simp⟩", "-- (a comment", "first | a | b",
        "cases h with | inl h => a | inr h => b", 'exact f "(" 1', "sorry", "refine ⟨?_, by",
    ]
)  # fmt: skip
BODIES = st.lists(st.tuples(st.sampled_from([2, 4, 6]), LINES), min_size=1, max_size=7).map(
    lambda rows: "\n".join(["by", *(" " * indent + line for indent, line in rows)])
)


@st.composite
def failures(draw: st.DrawFn) -> tuple[str, Verdict]:
    """A body with a verdict that names places in it, likely ones or not."""
    body = draw(BODIES)
    rows = body.split("\n")
    line = draw(st.integers(1, len(rows)))
    words = [m.start() for m in re.finditer(r"\S+", rows[line - 1])] or [0]
    at, start = draw(st.sampled_from(words)), draw(st.sampled_from(words))
    goals = tuple(draw(st.lists(st.sampled_from([LEFT, RIGHT]), max_size=3)))
    kind = draw(st.sampled_from(["parse", "elaboration"]))
    failing = draw(st.none() | st.just(Failing(line, start, goals)))
    return body, Verdict("rejected", "no", kind, line, at, failing=failing)


@given(failures())
def test_what_comes_before_and_behind_a_cut_stays(failure: tuple[str, Verdict]) -> None:
    body, verdict = failure
    made = cut(body, verdict)
    if made is None:
        return
    assert 0 <= made.start <= made.end <= len(body)
    assert made.body.startswith(body[: made.start]) and made.body.endswith(body[made.end :])
    lines = body[made.end :].split("\n")[1:]
    assert not lines or made.body.split("\n")[-len(lines) :] == lines, "whole lines keep columns"
    chained = ("<;>", "all_goals", "first", "rw [")
    if (
        verdict.failing is not None
        and verdict.kind != "parse"
        and not any(word in body for word in chained)
    ):
        column = min(verdict.failing.column, verdict.column)
        place = offset(body, verdict.line, column)
        assert place is not None and not body[made.start : place].strip()


@given(failures(), st.data())
def test_cutting_again_and_again_ends(failure: tuple[str, Verdict], data: st.DataObject) -> None:
    """Wherever Lean finds fault next: the campaign stops after ROUNDS, but need not."""
    body, verdict = failure
    own: list[Candidate | Sketch] = [Candidate(body, "model:sample")]
    seen: set[str] = set()
    for count in range(ROUNDS + 1):
        found = repair(GOAL, own[-1], verdict, [], seen)
        if found is None:
            return
        assert count < ROUNDS
        own.append(found.made)
        _, verdict = data.draw(failures())


@given(BODIES, st.integers(0, 60))
def test_places_are_offsets_and_back(body: str, at: int) -> None:
    at = min(at, len(body))
    line = body.count("\n", 0, at) + 1
    assert offset(body, line, column(body, at)) == at
    assert offset(body, line, 1000) is None and offset(body, 0, 0) is None


# -- what is worth trying ------------------------------------------------------------------------


def proposed(
    body: str, verdict: Verdict, by: str = "portfolio:simp;omega", seen: set[str] | None = None
) -> Repair | None:
    return repair(GOAL, Candidate(body, by), verdict, [State.of(GOAL)], seen or set())


def test_goals_are_compared_as_text() -> None:
    printed = "case inl\na b : Nat\nh : a <\n  b\n⊢ a + 1 ≤\n  b"
    binders = (hyp("h", "a < b", "LT.lt"), var("b", "Nat"), var("a", "Nat"))
    assert State.read(printed) == State.of(goal("a + 1 ≤ b", "LE.le", *binders))
    assert State.read("⊢ True").size == 4


def test_what_leaves_the_goal_as_it_was_is_not_tried() -> None:
    same = "n : Nat\n⊢ n + 0 = n ∧\n  0 + n = n"
    assert proposed(FLAT, failed_at(FLAT, "omega", same)) is None
    assert proposed(FLAT, failed_at(FLAT, "omega", LEFT, same)) is None
    found = proposed(FLAT, failed_at(FLAT, "omega", LEFT))
    assert found is not None and found.made.by == "truncate:portfolio:simp;omega"


def test_what_leaves_the_same_as_another_is_not_tried() -> None:
    seen: set[str] = set()
    other = FLAT.replace("omega", "grind")
    assert proposed(FLAT, failed_at(FLAT, "omega", LEFT), seen=seen) is not None
    seen = {repr([LEFT])}
    assert proposed(other, failed_at(other, "grind", LEFT), seen=seen) is None
    assert proposed(other, failed_at(other, "grind", RIGHT), seen=seen) is not None


def test_the_less_is_left_the_earlier_it_is_tried() -> None:
    one = proposed(FLAT, failed_at(FLAT, "omega", "⊢ n = n"))
    both = proposed(FLAT, failed_at(FLAT, "omega", LEFT, RIGHT))
    long = proposed(FLAT, failed_at(FLAT, "omega", "⊢ " + "n + " * 20 + "n = n"))
    assert one is not None and both is not None and long is None
    assert one.cost < both.cost <= MOST_GROWTH


def test_scripts_of_automation_are_only_cut_short() -> None:
    body = "by\n  have h : a := by omega\n  simp"
    verdict = failed_at(body, "omega", LEFT)
    assert proposed(body, verdict) is None
    found = proposed(body, verdict, "small:sample")
    assert found is not None and found.made == Sketch(
        "by\n  have h : a := by sorry\n  simp", "repair:small:sample"
    )


def test_a_guessed_claim_that_fails_is_no_goal() -> None:
    body = (
        "by\n  have hv : n = 0 ∨ n = 1 := by omega\n  rcases hv with hv | hv\n  · sorry\n  · sorry"
    )
    verdict = failed_at(body, "omega", LEFT)
    assert proposed(body, verdict, "structural:interval") is None
    assert proposed(body, verdict, "large:sketch") is not None


def test_a_proof_with_too_much_becomes_one_without() -> None:
    body = "by\n  simp\n  omega"
    found = proposed(body, failed_at(body, "omega"), "small:sample")
    assert found is not None and found.made == Candidate("by\n  simp", "truncate:small:sample")


def test_a_single_tactic_becomes_a_sketch_of_what_it_leaves() -> None:
    body = "by\n  constructor"
    found = proposed(body, unsolved(body, "by", LEFT, RIGHT), "steps:constructor")
    assert found is not None and found.made == Sketch(
        "by\n  constructor\n  sorry; sorry", "steps:constructor"
    )
    failed = failed_at("by\n  split", "split", "n : Nat\n⊢ n + 0 = n ∧ 0 + n = n")
    assert proposed("by\n  split", failed, "steps:split") is None
