from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover import problems
from prover.config import ProblemsConfig
from prover.errors import UserError
from prover.playground.made import Made, dump, parse
from prover.types import Problem

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=20)
PROBLEMS = st.builds(Problem, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT)
STANDINGS = st.sampled_from(["open", "proved", "refuted"])
MADE = st.builds(
    Made, PROBLEMS, TEXT, st.integers(1, 9), TEXT, st.lists(TEXT).map(tuple), TEXT, STANDINGS,
    TEXT, TEXT,
)  # fmt: skip


@given(st.lists(MADE))
def test_what_is_written_is_read(made: list[Made]) -> None:
    assert parse(dump(made), "here") == made


def test_a_run_reads_it(tmp_path: Path) -> None:
    problem = Problem("sums_1", "theorem sums_1 (n : Nat) : n + 0 = n", "def f := 0\n")
    file = tmp_path / "made.jsonl"
    file.write_text(dump([Made(problem, "sums", 1, parents=("other",))]))
    [read] = problems.load(ProblemsConfig(source=str(file)))
    assert (read.name, read.statement, read.header) == (
        problem.name, problem.statement, problem.header,
    )  # fmt: skip


def test_a_line_that_is_none_is_named() -> None:
    with pytest.raises(UserError, match="here:2 is no problem of the playground"):
        parse(dump([Made(Problem("a", "theorem a : True"), "logic", 1)]) + "{}\n", "here")
