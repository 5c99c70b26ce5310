"""Runs told again from their records: a recorded one of the real Lean, and parts of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_events import demo_events, write_run

from prover import cli_replay
from prover.data import proofs as dataset
from prover.errors import UserError
from prover.graph import ProofGraph
from prover.history import history
from prover.replay import rebuild, recorded, replay
from prover.report_page import write_report
from prover.store import EVENTS, read_events

RUN = Path(__file__).parent / "data" / "run"
"""Four problems: one proved at once, one by an induction, one refuted, one that is no Lean here."""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The recorded run with what this version leaves at its end."""
    folder = tmp_path / "run"
    shutil.copytree(RUN, folder)
    write_report(folder)
    dataset.export(folder, folder / "dataset")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.glob("**/*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_a_replay_is_the_run_byte_for_byte(run: Path, tmp_path: Path) -> None:
    made = replay(run, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(run)
    assert (made.different, made.missing) == ((), ()) and made.same == len(contents(run)) - 4
    assert made.graph == ProofGraph.of(read_events(run))
    assert {name: made.graph.problem_state(name) for name in made.graph.problems} == {
        "lt_step": "verified", "sum_to": "verified", "double_is_small": "dead",
        "no_such_thing": "unsupported",
    }  # fmt: skip


def test_what_was_changed_is_told(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = run / "proofs" / "sum_to.lean"
    proof.write_text(proof.read_text().replace("theorem", "lemma", 1))
    (run / "proofs" / "stray.lean").write_text("theorem stray : True := trivial\n")
    (run / "dataset" / "proofs.jsonl").unlink()
    assert cli_replay.whole(run, tmp_path / "again") == 1
    shown = capsys.readouterr().out
    assert "different: proofs/sum_to.lean: line" in shown
    assert "different: proofs/stray.lean: no event tells of it" in shown
    assert "proofs.jsonl" not in shown, "a run under way has no dataset yet"
    assert replay(run, tmp_path / "more").missing == ("dataset/proofs.jsonl",)


def test_without_differences_it_is_the_same(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli_replay.whole(run, tmp_path / "again") == 0
    assert f"replayed to {tmp_path / 'again'}\nthe same: 12 files\n" in capsys.readouterr().out


@given(cut=st.integers(0, 74), torn=st.booleans())
@settings(max_examples=12)
def test_a_run_cut_off_anywhere_is_replayed(
    tmp_path_factory: pytest.TempPathFactory, cut: int, torn: bool
) -> None:
    """Also in the middle of a line, as a kill may leave it."""
    folder = tmp_path_factory.mktemp("cut") / "run"
    shutil.copytree(RUN, folder)
    lines = (RUN / EVENTS).read_bytes().splitlines(keepends=True)
    rest = lines[cut][:40] if torn and cut < len(lines) else b""
    (folder / EVENTS).write_bytes(b"".join(lines[:cut]) + rest)
    graph = rebuild(folder, folder.parent / "again", list(read_events(folder)))
    assert graph == ProofGraph.of(recorded(RUN, cut))
    assert (folder.parent / "again" / EVENTS).read_bytes() == b"".join(lines[:cut])
    write_report(folder)
    (folder.parent / "again" / "graph").mkdir(exist_ok=True)
    pages = [place / "report.html" for place in (folder, folder.parent / "again")]
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_runs_of_every_verdict_are_replayed(tmp_path: Path) -> None:
    write_run(tmp_path / "run", demo_events())
    write_report(tmp_path / "run")
    made = replay(tmp_path / "run", tmp_path / "again")
    assert made.different == () and made.graph.finished


def test_a_moment_is_what_was_known_then(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli_replay.moment(RUN, 40) == 0
    shown = capsys.readouterr().out
    assert "under way" in shown and "goal at hand" in shown
    last = shown.splitlines()[-1].split()
    assert last[0] == "40" and "attempt" in last
    with pytest.raises(UserError, match="has 7[0-9] events"):
        list(recorded(RUN, 75))


def test_a_problem_has_its_history(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli_replay.one_problem(RUN, "double_is_small", None) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "goal opened double_is_small" in lines[1]
    assert lines[-1].endswith("closed double_is_small unproved: refuted: n = 3")
    assert not [line for line in lines if "sum_to" in line]
    with pytest.raises(UserError, match="no problem nothing"):
        cli_replay.one_problem(RUN, "nothing", None)


def test_every_event_has_a_line() -> None:
    for events in (list(read_events(RUN)), demo_events()):
        numbers = [int(line.split()[0]) for line in history(events)]
        assert numbers == list(range(1, len(events) + 1))


def test_a_file_outside_of_the_folder_is_not_written(run: Path, tmp_path: Path) -> None:
    text = (run / EVENTS).read_text()
    (run / EVENTS).write_text(text.replace("proofs/lt_step.lean", "../../lt_step.lean"))
    with pytest.raises(UserError, match="not in the run's folder"):
        replay(run, tmp_path / "again")


def test_a_folder_with_something_in_it_is_left_alone(run: Path) -> None:
    with pytest.raises(UserError, match="not empty"):
        replay(run, run)


def test_the_recorded_run_is_of_no_machine() -> None:
    text = "".join(path.read_text() for path in RUN.glob("**/*") if path.is_file())
    assert not [word for word in ("/home", "/root", "/tmp", "/work") if word in text]
    assert all(json.loads(line)["type"] for line in (RUN / EVENTS).read_text().splitlines())
