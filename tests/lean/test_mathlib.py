"""The set-up of a lake project with Mathlib, by stand-ins for `elan` and `lake`.

Their `lean` is the embedded Lean, so what a native campaign asks and is answered is real; that the
pinned toolchain and Mathlib can be had and fit is not shown here.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections import namedtuple
from pathlib import Path

import native_client as fake
import psutil
import pytest
from typer.testing import CliRunner

from prover import cli_lean, cli_native
from prover.cli_app import app
from prover.cli_output import display
from prover.config import LeanConfig
from prover.errors import SetupError, UserError
from prover.lean import mathlib
from prover.lean.toolchain import Installation
from prover.types import Verdict

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "lean_project"
SYSTEM = os.environ["PATH"]
Disk = namedtuple("Disk", "total used free")


@pytest.fixture
def machine(installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with elan, network and room; returns the folder of its toolchain."""
    folder = fake.embedded_toolchain(tmp_path / "elan", installation)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{SYSTEM}")
    for name in ("git", "curl"):
        fake.program(folder / "bin" / name, "sys.exit('not to be called')")
    monkeypatch.setattr(mathlib, "unreachable", lambda: "")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(1e12, 0, 1e12))
    return folder


def asked(machine: Path) -> list[str]:
    log = machine / "log"
    return [line for line in log.read_text().splitlines() if " env " not in line]


# what is pinned


def test_the_pins_agree() -> None:
    """One version of Lean, of Mathlib, and of every package, named by its commit."""
    pin = (PROJECT / "lean-toolchain").read_text().strip()
    lakefile = tomllib.loads((PROJECT / "lakefile.toml").read_text())
    manifest = json.loads((PROJECT / "lake-manifest.json").read_text())
    (wanted,) = lakefile["require"]
    (direct,) = [p for p in manifest["packages"] if not p["inherited"]]
    assert pin == f"leanprover/lean4:{wanted['rev']}"
    assert (direct["name"], direct["url"], direct["inputRev"]) == (
        wanted["name"], wanted["git"], wanted["rev"],
    )  # fmt: skip
    assert manifest["name"] == lakefile["name"]
    assert all(len(bytes.fromhex(p["rev"])) == 20 for p in manifest["packages"])


def test_a_wheel_has_the_whole_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert {f"lean_project/{name}" for name in mathlib.FILES} <= set(included)
    tracked = subprocess.run(
        ["git", "ls-files", "lean_project"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    covers = [name for name in tracked if not any(name.startswith(inc) for inc in included)]
    assert covers == []
    assert all(place == f"prover/_{name}" for name, place in included.items())


# what is lacking


def test_a_machine_without_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(mathlib, "PROBE_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(1e9, 0, 1.5e9))
    done = CliRunner().invoke(app, ["setup", "--native", "--project", str(tmp_path / "new/p")])
    assert done.exit_code == 3
    for said in (
        "no `elan` on PATH: install it with `curl https://",
        "no `lake` on PATH: it comes with elan",
        "no `lean` on PATH: it comes with elan",
        "no `git` on PATH: lake fetches packages with it",
        "no `curl` on PATH: Mathlib's cache",
        f"{tmp_path} has 1.5 GB free and about 12 are needed: make room",
        "http://127.0.0.1:9 cannot be reached ([Errno 111] Connection refused): Lean and",
    ):
        assert said in done.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["elan", "git"])
def test_one_thing_missing(
    name: str, tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (machine / "bin" / name).unlink()
    monkeypatch.setenv("PATH", str(machine / "bin"))
    assert [said.split(":")[0] for said in mathlib.lacks(tmp_path)] == [
        f"there is no `{name}` on PATH"
    ]


def test_what_is_fetched_already_needs_no_room(
    tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(1e12, 0, 2e9))
    assert len(mathlib.lacks(tmp_path)) == 1
    (tmp_path / ".lake" / "packages").mkdir(parents=True)
    assert mathlib.lacks(tmp_path) == []


# the project's folder


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(UserError, match="no lake project and not empty"):
        mathlib.lay(tmp_path)
    (tmp_path / "lakefile.toml").write_text("")
    with pytest.raises(UserError, match="no lean-toolchain"):
        mathlib.lay(tmp_path)


def test_an_interrupted_copy_is_begun_anew_and_a_project_is_kept(tmp_path: Path) -> None:
    (tmp_path / "Ready.lean").write_text("half")
    mathlib.lay(tmp_path)
    assert all((tmp_path / n).read_bytes() == (PROJECT / n).read_bytes() for n in mathlib.FILES)
    (tmp_path / "lean-toolchain").write_text("mine\n")
    mathlib.lay(tmp_path)
    assert mathlib.toolchain(tmp_path) == "mine"


def test_a_project_without_mathlib_has_no_cache(tmp_path: Path) -> None:
    fake.project(tmp_path)
    assert [step.argv[:2] for step in mathlib.steps(tmp_path)] == [
        ("elan", "toolchain"), ("lake", "build"),
    ]  # fmt: skip


def test_output_comes_line_by_line() -> None:
    told: list[str] = []
    lines = mathlib.Lines(told.append)
    for part in (b"one\ntw", b"o\r\r", b"thr", b"ee\xff"):
        lines.write(part)
    assert told == ["one", "two"]
    lines.write(b"\n")
    assert (told[-1], lines.last) == ("three\ufffd", "three\ufffd")


# the set-up


@pytest.mark.lean
def test_the_set_up_and_its_repetition(tmp_path: Path, machine: Path) -> None:
    wanted = ["setup", "--native", "--project", str(tmp_path / "p")]
    done = CliRunner().invoke(app, wanted)
    assert done.exit_code == 0, done.stderr
    pin = "leanprover/lean4:v4.28.0"
    assert f"Lean {pin} is ready: {tmp_path / 'p'}" in done.stdout
    steps = [
        "elan toolchain list", f"elan toolchain install {pin}", "lake exe cache get", "lake build",
    ]  # fmt: skip
    assert asked(machine) == steps
    assert "Mathlib's compiled modules: lake exe cache get" in done.stderr
    again = CliRunner().invoke(app, wanted)
    assert "is there already" in again.stdout and asked(machine) == steps
    (tmp_path / "p" / "lean-toolchain").write_text("another\n")
    assert not mathlib.ready(tmp_path / "p")


@pytest.mark.lean
def test_a_network_that_goes_away(tmp_path: Path, machine: Path) -> None:
    (machine / "offline").touch()
    done = CliRunner().invoke(app, ["setup", "--native", "--project", str(tmp_path / "p")])
    assert isinstance(done.exception, SetupError)
    assert "`lake exe cache get` in" in str(done.exception)
    assert "exit code 1: curl: (6) Could not resolve host: github.com" in str(done.exception)
    assert "setup --native` again" in str(done.exception)
    (machine / "offline").unlink()
    mathlib.lay(tmp_path / "p")
    assert not mathlib.ready(tmp_path / "p")


@pytest.mark.lean
def test_ctrl_c_ends_the_tool_and_leaves_nothing_half_done(tmp_path: Path, machine: Path) -> None:
    (machine / "hang").touch()
    code = "import prover.lean.mathlib as m, prover.cli_native as c, sys, pathlib\n"
    code += "m.unreachable = lambda: ''\nm.NEEDED_GB = 0\n"
    code += "from prover.cli_app import app\napp()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "setup", "--native", "--project", str(tmp_path / "p")],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    end = time.monotonic() + 30
    while not (machine / "hanging").exists():
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert "interrupted" in process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert not (tmp_path / "p" / mathlib.STAMP).exists()
    assert not psutil.pid_exists(int((machine / "hanging").read_text()))


def test_a_driver_that_judges_wrong_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def self_test(config: LeanConfig, imports: list[str]) -> list[cli_lean.Proof]:
        assert (config.project, imports) == (str(tmp_path), ["Mathlib"])
        return [cli_lean.Proof("theorem t : 1 = 2", "rejected", Verdict("proved"))]

    mathlib.lay(tmp_path)
    monkeypatch.setattr(cli_native, "self_test", self_test)
    with display() as shown:
        assert not cli_native.judged(tmp_path, shown)
    said = capsys.readouterr().err
    assert "does not judge right" in said and "must be rejected" in said


@pytest.mark.lean
def test_a_native_campaign(tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two problems through the native backend, their proofs certified, and checked again."""
    monkeypatch.chdir(ROOT)
    project = fake.project(tmp_path / "project")
    sets = ["lean.backend=native", f"lean.project={project}", "lean.confine=false"]
    sets += ["lean.workers=1", "problems.limit=2", "lean.spares=0"]
    words = [word for item in sets for word in ("--set", item)]
    run = tmp_path / "run"
    done = CliRunner().invoke(app, ["run", "configs/quick.yaml", "--out", str(run), *words])
    assert done.exit_code == 0, done.stderr
    assert "native Lean runs unconfined" in done.stderr
    certificates = [json.loads(p.read_text()) for p in (run / "proofs").glob("*.json")]
    assert len(certificates) == 2
    for certificate in certificates:
        text = json.dumps(certificate)
        assert '"native"' in text and "leanprover/lean4:v4.28.0" in text
