"""A step of a sketch alone and with the steps above it: text, and what the real Lean says."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_events import PROVED, Writer, write_run

from prover.data.proofs import export
from prover.graph import ProofGraph
from prover.hole_forms import HoleForm, groups, hole_forms, steps_above
from prover.lean.verifier import FileVerdict, Verifier
from prover.types import Candidate, Goal, Hole, Limits, Problem, Sketch

LIMITS = Limits(20_000, 20.0)
SKETCH = """by
  have first : a * a = 4 * (b * b) := by
    sorry
  have second : a * a + 4 = 4 * (b * b + 1) := by sorry
  have third : 0 < 4 := by
    clear first second
    sorry
  exact ⟨b * b + 1, second⟩"""
PROOFS = ["by subst h; grind", "by omega", "by decide"]


def names(body: str, at: int) -> list[str]:
    start = [i for i in range(len(body)) if body.startswith("sorry", i)][at]
    return [step.name for step in steps_above(body, Hole("g", start, start + 5, ""))]


def test_a_hole_sees_the_steps_above_it_in_its_own_blocks() -> None:
    assert [names(SKETCH, i) for i in range(3)] == [[], ["first"], ["first", "second"]]
    cases = (
        "by\n  have h : A := by sorry\n  cases n\n  · have k : B := by sorry\n    sorry\n  · sorry"
    )
    assert [names(cases, i) for i in range(4)] == [[], ["h"], ["h", "k"], ["h"]]
    inside = "by\n  have h : A := by\n    have k : B := by sorry\n    sorry\n  sorry"
    assert [names(inside, i) for i in range(3)] == [[], ["k"], ["h"]]


@given(st.lists(st.sampled_from(["(a : A)", "{x : (B × B)}", "[C x]", "(f : ∀ (y : A), p y)"])))
def test_binders_are_taken_apart(found: list[str]) -> None:
    assert groups(" ".join(found)) == found


async def recorded(verifier: Verifier) -> Writer:
    """The events of a sketch that Lean compiled and whose holes it took."""
    problem = Problem("p", "theorem p (a b : Nat) (h : a = 2 * b) : ∃ c, a * a + 4 = 4 * c")
    run = Writer()
    run.start()
    run.problem(problem)
    goal = await verifier.open(problem)
    assert isinstance(goal, Goal)
    run.add("goal_opened", goal=asdict(goal))
    sketch = Sketch(SKETCH, "model:x")
    made = await verifier.sketch(goal, sketch, "p/1", LIMITS)
    run.add(
        "sketch", goal="p", sketch_id="p/1", sketch=asdict(sketch), verdict=asdict(made.verdict),
        holes=[asdict(hole) for hole in made.holes], goals=[asdict(each) for each in made.goals],
    )  # fmt: skip
    for each, body in zip(made.goals, PROOFS, strict=True):
        candidate = Candidate(body, "model:x")
        verdict = await verifier.judge(each, candidate, LIMITS)
        run.add("attempt", goal=each.id, candidate=asdict(candidate), verdict=asdict(verdict))
    run.close("p", "proved", verdict=PROVED)
    return run


@pytest.mark.lean
def test_both_forms_of_a_step_compile(
    runner: asyncio.Runner, verifier: Verifier, tmp_path: Path
) -> None:
    run = runner.run(recorded(verifier))
    rows = {(row.hole, row.form): row for row in hole_forms(ProofGraph.of(run.events), "p")}
    assert set(rows) == {(f"p_1_{n}", form) for n in (2, 3) for form in ("alone", "given")}
    alone, shown = rows["p_1_2", "alone"], rows["p_1_2", "given"]
    start = "theorem p_1_2_alone (a : Nat) (b : Nat) (h : a = 2 * b) : a * a + 4"
    assert alone.statement.startswith(start) and not alone.verified
    assert "(first : " in shown.statement and shown.verified and shown.name == "p_1_2"
    apart, all_given = rows["p_1_3", "alone"], rows["p_1_3", "given"]
    assert "first" not in apart.statement and apart.verified
    assert "(first : ∀ " in all_given.statement and "(second : ∀ " in all_given.statement
    assert {row.steps for row in rows.values()} == {"first", "first, second"}
    for row in rows.values():
        assert row.code.rstrip().endswith(row.proof)
        checked = runner.run(verifier.check(row.code, None, LIMITS))
        assert isinstance(checked, FileVerdict) and not checked.errors, (row.code, checked)
        assert checked.theorems[-1].name == row.name
        assert all(each.verdict.proved for each in checked.theorems)
    write_run(tmp_path / "run", run.events)
    export(tmp_path / "run", tmp_path / "out")
    text = (tmp_path / "out" / "hole_forms.jsonl").read_text()
    assert [HoleForm(**json.loads(line)) for line in text.splitlines()] == list(rows.values())


def chain(second: str, *bound: str) -> ProofGraph:
    """Two steps, the second with this statement; nothing of it is Lean's."""
    run = Writer()
    run.start()
    run.root("p", ": B")
    body = "by\n  have h : A := by sorry\n  have k : B := by sorry\n  exact k"
    ids = run.sketch("p", 0, "model:x", body, [": A", second], hypotheses=bound)
    for goal in ids:
        run.attempt(goal, "model:x", PROVED, "by trivial")
    run.close("p", "proved")
    return ProofGraph.of(run.events)


def test_a_step_that_the_statement_speaks_of_cannot_be_left_out() -> None:
    (only,) = hole_forms(chain("(h : A) : B h", "h"), "p")
    assert only.form == "given" and only.verified


def test_a_hole_without_steps_above_has_no_two_forms() -> None:
    found = list(hole_forms(chain(": B"), "p"))
    assert [(row.hole, row.form, row.verified) for row in found] == [
        ("p_0_1", "alone", True), ("p_0_1", "given", False)]  # fmt: skip
    assert found[1].statement == "theorem p_0_1_given (h : A) : B"
    assert len({row.id for row in found}) == 2
    assert {f.type for f in dataclasses.fields(HoleForm)} == {"str", "bool"}
