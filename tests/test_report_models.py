"""What models were asked for, and what came of it, from hand-written events."""

from __future__ import annotations

from dataclasses import asdict

from rich.console import Console
from run_events import PROVED, REJECTED, Writer

from prover.graph import ProofGraph
from prover.llm.messages import Usage
from prover.page_data import RunView
from prover.report_models import HEADINGS, asked, cells, render_models
from prover.report_page import html

SPENT = Usage(1, 2, 100, 50, 1.5)


def written() -> Writer:
    run = Writer()
    run.start()
    run.root("p", ": A ∧ B")
    for purpose, usage in (("sketch", SPENT), ("sample", SPENT), ("sample", Usage(1, refused=1))):
        run.add("sampled", goal="p", model="big", purpose=purpose, how="asked", usage=asdict(usage))
    left, right = run.sketch("p", 0, "big:sketch", "by\n  exact ⟨sorry, sorry⟩", [": A", ": B"])
    run.attempt(left, "big:sample", REJECTED, "by x")
    run.attempt(left, "big:sample", PROVED, "by y")
    run.attempt(right, "portfolio:omega", PROVED, "by omega")
    return run


def test_each_way_of_asking_has_its_cost_and_what_it_brought() -> None:
    sketch, sample = asked(ProofGraph.of(written().events))
    assert (sketch.purpose, sketch.judged, sketch.accepted, sketch.goals) == ("sketch", 1, 1, 1)
    assert (sample.purpose, sample.judged, sample.accepted, sample.goals) == ("sample", 2, 1, 1)
    assert sample.usage == Usage(2, 2, 100, 50, 1.5, 1)
    assert sample.tokens_per_goal == 150.0
    assert all(len(cells(row)) == len(HEADINGS) for row in (sketch, sample))


def test_it_is_shown_in_the_terminal_and_on_the_page() -> None:
    view = RunView.of(written().events)
    table = render_models(view.graph)
    console = Console(width=200, record=True)
    console.print(table)
    text = console.export_text()
    assert "sample" in text and "tokens a goal" in text and "150" in text
    assert "<h3>Models</h3>" in html(view, "run", {})


def test_a_run_without_models_says_nothing_of_them() -> None:
    run = Writer()
    run.start()
    run.root("p", ": A")
    view = RunView.of(run.events)
    assert asked(view.graph) == [] and render_models(view.graph) is None
    assert "<h3>Models" not in html(view, "run", {})
