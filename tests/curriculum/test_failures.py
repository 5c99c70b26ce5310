"""The analysis of a run by hand, and of the recorded one; odds."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_events import PROVED, REJECTED, Writer, inconclusive

from prover.curriculum.failures import analyse, shortened
from prover.curriculum.odds import contrasted, odds
from prover.graph import ProofGraph
from prover.message_heads import head
from prover.store import read_events
from prover.types import Goal, Problem, Verdict

RECORDED = Path(__file__).parent.parent / "data" / "recorded"
COUNT = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: (min(pair), max(pair)))


@given(COUNT, COUNT)
def test_odds_are_of_two_sides(here: tuple[int, int], there: tuple[int, int]) -> None:
    one = odds("x", *here, *there)
    other = odds("x", *there, *here)
    assert one.log_odds == pytest.approx(-other.log_odds)
    assert one.z == pytest.approx(-other.z)


@given(COUNT)
def test_equal_shares_have_no_odds(count: tuple[int, int]) -> None:
    assert odds("x", *count, *count).log_odds == pytest.approx(0.0)


def test_more_of_it_and_more_things_stand_out_more() -> None:
    assert odds("x", 8, 10, 2, 10).z > odds("x", 6, 10, 2, 10).z > 0
    assert odds("x", 80, 100, 20, 100).z > odds("x", 8, 10, 2, 10).z


def test_what_most_of_the_first_have_is_first() -> None:
    found = contrasted([["a", "b"], ["a", "b"], ["a"]], [["b"], ["b", "c"], ["b"]])
    assert [each.name for each in found] == ["a", "b", "c"]
    assert [(each.here, each.there) for each in found] == [(3, 0), (2, 3), (0, 1)]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("omega could not prove the goal: No usable constraints", "omega could not prove the goal"),
        ("`grind` failed case grind n : N h : a = b", "`grind` failed"),
        ("Tactic `rfl` failed: The left-hand side Nat", "Tactic `rfl` failed"),
        ("unsolved goals xs : List Nat ⊢ a = b", "unsolved goals"),
        ("Unknown identifier `foo.bar`", "Unknown identifier …"),
        ("unknown constant 'Nat.foo'", "unknown constant …"),
        ("failed to synthesize Decidable (∃ a, a = 0)", "failed to synthesize Decidable"),
        ("⊢ a", "⊢ a"),
    ],
)
def test_heads_leave_the_goal_out(message: str, said: str) -> None:
    assert head(message) == said


def root(writer: Writer, name: str, *constants: str) -> None:
    writer.problem(Problem(name, f"theorem {name} : {name} = 0", source="set"))
    goal = Goal(name, name, f"theorem {name} : {name} = 0", key=name, constants=constants)
    writer.add("goal_opened", goal=asdict(goal))


def a_round() -> ProofGraph:
    """Two of lists are proved, two of trees are not, and both meet the same lemma."""
    writer = Writer()
    writer.start()
    for name in ("one", "two"):
        root(writer, name, "List", "instAddNat")
        writer.attempt(name, "tiny:sample", REJECTED)
        writer.attempt(name, "tiny:sample", Verdict("proved", uses=("List.map",)))
    for number, name in enumerate(("three", "four")):
        root(writer, name, "Tree", "List", "List.map")
        writer.attempt(name, "tiny:sample", Verdict("rejected", "Type mismatch: n", "elaboration"))
        writer.attempt(name, "tiny:sample", inconclusive("timeout"))
        [hole] = writer.sketch(name, number, "structural:cases", "by sorry", [": the same lemma"])
        for _ in range(number + 2):
            writer.attempt(hole, "tiny:sample", REJECTED)
    for name in ("one", "two", "three", "four"):
        writer.add("closed", problem=name, outcome="unproved", reason="")
    return ProofGraph.of(writer.events)


def test_a_round_is_analysed() -> None:
    found = analyse([a_round()], {})
    [cell] = found.cells
    assert (cell.cell, cell.tried, cell.proved) == (("set", 0), 4, 2)
    assert [each.name for each in found.constants] == ["List.map", "Tree", "List"]
    assert found.unmet == (("Tree", 2),)
    assert {e.error: (e.attempts, e.problems) for e in found.errors} == {
        "unsolved goals": (5, 2), "Type mismatch": (2, 2),
    }  # fmt: skip
    assert found.errors[0].share == pytest.approx(5 / 7)
    assert found.errors[0].share_of_proved == 1.0
    assert found.undecided == {"timeout": 2}
    assert found.sketches == {"compiled": 2}
    [goal] = found.resisting
    assert (goal.problems, goal.attempts, goal.statement) == (
        ("four", "three"),
        5,
        ": the same lemma",
    )
    assert found.unproved == ("three", "four")
    assert found.why() == [
        "unproved problems speak of Tree, and no proof does",
        "unproved problems meet the same errors as proved ones, only more of them",
        "1 goal resisted in more than one problem, first : the same lemma, in four, three",
    ]


def test_what_another_run_proved_is_no_failure() -> None:
    writer = Writer()
    writer.start()
    root(writer, "three", "Tree")
    writer.attempt("three", "portfolio:omega", PROVED)
    writer.add("closed", problem="three", outcome="proved", reason="")
    assert analyse([a_round(), ProofGraph.of(writer.events)], {}).unproved == ("four",)


def test_the_recorded_run_has_a_table_for_people() -> None:
    found = analyse([ProofGraph.of(read_events(RECORDED))], {})
    text = "\n".join(found.lines())
    assert "where attempts were in vain" in text
    assert sum(cell.refuted for cell in found.cells) == 1
    assert found.unproved == ()
    assert analyse([], {}).lines() == [] == analyse([], {}).why()


@given(st.text(max_size=300))
def test_the_end_of_a_statement_stays(text: str) -> None:
    short = shortened(text)
    assert len(short) <= 90 and text.endswith(short.removeprefix("…"))
