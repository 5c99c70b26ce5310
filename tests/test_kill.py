"""`kill -9` at random moments, of Lean processes and of the campaign: nothing found is lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from campaign_client import OUTCOMES, finished_work, proofs

from prover.graph import ProofGraph
from prover.lean.toolchain import Installation
from prover.store import read_events
from prover.types import Event

pytestmark = [pytest.mark.lean, pytest.mark.slow]

PROGRAM = str(Path(__file__).with_name("campaign_client.py"))
ROUNDS = 3
LEAST = 4
"""New events of a round before it is killed, so that every round gets somewhere."""


def start(path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, PROGRAM, str(path)], start_new_session=True)


def so_far(path: Path) -> list[Event]:
    return list(read_events(path)) if (path / "events.jsonl").is_file() else []


def workers(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def wait_for_events(process: subprocess.Popen[bytes], path: Path, number: int) -> bool:
    """False if the campaign ended first."""
    deadline = time.monotonic() + 90
    while len(so_far(path)) < number:
        assert time.monotonic() < deadline, "the campaign makes no progress"
        if process.poll() is not None:
            return False
        time.sleep(0.05)
    return True


def all_gone(found: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(found, timeout=15)
    return not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]


def disturb(path: Path, chance: random.Random) -> bool:
    """One round: start or resume, kill a Lean process, then the campaign; False if it finished."""
    process = start(path)
    try:
        before = len(so_far(path))
        if not wait_for_events(process, path, before + chance.randint(LEAST, LEAST + 8)):
            return False
        time.sleep(chance.random() * 0.5)
        for worker in chance.sample(lean := workers(process), min(1, len(lean))):
            worker.kill()
        wait_for_events(process, path, len(so_far(path)) + chance.randint(1, 4))
        time.sleep(chance.random() * 0.5)
        lean = workers(process)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        assert all_gone(lean), "Lean processes outlive their campaign"
        return True
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("seed", [20])
def test_killed_at_random_it_ends_with_the_same_verdicts(
    tmp_path: Path, installation: Installation, seed: int
) -> None:
    chance, path = random.Random(seed), tmp_path / "run"
    found: set[tuple[str, str]] = set()
    history: list[Event] = []
    for _ in range(ROUNDS):
        if not disturb(path, chance):
            break
        events = so_far(path)
        assert events[: len(history)] == history, "events are only ever added"
        assert found <= proofs(events)
        found, history = proofs(events), events
    with start(path) as process:
        lean: list[psutil.Process] = []
        while process.poll() is None:
            lean = workers(process) or lean
            time.sleep(0.1)
    assert process.returncode == 0
    assert all_gone(lean)
    events = so_far(path)
    assert events[: len(history)] == history and found <= proofs(events)
    assert max(finished_work(events).values()) == 1, "a finished attempt was repeated"
    graph = ProofGraph.of(events)
    assert {name: node.outcome for name, node in graph.problems.items()} == OUTCOMES
    assert graph.finished
