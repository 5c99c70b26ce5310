"""Progress as it is drawn on a terminal, and as it is told elsewhere."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from run_events import CONFIG, demo_events

from prover import cli_output
from prover.cli_output import display
from prover.graph import ProofGraph


def shown(monkeypatch: pytest.MonkeyPatch, terminal: bool, last: int | None = None) -> str:
    """What a campaign of these events leaves on stderr, with one thing under way to the end."""
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=100, color_system=None)
    monkeypatch.setattr(cli_output, "err", console)
    monkeypatch.setattr(cli_output, "DRAW_SECONDS", 0.0)
    graph, events = ProofGraph(), demo_events()
    with display() as made:
        made.expect(6, CONFIG)
        with made.trying("slow_one", "portfolio:decide"):
            for event in events[:last]:
                graph.apply(event)
                made.campaign(event, graph)
                made._bars.refresh()
    return file.getvalue()


def test_a_terminal_shows_what_is_tried_and_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, terminal=True, last=-1)
    assert "slow_one  portfolio:decide" in text and "problems being tried" in text
    assert "sum_odd_is_square  structural:induction n" in text
    assert "6/6 problems, 2 verified" in text


def test_a_finished_run_leaves_its_bar_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, terminal=True)
    last = text[text.rindex("proving") :]
    assert "6/6 problems" in last and "trying" not in last


def test_elsewhere_there_are_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, terminal=False)
    assert "✓ lt_irrefl_of_le by portfolio:omega" in text
    assert "trying" not in text and "\x1b" not in text
