"""What the search thinks and spent, on graphs folded from hand-written events."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from run_events import PROVED, REJECTED, Writer, demo_events

from prover.graph import ProofGraph
from prover.report_search import at_hand, in_vain, render_goals, render_ways, ways


def printed(table: object) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(table)
    return console.export_text()


def half_done() -> Writer:
    run = Writer()
    run.start()
    run.root("p", ": A ∧ B")
    run.attempt("p", "portfolio:omega", REJECTED)
    left, right = run.sketch("p", 0, "structural:split", "by\n  · sorry\n  · sorry", [": A", ": B"])
    run.attempt(left, "portfolio:simp", PROVED)
    run.attempt(right, "portfolio:simp", REJECTED)
    return run


def test_the_ways_and_what_they_closed() -> None:
    rows = {way.by: way for way in ways(ProofGraph.of(half_done().events))}
    assert (rows["portfolio:simp"].tries, rows["portfolio:simp"].proofs) == (2, 1)
    assert rows["structural:split"].proofs == rows["portfolio:omega"].proofs == 0
    assert next(iter(rows)) == "portfolio:simp"


def test_the_goals_at_hand_until_their_problem_is_closed() -> None:
    run = half_done()
    graph = ProofGraph.of(run.events)
    first, second = at_hand(graph)
    assert {first.goal, second.goal} == {"p", "p/0.1"}
    assert all(0 < row.chance < 1 and row.value == 1 for row in (first, second))
    assert "p/0.1" in printed(render_goals(graph))
    run.close("p", "unproved", "10 attempts spent")
    assert render_goals(ProofGraph.of(run.events)) is None


def test_what_was_spent_in_vain() -> None:
    run = half_done()
    graph = ProofGraph.of(run.events)
    total = sum(node.seconds for node in graph.goals.values())
    assert in_vain(graph) == total, "nothing is proved yet"
    run.attempt("p/0.1", "portfolio:omega", PROVED)
    graph = ProofGraph.of(run.events)
    assert in_vain(graph) == 0, "all goals take part in the proof"
    assert "0.0 of" in printed(render_ways(graph))


@pytest.mark.parametrize("ended", [True, False])
def test_a_run_of_all_kinds_can_be_shown(ended: bool) -> None:
    graph = ProofGraph.of(demo_events() if ended else demo_events()[:-6])
    assert "portfolio:" in printed(render_ways(graph))
    assert 0 < in_vain(graph) < sum(node.seconds for node in graph.goals.values())
