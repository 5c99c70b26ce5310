"""Looking at runs that grow."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from run_events import demo_events, write_run

from prover.errors import UserError
from prover.store import EVENTS, encode
from prover.tail import Tail, glance, runs_in


def write(path: Path, data: bytes, mode: str = "ab") -> None:
    with (path / EVENTS).open(mode) as file:
        file.write(data)


def said(tail: Tail) -> list[bytes]:
    return [encode(event) for event in tail.read() or []]


def test_each_event_is_given_out_once(tmp_path: Path) -> None:
    lines = [encode(event) for event in demo_events()]
    write(tmp_path, b"")
    tail = Tail(tmp_path)
    assert tail.read() == []
    write(tmp_path, lines[0] + lines[1] + lines[2][:20])
    assert said(tail) == lines[:2]
    assert tail.read() == []
    write(tmp_path, lines[2][20:])
    assert said(tail) == lines[2:3]


def test_a_run_begun_anew_is_another(tmp_path: Path) -> None:
    lines = [encode(event) for event in demo_events()]
    write(tmp_path, b"".join(lines[:3]))
    tail = Tail(tmp_path)
    assert len(tail.read() or []) == 3
    write(tmp_path, b"".join(lines[1:9]), "wb")
    assert tail.read() is None
    shorter = Tail(tmp_path)
    assert len(shorter.read() or []) == 8
    write(tmp_path, lines[1], "wb")
    assert shorter.read() is None


def test_a_line_that_is_no_event_is_named(tmp_path: Path) -> None:
    write(tmp_path, encode(demo_events()[0]) + b"nonsense\n")
    with pytest.raises(UserError, match=f"{EVENTS}:2"):
        Tail(tmp_path).read()
    with pytest.raises(UserError, match="cannot read"):
        Tail(tmp_path / "none").read()


def test_a_glance_counts_what_the_graph_counts(tmp_path: Path) -> None:
    graph = write_run(tmp_path / "run", demo_events())
    seen = glance(tmp_path / "run")
    states = [graph.problem_state(name) for name in graph.problems]
    assert (seen.problems, seen.verified) == (len(states), states.count("verified")) == (6, 2)
    assert seen.finished
    write(tmp_path / "run", b'{"type": "interrupted", "time": 1, "data": {}}\n{"type": "assem')
    assert not glance(tmp_path / "run").finished


def test_runs_are_found_the_newest_first(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no run"):
        runs_in(tmp_path)
    for number, name in enumerate(("a", "b")):
        write_run(tmp_path / name, demo_events()[:1])
        os.utime(tmp_path / name / EVENTS, (number, number))
    (tmp_path / "other").mkdir()
    assert [run.name for run in runs_in(tmp_path)] == ["b", "a"]
    assert runs_in(tmp_path / "a") == [tmp_path / "a"]
