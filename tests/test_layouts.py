"""PutnamBench, ProofNet and other people's JSONL, in small files of their form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover.errors import UserError
from prover.layouts import numbered, unanswered, with_answer, without_answer_marks
from prover.problems import load_benchmark
from prover.types import Problem

PUTNAM = """import Mathlib

open Nat

abbrev putnam_1900_a1_solution : ℕ → ℕ := sorry
-- fun n ↦
--   2 * n
/--
Double it.
-/
theorem putnam_1900_a1 (n : ℕ) (m : ℕ := 0) : n + n = putnam_1900_a1_solution n :=
sorry
"""
PLAIN = "import Mathlib\n\n/-- Nothing. -/\ntheorem putnam_1900_a2 : 1 = 1 :=\n  sorry\n"


def test_putnambench_has_its_answers_filled_in(tmp_path: Path) -> None:
    folder = tmp_path / "lean4" / "src"
    folder.mkdir(parents=True)
    (folder / "putnam_1900_a1.lean").write_text(PUTNAM)
    (folder / "putnam_1900_a2.lean").write_text(PLAIN)
    layout, found = load_benchmark("putnambench", tmp_path, "")
    assert layout == "putnambench" and [p.name for p in found] == [
        "putnam_1900_a1", "putnam_1900_a2"
    ]  # fmt: skip
    first = found[0]
    assert "abbrev putnam_1900_a1_solution : ℕ → ℕ := fun n ↦ 2 * n" in first.header
    assert first.informal == "Double it." and not unanswered(first)
    assert first.statement.endswith("n + n = putnam_1900_a1_solution n")


def test_a_definition_without_its_value_is_told() -> None:
    bare = Problem("p", "theorem p : a = 1", "abbrev a_solution : Nat := sorry\n")
    assert unanswered(with_answer(bare))
    assert not unanswered(Problem("p", "theorem p : 1 = 1", "-- sorry\n"))


def row(name: str, **more: str) -> str:
    return json.dumps({"lean4_formalization": f"theorem {name} : 1 = 1 :=", **more}) + "\n"


def test_exercises_of_several_books_may_share_their_number(tmp_path: Path) -> None:
    file = tmp_path / "proofnet#.jsonl"
    head = {"lean4_src_header": "import Mathlib\n\n", "nl_statement": "One is one."}
    names = ("exercise_1_2", "exercise_1_2", "exercise_1_2_2", "exercise_1_2")
    file.write_text("".join(row(name, id=f"Rudin|{name}", **head) for name in names))
    layout, found = load_benchmark("proofnet", file, "")
    assert layout == "proofnet"
    assert [p.name for p in found] == [
        "exercise_1_2", "exercise_1_2_3", "exercise_1_2_2", "exercise_1_2_4"
    ]  # fmt: skip
    assert all(p.statement.startswith(f"theorem {p.name} :") for p in found)
    assert found[0].header == "import Mathlib\n" and found[0].informal == "One is one."


def test_a_json_array_and_a_long_split(tmp_path: Path) -> None:
    file = tmp_path / "miniF2F_lean.json"
    rows = [
        {"formal_statement": "theorem a : 1 = 1 := by", "split": "miniF2F valid"},
        {"formal_statement": "theorem b : 1 = 1 := by", "split": "miniF2F test"},
    ]
    file.write_text(json.dumps(rows))
    assert [p.name for p in load_benchmark("minif2f", file, "valid")[1]] == ["a"]
    file.write_text("{}")
    with pytest.raises(UserError, match="must be a JSON array"):
        load_benchmark("minif2f", file, "")


def test_answer_marks_go() -> None:
    marked = Problem("a", 'theorem a : f 2 = answer((3 : Nat)) ∧ s = "answer(1)" ∧ my.answer (x)')
    assert without_answer_marks(marked).statement == (
        'theorem a : f 2 = ((3 : Nat)) ∧ s = "answer(1)" ∧ my.answer (x)'
    )


def test_names_that_differ_stay() -> None:
    found = [Problem("a", "theorem a : 1 = 1"), Problem("b", "theorem b : 1 = 1")]
    assert numbered(found) == found
