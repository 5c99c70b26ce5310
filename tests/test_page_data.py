"""What a page is told of a run: all of it at once, or bit by bit."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from run_events import PROVED, REJECTED, Writer, demo_events
from test_graph import runs

from prover import page_data as pages
from prover.page_data import MESSAGE_CHARS, RunView, page_data
from prover.types import Event, Verdict


def proof(problem: str) -> str:
    return f"-- {problem}"


def told(view: RunView, since: int = 0) -> dict[str, Any]:
    """As it comes out of a page's JSON."""
    return dict(json.loads(json.dumps(page_data(view, proof, since))))


def merge(known: dict[str, Any], news: dict[str, Any]) -> None:
    """What `take` in page.js does."""
    for part in ("problems", "goals", "sketches"):
        known[part] |= news[part]
    for part in ("rows", "strings"):
        known[part] += news[part]
    for part in ("events", "finished", "elapsed"):
        known[part] = news[part]


def said(data: dict[str, Any]) -> list[list[Any]]:
    """The rows with their texts."""
    text = data["strings"]
    return [[text[r[0]], *(text[x] for x in r[2:6]), text[r[8]]] for r in data["rows"]]


def test_every_attempt_has_its_row() -> None:
    rows = said(told(RunView.of(demo_events())))
    assert ["lt_irrefl_of_le", "attempt", "portfolio:omega", "proved", "", "by omega"] in rows
    assert ["odd_one_out", "assembled", "tier 2", "crash", "gave up: crash", ""] in rows
    failed = ["sum_odd_is_square", "sketch", "structural:cases", "elaboration", "unsolved goals"]
    assert [row for row in rows if row[:5] == failed]
    wanted = {"attempt", "sketch", "assembled"}
    assert len(rows) == sum(event.type in wanted for event in demo_events())


def test_the_parts_of_the_graph_are_joined_by_their_ids() -> None:
    data = told(RunView.of(demo_events()))
    root = data["goals"][data["problems"]["sum_odd_is_square"]["root"]]
    assert root["sketch"] == "sum_odd_is_square/2" and root["status"] == "proved"
    holes = data["sketches"][root["sketch"]]["holes"]
    assert [data["goals"][hole]["proof"] is not None for hole in holes] == [True, False]
    leaf = data["goals"]["sum_odd_is_square/2.1/0.1"]["proof"]
    assert leaf["by"] == "model:tiny" and leaf["text"].startswith("theorem aux")
    assert data["problems"]["sum_odd_is_square"]["picture"].startswith("<svg")
    assert not data["problems"]["lt_irrefl_of_le"]["picture"]


@given(runs())
@settings(max_examples=40)
def test_news_bit_by_bit_come_to_the_whole(events: list[Event]) -> None:
    view, known = RunView(), told(RunView())
    for number, event in enumerate(events):
        view.apply(event)
        if number % 3 == 0:
            merge(known, told(view, known["events"]))
    merge(known, told(view, known["events"]))
    whole = told(RunView.of(events))
    assert known == whole and list(known["problems"]) == list(whole["problems"])


def test_nothing_new_is_little() -> None:
    view = RunView.of(demo_events())
    news = told(view, view.events)
    assert not any(news[part] for part in ("problems", "goals", "sketches", "rows", "strings"))


def test_long_messages_are_cut() -> None:
    run = Writer()
    run.root("p", ": A")
    run.attempt("p", "portfolio:rfl", Verdict("rejected", "x" * 9999, "elaboration"))
    assert max(map(len, told(RunView.of(run.events))["strings"])) <= MESSAGE_CHARS


def test_of_very_many_attempts_the_late_failures_have_no_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages, "FULL_ROWS", 1)
    run = Writer()
    run.root("p", ": A")
    for number in range(3):
        run.attempt("p", "portfolio:rfl", REJECTED, f"by x{number}")
    run.attempt("p", "portfolio:rfl", PROVED, "by last")
    assert [row[5] for row in said(told(RunView.of(run.events)))] == ["by x0", "", "", "by last"]
