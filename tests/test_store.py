"""Run directories: what is refused, what survives, and what a reader sees meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_events import CONFIG, demo_events

from prover import store as store_module
from prover.errors import InfrastructureError, UserError
from prover.graph import ProofGraph
from prover.store import (
    RunStore,
    certificate_path,
    file_name,
    proof_path,
    read_config,
    read_events,
    write_atomic,
)
from prover.types import Event

EVENTS = demo_events()
OTHER = CONFIG.model_copy(update={"name": "other"})


def written(path: Path, events: list[Event] = EVENTS) -> Path:
    with RunStore.create(path, CONFIG) as store:
        for event in events:
            store.append(event)
    return path


def test_events_come_back_as_they_were_written(tmp_path: Path) -> None:
    run = written(tmp_path / "deep" / "run")
    assert ProofGraph.of(read_events(run)) == ProofGraph.of(EVENTS)
    assert read_config(run) == CONFIG


@given(st.text(), st.floats(0, 2e9))
@settings(max_examples=40)
def test_any_text_survives(text: str, time: float) -> None:
    event = Event("attempt", time, {"goal": text, "list": [text, None, 1]})
    assert store_module.decode(store_module.encode(event), "here") == event


def test_lone_surrogates_survive() -> None:
    event = Event("attempt", 0.0, {"goal": "\ud800 ∀"})
    assert store_module.decode(store_module.encode(event), "here") == event


def test_creating_again_goes_on_with_the_run(tmp_path: Path) -> None:
    run = written(tmp_path / "run", EVENTS[:5])
    with RunStore.create(run, CONFIG) as store:
        assert len(list(store.events())) == 5
        store.append(EVENTS[5])
    with RunStore.resume(run) as store:
        assert store.config == CONFIG
        store.append(EVENTS[6])
    assert list(read_events(run)) == [Event(e.type, e.time, e.data) for e in read_events(run)]
    assert len(list(read_events(run))) == 7


def test_another_configuration_is_refused_with_the_ways_out(tmp_path: Path) -> None:
    run = written(tmp_path / "run")
    with pytest.raises(UserError, match="another folder, resume that run .* or delete"):
        RunStore.create(run, OTHER)
    RunStore.resume(run).close()


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(UserError, match="not empty and holds no run; name a new"):
        RunStore.create(tmp_path, CONFIG)
    with pytest.raises(UserError, match="is a file"):
        RunStore.create(tmp_path / "thesis.tex", CONFIG)
    with pytest.raises(UserError, match="holds no run to go on with"):
        RunStore.resume(tmp_path)
    with pytest.raises(UserError, match="holds no run"):
        list(read_events(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_two_campaigns_cannot_write_one_run(tmp_path: Path) -> None:
    with RunStore.create(tmp_path, CONFIG):
        with pytest.raises(UserError, match="another campaign is writing"):
            RunStore.create(tmp_path, CONFIG)
        with pytest.raises(UserError, match="another campaign is writing"):
            RunStore.resume(tmp_path)
    RunStore.resume(tmp_path).close()


@pytest.mark.parametrize("tail", ['{"type": "att', '{"type": "x", "time": 1, "data": {}}', "\x00"])
def test_a_torn_last_line_is_owed_again(tmp_path: Path, tail: str) -> None:
    run = written(tmp_path, EVENTS[:3])
    with (run / "events.jsonl").open("a") as file:
        file.write(tail)
    assert len(list(read_events(run))) == 3
    with RunStore.resume(run) as store:
        store.append(EVENTS[3])
    assert [event.type for event in read_events(run)] == [event.type for event in EVENTS[:4]]


@pytest.mark.parametrize("size", [10, 65535, 65536, 200_000])
def test_a_run_of_nothing_but_a_torn_line_is_empty(tmp_path: Path, size: int) -> None:
    run = written(tmp_path, [])
    (run / "events.jsonl").write_text("x" * size)
    RunStore.resume(run).close()
    assert (run / "events.jsonl").read_bytes() == b""


@pytest.mark.parametrize("garbage", ["garbage", "[]", '{"type": 3, "time": 0, "data": {}}', ""])
def test_garbage_in_the_middle_names_file_and_line(tmp_path: Path, garbage: str) -> None:
    run = written(tmp_path, EVENTS[:3])
    lines = (run / "events.jsonl").read_text().splitlines()
    (run / "events.jsonl").write_text("\n".join([lines[0], garbage, *lines[1:]]) + "\n")
    with pytest.raises(UserError, match=r"events\.jsonl:2 is no event"):
        list(read_events(run))


def test_a_reader_sees_every_event_while_a_campaign_writes(tmp_path: Path) -> None:
    with RunStore.create(tmp_path, CONFIG) as store:
        for count, event in enumerate(EVENTS[:10], 1):
            store.append(event)
            assert len(list(read_events(tmp_path))) == count


def test_a_failed_write_leaves_no_torn_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullDisk:
        """Takes half of a line, then says that the disk is full."""

        def __init__(self, write: Callable[[bytes], int], fileno: Callable[[], int]) -> None:
            self.real, self.fileno, self.calls = write, fileno, 0

        def write(self, data: bytes) -> int:
            self.calls += 1
            if self.calls == 2:
                raise OSError(28, "No space left on device")
            return self.real(data[: len(data) // 2])

    with RunStore.create(tmp_path, CONFIG) as store:
        store.append(EVENTS[0])
        file = store._file
        monkeypatch.setattr(store, "_file", FullDisk(file.write, file.fileno))
        with pytest.raises(InfrastructureError, match="No space left on device; make room"):
            store.append(EVENTS[1])
        monkeypatch.setattr(store, "_file", file)
        store.append(EVENTS[2])
    assert [e.type for e in read_events(tmp_path)] == [EVENTS[0].type, EVENTS[2].type]


def test_syncing_is_rare_but_always_happens_on_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    store = RunStore.create(tmp_path, CONFIG)
    monkeypatch.setattr(os, "fsync", synced.append)
    for event in EVENTS:
        store.append(event)
    assert len(synced) <= 1
    store.close()
    store.close()
    assert 1 <= len(synced) <= 2


def test_atomic_writes_keep_the_old_text_on_failure(tmp_path: Path) -> None:
    file = tmp_path / "sub" / "x.txt"
    write_atomic(file, "old\r\n")
    with pytest.raises(UnicodeEncodeError):
        write_atomic(file, "\ud800")
    assert file.read_bytes() == b"old\r\n"
    assert os.listdir(file.parent) == ["x.txt"]


def test_proofs_lie_beside_their_certificates(tmp_path: Path) -> None:
    with RunStore.create(tmp_path, CONFIG) as store:
        proof = store.write_proof(
            "nat/add", "theorem x : True := trivial\n", '{"lean": "4"}\n', proved=True
        )
    assert proof == proof_path(tmp_path, "nat/add") and proof.parent == tmp_path / "proofs"
    assert certificate_path(proof).read_text() == '{"lean": "4"}\n'


@given(st.text(), st.text())
@settings(max_examples=50)
def test_file_names_are_safe_and_different(one: str, other: str) -> None:
    names = {file_name(one), file_name(other)}
    assert len(names) == len({one, other})
    assert all(name and "/" not in name and name[0] != "." and len(name) < 120 for name in names)


def test_plain_names_stay_as_they_are() -> None:
    assert file_name("aime_1983_p1") == "aime_1983_p1"
    assert file_name("Nat.add_comm'") == "Nat.add_comm'"
