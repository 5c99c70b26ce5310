"""The lines of a campaign under way, with no terminal and no clock but the test's."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console
from run_events import CONFIG, PROVED, REJECTED, Writer, demo_events

from prover.budget import Spent
from prover.config import Caps
from prover.graph import ProofGraph
from prover.live import PROVED as PROVED_LINES
from prover.live import WINDOW_SECONDS, Live, Pace, Rates, remaining, seconds_left, table


def told(live: Live, run: Writer) -> ProofGraph:
    graph = ProofGraph()
    for event in run.events:
        graph.apply(event)
        live.event(event, graph)
    return graph


def test_what_was_proved_is_told_the_last_first_and_once() -> None:
    run, live = Writer(), Live(CONFIG)
    root = run.root("p", ": A ∧ B")
    left, right = run.sketch(root, 0, "structural:and", "by exact ⟨sorry, sorry⟩", [": A", ": B"])
    run.attempt(left, "portfolio:rfl", PROVED)
    run.attempt(right, "portfolio:omega", REJECTED)
    run.attempt(right, "portfolio:simp", PROVED)
    run.attempt(right, "portfolio:grind", PROVED)
    told(live, run)
    lines = [which for what, which, _ in live.lines(0.0) if what == "proved"]
    assert lines == ["p  structural:and", "p/0.1  portfolio:simp", "p/0.0  portfolio:rfl"]
    run.attempt(run.root("q", ": C"), "portfolio:decide", PROVED)
    later = Live(CONFIG)
    told(later, run)
    assert [which for _, which, _ in later.lines(0.0)][0] == "q  portfolio:decide"
    assert len(later.lines(0.0)) == PROVED_LINES


def test_what_is_tried_is_told_while_it_lasts() -> None:
    live = Live(CONFIG)
    live.begin("p", "portfolio:omega", 10.0)
    live.begin("q", "portfolio:grind", 7.0)
    assert live.lines(12.0) == [
        ("trying", "q  portfolio:grind", "5 s"), ("trying", "p  portfolio:omega", "2 s")
    ]  # fmt: skip
    live.end("q", "portfolio:grind")
    live.end("q", "portfolio:grind")
    assert [which for _, which, _ in live.lines(12.0)] == ["p  portfolio:omega"]


def test_a_rate_is_of_the_last_minute() -> None:
    pace = Pace()
    pace.add(0.0, Spent())
    assert pace.rates() is None
    for second in range(1, 301):
        fast = min(second, 100) * 10 + max(0, second - 100)
        pace.add(float(second), Spent(fast, fast / 2))
    rates = pace.rates()
    assert rates is not None and rates.attempts == pytest.approx(1.0)
    assert rates.seconds == pytest.approx(0.5)
    assert len(pace._marks) <= WINDOW_SECONDS + 3


def test_the_bound_is_what_open_problems_may_still_spend() -> None:
    run = Writer()
    for name in ("p", "q", "done"):
        run.attempt(run.root(name, ": A"), "portfolio:rfl", replace(REJECTED, seconds=2.0))
    run.close("done", "unproved")
    graph = ProofGraph.of(run.events)
    search = CONFIG.search.model_copy(update={"attempts": 11, "seconds": 12.0})
    config = CONFIG.model_copy(update={"search": search})
    # 2 × 10 attempts at 4 a second; 2 × 10 Lean seconds at 1 a second.
    assert seconds_left(graph, config, Rates(4.0, 1.0)) == pytest.approx(5.0)
    assert seconds_left(graph, config, Rates(0.1, 1.0)) == pytest.approx(20.0)
    assert seconds_left(graph, config, Rates(0.0, 0.0)) is None
    assert seconds_left(graph, config, None) is None
    tight = config.model_copy(update={"budget": Caps(seconds=7.0)})
    assert seconds_left(graph, tight, Rates(0.1, 1.0)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (20, "less than a minute left"), (60, "at most 2 min left"),
     (179, "at most 3 min left"), (7300, "at most 2 h 02 min left")],
)  # fmt: skip
def test_what_is_left_is_said_to_be_a_bound(seconds: float | None, text: str) -> None:
    assert remaining(seconds) == text


def test_the_lines_fit_a_narrow_terminal() -> None:
    live = Live(CONFIG)
    graph = ProofGraph.of(demo_events())
    live.look(graph, 0.0)
    live.look(graph, 5.0)
    live.begin("a_problem_of_a_very_long_name/3f0d9e.1/ab12cd.2", "portfolio:simp_all;[bold]x", 1.0)
    console = Console(file=io.StringIO(), width=50, force_terminal=False)
    console.print(table(live.lines(2.0)))
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert len(lines) == 2 and all(len(line) <= 50 for line in lines)
    assert "tries/s" in lines[0] and "…" in lines[1] and lines[1].rstrip().endswith("1 s")
