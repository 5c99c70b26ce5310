"""What a selection leaves out, and that every row of it has a reason."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.data.overlap import Overlap, read
from prover.data.selection import FILTERS, Mark, Wanted, counted, select
from prover.data.tokens import tokens
from prover.errors import UserError
from prover.types import Problem

PLAIN = Wanted()
SQUARES = "(a b : Nat) (h : a < b) : a ^ 2 + 2 * a * b + b ^ 2 = (a + b) * (b + a)"


def made(number: int, **values: object) -> Mark:
    mark = Mark(
        id=f"i{number}", unit=f"i{number}", goal=f"g{number}",
        statement=f"theorem t{number} : {number} + {number} = {2 * number}", key=f"k{number}",
        problem=f"p{number}", problem_statement=f"theorem p{number} : {number} = {number}",
        problem_key=f"pk{number}", split="", length=10, weight=10, stratum="hard",
    )  # fmt: skip
    return replace(mark, **values)  # type: ignore[arg-type]


def reasons(marks: Sequence[Mark], wanted: Wanted = PLAIN) -> list[str]:
    return [select(marks, wanted).get(i, "") for i in range(len(marks))]


OF_TEST, BENCHMARK, LONG, DIFFICULTY, EXACT, CAP, NEAR, LOSS = FILTERS


def test_rows_of_a_test_split_and_exact_duplicates_always_go() -> None:
    marks = [made(0, split="test"), made(1), made(1), made(2, split="valid")]
    assert reasons(marks) == [OF_TEST, "", EXACT, ""]


def test_the_shortest_proofs_of_a_goal_stay() -> None:
    marks = [made(i, goal="g", weight=weight) for i, weight in enumerate([30, 10, 20, 10, 40])]
    assert reasons(marks, Wanted(per_statement=2)) == [CAP, "", CAP, "", CAP]
    assert reasons(marks, Wanted(per_statement=0)) == [""] * 5


def test_the_steps_of_a_proof_stay_or_go_together() -> None:
    marks = [made(i, goal="g", unit=f"u{i // 3}", weight=50 - i // 3) for i in range(6)]
    assert reasons(marks, Wanted(per_statement=1)) == [CAP] * 3 + [""] * 3


def test_length_difficulty_and_loss() -> None:
    marks = [made(0, length=90), made(1, stratum="easy"), made(2, stratum=""), made(3, loss=0.1),
             made(4, loss=1.0), made(5, loss=3.0), made(6, loss=None)]  # fmt: skip
    wanted = Wanted(longest=80, strata=("hard",), lowest_loss=0.2, highest_loss=2.5)
    assert reasons(marks, wanted) == [LONG, DIFFICULTY, DIFFICULTY, LOSS, "", LOSS, ""]


def test_near_duplicates_of_another_statement_go_and_proofs_of_the_same_stay() -> None:
    pytest.importorskip("datasketch")
    a = f"theorem a {SQUARES}"
    b = f"theorem b {SQUARES.replace('h : a < b', 'h : a ≤ b')}"
    marks = [made(0, goal="a", statement=a), made(1, goal="a", statement=a),
             made(2, goal="b", statement=b), made(3)]  # fmt: skip
    assert reasons(marks, Wanted(near=0.7)) == ["", "", NEAR, ""]
    assert reasons(marks, Wanted(near=0.95)) == [""] * 4


def test_a_benchmark_statement_is_found_by_text_under_other_names_and_by_type() -> None:
    renamed = SQUARES.replace("a", "x").replace("b", "y").replace("h :", "hxy :")
    known = Overlap([Problem("q", f"theorem q {SQUARES}")], keys=["17-4"])
    assert known.why(f"theorem t {renamed}", "") == "text"
    assert known.why("theorem t : 1 = 1", "17-4") == "type"
    assert known.why("theorem t (a b : Nat) (h : a < b) : a ≤ b", "5") == ""


def test_a_short_benchmark_statement_counts_only_as_a_whole() -> None:
    known = Overlap([Problem("q", "theorem q (n : Nat) : n * n = n ^ 2")])
    assert known.why("theorem t (m : Nat) : m * m = m ^ 2", "") == "text"
    assert known.why("theorem t (m : Nat) : m * m = m ^ 2 + 0", "") == ""


def test_a_lemma_goes_with_the_problem_of_a_benchmark() -> None:
    known = Overlap([Problem("q", f"theorem q {SQUARES}")], keys=["17-4"])
    marks = [made(0, problem_statement=f"theorem p {SQUARES}"), made(1, problem_key="17-4"),
             made(2, key="17-4"), made(3)]  # fmt: skip
    assert reasons(marks, Wanted(overlap=known)) == [BENCHMARK] * 3 + [""]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from(["", "test"]),
                          st.integers(1, 30)), max_size=25))  # fmt: skip
def test_every_row_stays_or_has_one_reason(rows: list[tuple[int, int, str, int]]) -> None:
    marks = [
        made(n, goal=f"g{goal}", split=split, weight=weight, length=weight)
        for n, goal, split, weight in rows
    ]
    dropped = select(marks, Wanted(per_statement=2, longest=20))
    kept = [m for i, m in enumerate(marks) if i not in dropped]
    assert len(kept) + sum(counted(dropped.values()).values()) == len(marks)
    assert set(counted(dropped.values())) == set(FILTERS)
    assert len({m.id for m in kept}) == len(kept) and all(m.length <= 20 for m in kept)
    assert select(kept, Wanted(per_statement=2, longest=20)) == {}


@given(st.permutations(["a", "x", "n", "f", "h'"]))
def test_tokens_do_not_depend_on_names(names: list[str]) -> None:
    a, x, n, f, h = names
    text = (
        f"theorem {a}1 ({a} {x} : Nat) {{{n} : Int}} ({h} : ∀ {f}, {f} < {a}) : {x} + {n}.abs = {a}"
    )
    assert tokens(text) == tokens(
        "theorem t (a b : Nat) {c : Int} (h : ∀ d, d < a) : b + c.abs = a"
    )


def test_benchmarks_are_read_in_whatever_layout(tmp_path: Path) -> None:
    """As miniF2F, PutnamBench and ProofNet keep their statements."""
    (tmp_path / "lean4" / "src").mkdir(parents=True)
    (tmp_path / "lean4" / "src" / "putnam_1900_a1.lean").write_text(
        "import Mathlib\n\nabbrev putnam_1900_a1_solution : Nat := sorry\n-- 5\n/-- Words. -/\n"
        "theorem putnam_1900_a1 (n : Nat) : n + putnam_1900_a1_solution = n + 5 :=\nsorry\n"
    )
    rows = [
        {
            "name": "a",
            "header": "import Mathlib\n",
            "formal_statement": "theorem a : 1 = 1 := by\n",
        },
        {"id": "b", "lean4_formalization": "theorem b (n : Nat) : n = n := by sorry"},
        {"name": "lean 3", "statement": "example : true"},
    ]
    (tmp_path / "rows.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows) + "torn {\n"
    )
    (tmp_path / "list.json").write_text(json.dumps([{"refined_statement": "theorem c : 2 = 2"}]))
    (tmp_path / "errata.json").write_text(json.dumps({"why": {"a": "false"}}))
    found = read(tmp_path)
    assert [problem.name for problem in found.problems] == ["putnam_1900_a1", "c", "a", "b"]
    assert found.unread == 2 and found.problems[2].header.startswith("import Mathlib")
    with pytest.raises(UserError, match="holds no theorem"):
        read(tmp_path / "errata.json")
    with pytest.raises(UserError, match="does not exist"):
        read(tmp_path / "nowhere")
