"""What an attempt is worth, on graphs folded from hand-written events."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from run_events import PROVED, REJECTED, Writer

from prover.config import SearchConfig
from prover.estimates import chance, rate, value, worth_of_attempt, worth_of_sketch
from prover.graph import ProofGraph
from prover.graph_nodes import Record
from prover.search import Action, Agenda, Asking, next_action
from prover.types import Candidate, Sketch

WORTH = SearchConfig(allocate="worth", depth=2, refute=False)
SAID_ALL = Asking(done=True)


def with_holes(*statements: str) -> tuple[Writer, list[str]]:
    run = Writer()
    run.start()
    run.root("p", ": A ∧ B")
    body = "by\n  constructor" + "\n  · sorry" * len(statements)
    return run, run.sketch("p", 0, "structural:split", body, list(statements))


def folded(run: Writer) -> ProofGraph:
    return ProofGraph.of(run.events)


@given(st.integers(0, 50), st.integers(0, 50), st.floats(0.01, 0.99))
def test_a_rate_lies_between_what_was_thought_and_what_was_seen(
    wins: int, losses: int, prior: float
) -> None:
    record = Record(tries=wins + losses, wins=wins)
    seen = wins / (wins + losses) if wins + losses else prior
    low, high = sorted((seen, prior))
    assert low - 1e-9 <= rate(record, prior) <= high + 1e-9


def test_a_hole_is_worth_what_its_siblings_can_be_hoped_to_be() -> None:
    run, (left, right) = with_holes(": A", ": B")
    graph = folded(run)
    assert value(graph, "p") == 1.0
    assert value(graph, left) == chance(graph, graph.goals[right]) < 1
    run.attempt(right, "x", PROVED)
    assert value(folded(run), left) == 1.0
    run, (left, right) = with_holes(": A", ": B")
    for i in range(30):
        run.attempt(right, "x", REJECTED, f"by x{i}")
    assert value(folded(run), left) < value(graph, left) / 2, "a sibling resists"


def test_the_record_says_what_is_worth_trying() -> None:
    run, (left, right) = with_holes(": A", ": B")
    run.attempt(left, "good", PROVED, "by good")
    run.attempt(right, "bad", REJECTED, "by bad")
    graph = folded(run)
    assert graph.records["good"] == Record(1, 1, 1, PROVED.seconds)
    assert worth_of_attempt(graph, right, "good") > worth_of_attempt(graph, right, "bad")
    assert worth_of_attempt(graph, right, "new", again=True) < worth_of_attempt(graph, right, "new")
    assert worth_of_sketch(graph, "p", "s", 3) < worth_of_sketch(graph, "p", "s", 0)


def test_a_sketch_wins_once_its_holes_are_proved() -> None:
    run, (left, right) = with_holes(": A", ": B")
    assert folded(run).records["structural:split"].wins == 0
    run.attempt(left, "x", PROVED)
    run.attempt(right, "x", PROVED)
    graph = folded(run)
    assert graph.records["structural:split"].wins == 1
    assert (graph.holes.tries, graph.holes.wins) == (2, 2)
    assert graph.holes.seconds == 2 * PROVED.seconds


def test_a_hopeless_sketch_is_left_for_another_one() -> None:
    """Its other hole has resisted all there is, so the root gets a new sketch instead."""
    run, (left, right) = with_holes(": A", ": B")
    for goal in ("p", right):
        run.add("exhausted", goal=goal, what="prover")
    run.root("q", ": C")
    run.attempt("q", "portfolio:omega", PROVED)
    omega, other = Candidate("by omega", "portfolio:omega"), Sketch("by\n  skip\n  sorry", "s")
    agendas = {"p": Agenda(sketches=[other]), left: Agenda(candidates=[omega])}
    agendas[right] = Agenda(proving=SAID_ALL, decomposing=Asking(under_way=True))
    assert next_action(folded(run), "p", agendas, WORTH) == Action("attempt", left, candidate=omega)
    for i in range(80):
        run.attempt(right, "x", REJECTED, f"by x{i}")
    for i in range(40):
        run.attempt("p", "portfolio:omega", REJECTED, f"by o{i}")
    assert next_action(folded(run), "p", agendas, WORTH) == Action("sketch", "p", sketch=other)
