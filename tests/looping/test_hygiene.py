from __future__ import annotations

from prover.looping.hygiene import alike, apart
from prover.playground.made import Made
from prover.training.rows import Row
from prover.types import Problem

F = "def f : Nat → Nat\n  | 0 => 1\n  | n + 1 => f n + 2\n"
HELD_OUT = [
    Made(Problem("h", "theorem h (n : Nat) : f n = 2 * n + 1", F), "recurrence", 1, key="k")
]


def row(problem: str, goal: str, key: str, header: str = F, statement: str = "") -> Row:
    text = statement or f"theorem {problem} : {goal.count('/')} = {key.count('k')}"
    return Row("", "", problem, goal, key, "portfolio", header, text, "by rfl")


def test_what_gives_a_held_out_problem_away_is_no_row() -> None:
    rows = [row("p", "p", "k"), row("p", "p/1.1", "l"), row("q", "q", "m"), row("q", "q/1.1", "k")]
    kept, left = apart(rows, HELD_OUT)
    assert kept == [row("q", "q", "m")] and left == 3


def test_one_key_under_other_definitions_is_another_problem() -> None:
    other = row("p", "p", "k", F.replace("1", "2"))
    assert apart([other], HELD_OUT) == ([other], 0)


def test_other_names_are_no_other_problem() -> None:
    other = F.replace("f", "g").replace("def", "def", 1).replace("deg", "def")
    renamed = row("p", "p", "x", other, "theorem p (m : Nat) : g m = 2 * m + 1")
    assert "def g" in other
    assert apart([renamed], HELD_OUT) == ([], 1)
    assert alike(F, "theorem a (n : Nat) : f n = 1") != alike(F, "theorem a (n : Nat) : f n = 2")
