"""The commands as a person drives them: on a terminal, with Ctrl-C."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import psutil
import pytest

from prover.lean.toolchain import Installation

ROOT = Path(__file__).parent.parent
MAIN = ["-c", "from prover.cli import main; main()"]
CTRL_D = "\x04"

pytestmark = pytest.mark.lean


@contextmanager
def terminal(*words: str) -> Iterator[pexpect.spawn[str]]:
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "NO_COLOR": "1"}
    child = pexpect.spawn(
        sys.executable, [*MAIN, *words], cwd=str(ROOT), env=env, encoding="utf-8", timeout=90,
        dimensions=(40, 100), echo=False,
    )  # fmt: skip
    try:
        yield child
    finally:
        child.close(force=True)


def finish(child: pexpect.spawn[str]) -> int | None:
    child.expect(pexpect.EOF)
    child.wait()
    return child.exitstatus


def hard_run(folder: Path) -> list[str]:
    """A run that would take minutes."""
    sets = ["--set", 'problems.sets=["false"]', "--set", "lean.cache=false"]
    return ["run", "configs/demo.yaml", "--out", str(folder), *sets]


def descendants(child: pexpect.spawn[str]) -> list[psutil.Process]:
    return psutil.Process(child.pid).children(recursive=True)


def test_ctrl_c_stops_cleanly_and_says_how_to_resume(
    installation: Installation, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    with terminal(*hard_run(folder)) as child:
        child.expect(r"[1-9]\d* attempts")
        started = descendants(child)
        child.sendintr()
        child.expect("stopping")
        child.expect("resume with: prover resume")
        assert finish(child) == 130
    assert '"interrupted"' in (folder / "events.jsonl").read_text().splitlines()[-1]
    assert not psutil.wait_procs(started, timeout=5)[1]
    status = [sys.executable, *MAIN, "status", str(folder), "--json"]
    shown = subprocess.run(status, capture_output=True, text=True, check=True)
    assert '"finished": false' in shown.stdout


def test_second_ctrl_c_kills(installation: Installation, tmp_path: Path) -> None:
    with terminal(*hard_run(tmp_path / "run")) as child:
        child.expect(r"[1-9]\d* attempts")
        started = descendants(child)
        child.sendintr()
        child.sendintr()
        assert finish(child) == 130
    assert not psutil.wait_procs(started, timeout=5)[1]


def test_ctrl_c_before_anything_runs(tmp_path: Path, installation: Installation) -> None:
    with terminal("run", "configs/demo.yaml", "--out", str(tmp_path / "run")) as child:
        time.sleep(1.0)
        child.sendintr()
        assert finish(child) == 130


def test_repl_proves_by_hand(installation: Installation) -> None:
    with terminal("repl") as child:
        child.expect("statement> ")
        child.sendline("(p q : Prop) : p ∧ q → q ∧ p")
        child.expect("⊢ p ∧ q → q ∧ p")
        child.sendline("intro h")
        child.expect("h : p ∧ q")
        child.sendline("omgea")
        child.expect("error: ")
        child.sendline("undo")
        child.expect("⊢ p ∧ q → q ∧ p")
        child.sendline("exact fun h => ⟨h.2, h.1⟩")
        child.expect("no goals: proved")
        child.expect("statement> ")
        child.send(CTRL_D)
        assert finish(child) == 0
