"""The confinement of a native Lean: its command line, its refusals, and what a kill reaches.

There is no native Lean here: small programs stand for `lake`, `lean` and, in most tests, `bwrap`.
Tests marked `bwrap` run the real one where it is on PATH; they show what it keeps from a program.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import native_client as fake
import psutil
import pytest

from prover import cli_run, session
from prover.cli_lean import diagnosis
from prover.config import LeanConfig, RunConfig
from prover.errors import SetupError, WorkerMemory, WorkerTimeout
from prover.lean import confine, toolchain
from prover.lean.process import LeanProcess, ProcessSpec
from prover.lean.toolchain import Installation

REAL = shutil.which("bwrap")
real_bwrap = pytest.mark.skipif(
    REAL is None or confine.find()[0] is None, reason="needs a bubblewrap that works"
)
linux = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is for Linux")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fake toolchain alone on PATH, and a home for the driver's file."""
    monkeypatch.setenv("PROVER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(fake.toolchain(tmp_path / "lean") / "bin"))
    monkeypatch.delenv("LEAN_PATH", raising=False)
    fake.project(tmp_path / "project")
    return tmp_path


def with_bwrap(folder: Path, monkeypatch: pytest.MonkeyPatch, refuse: str = "") -> Path:
    path = fake.bwrap(folder / "tools", refuse)
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")
    return path


def pairs(argv: list[str], option: str) -> list[tuple[str, str]]:
    ends = argv.index("--")
    return [(argv[i + 1], argv[i + 2]) for i in range(ends) if argv[i] == option]


# the command line


def test_everything_is_unshared_and_only_what_is_named_is_there() -> None:
    argv = confine.command(
        Path("/b/bwrap"), ["lean", "--", "x"], {"A": "1"}, "/p", [Path("/p"), Path("/t")],
        [Path("/w")],
    )  # fmt: skip
    assert argv[0] == "/b/bwrap" and argv[argv.index("--") + 1 :] == ["lean", "--", "x"]
    wanted = {f"--unshare-{kind}" for kind in ("user", "ipc", "pid", "net", "uts", "cgroup-try")}
    assert wanted | {"--die-with-parent", "--new-session", "--clearenv"} <= set(argv)
    assert pairs(argv, "--setenv") == [("A", "1")]
    assert pairs(argv, "--ro-bind") == [("/p", "/p"), ("/t", "/t")]
    assert pairs(argv, "--bind") == [("/w", "/w")]
    assert not {"--dev-bind", "--share-net", "--bind-try", "/", "/home", "/etc"} & set(
        argv[: argv.index("--remount-ro")]
    )
    assert argv.index("--clearenv") < argv.index("--setenv")


def test_folders_inside_others_are_bound_once_and_after_the_empty_tmp() -> None:
    inside = [Path("/tmp/p/lib"), Path("/tmp/p"), Path("/tmp/pq"), Path("/tmp/p")]
    argv = confine.command(Path("bwrap"), ["true"], {}, "/", inside)
    assert pairs(argv, "--ro-bind") == [("/tmp/p", "/tmp/p"), ("/tmp/pq", "/tmp/pq")]
    assert argv.index("--tmpfs") < argv.index("--ro-bind")


# refusals


def test_without_bwrap_nothing_native_is_served(folder: Path) -> None:
    with pytest.raises(
        SetupError, match="no `bwrap` on PATH; install bubblewrap, or set lean.conf"
    ):
        toolchain.ensure("native", str(folder / "project"))


def test_a_bwrap_that_cannot_is_quoted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_bwrap(folder, monkeypatch, refuse="bwrap: No permissions to create new namespace")
    with pytest.raises(SetupError, match="No permissions to create.*lean.confine=false") as caught:
        toolchain.ensure("native", str(folder / "project"))
    assert "\n" not in str(caught.value) and "setting up" not in str(caught.value)


def test_a_bwrap_that_hangs_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = with_bwrap(folder, monkeypatch)
    fake.program(path, "import time\ntime.sleep(600)")
    monkeypatch.setattr(confine, "PROBE_SECONDS", 0.3)
    with pytest.raises(SetupError, match="no end within 0.3 s"):
        toolchain.ensure("native", str(folder / "project"))


def test_session_passes_the_switch_on(folder: Path) -> None:
    async def ensure(confined: bool) -> Installation:
        config = LeanConfig(backend="native", project=str(folder / "project"), confine=confined)
        return await session.ensure(config, (), lambda *_: None)

    with pytest.raises(SetupError, match="bwrap"):
        asyncio.run(ensure(True))
    assert asyncio.run(ensure(False)).confinement == "none"


def test_lake_that_cannot_say_is_quoted(folder: Path) -> None:
    fake.program(folder / "lean" / "bin" / "lake", "sys.exit('error: no such package: x')")
    with pytest.raises(SetupError, match="does not say where Lean is.*no such package: x"):
        toolchain.ensure("native", str(folder / "project"), confined=False)


def test_a_prefix_without_lean(folder: Path) -> None:
    fake.program(folder / "lean" / "bin" / "lean", "print('/nowhere')")
    with pytest.raises(SetupError, match="/nowhere, where there is no bin/lean"):
        toolchain.ensure("native", confined=False)


# what is started


def test_unconfined_command(folder: Path) -> None:
    found = toolchain.ensure("native", str(folder / "project"), confined=False)
    argv, env = toolchain.serve_command(found)
    assert argv == [str(folder / "lean/bin/lean"), str(found.driver)]
    libraries = [folder / "project/packages/lib", folder / "project/build"]
    assert env["LEAN_PATH"] == os.pathsep.join(map(str, libraries))
    assert (found.confinement, found.lean) == ("none", "leanprover/lean4:v4.28.0")


def test_confined_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "x")
    path = with_bwrap(folder, monkeypatch)
    found = toolchain.ensure("native", str(folder / "project"))
    argv, env = toolchain.serve_command(found)
    assert (found.confinement, argv[0], env) == ("bubblewrap", str(path), {})
    assert argv[argv.index("--") + 1 :] == [str(folder / "lean/bin/lean"), str(found.driver)]
    bound = {a for a, _ in pairs(argv, "--ro-bind")}
    assert bound == {str(folder / "lean"), str(folder / "project"), str(found.driver)}
    assert not pairs(argv, "--bind")
    kept = dict(pairs(argv, "--setenv"))
    assert set(kept) == {"PATH", "HOME", "TMPDIR", "LANG", "LEAN_PATH"}
    assert kept["HOME"] == confine.HOME and str(folder / "tools") not in kept["PATH"]


def test_without_a_project_the_current_folder_stays_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_bwrap(folder, monkeypatch)
    monkeypatch.chdir(folder / "project")
    argv, _ = toolchain.serve_command(toolchain.ensure("native"))
    assert str(folder / "project") not in argv
    assert argv[argv.index("--chdir") + 1] == "/tmp"


def test_doctor_says_what_confines(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backends = diagnosis(None, [], False, "")["backends"]
    assert backends["native"]["confinement"].startswith("none: there is no `bwrap` on PATH; it is")
    assert backends["embedded"]["confinement"] == confine.EMBEDDED
    with_bwrap(folder, monkeypatch)
    assert diagnosis(None, [], False, "")["backends"]["native"]["confinement"] == "bubblewrap"


@pytest.mark.parametrize("backend, confined, warned", [
    ("native", False, True), ("native", True, False), ("embedded", False, False)
])  # fmt: skip
def test_an_unconfined_campaign_says_so(
    backend: str, confined: bool, warned: bool, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Lean itself is kept away: the warning comes before it is looked for."""

    class Stop(Exception):
        pass

    def stop(*_: object) -> Any:
        raise Stop

    monkeypatch.setattr(cli_run, "open_lean", stop)
    lean = {"backend": backend, "confine": confined}
    config = RunConfig.model_validate({"problems": {"source": "x"}, "lean": lean})
    with cli_run.display() as shown, pytest.raises(Stop):
        asyncio.run(cli_run.campaign(config, [], stop, shown))
    assert ("runs unconfined" in capsys.readouterr().err) == warned


# a process in a session of its own


def spec(bwrap: Path) -> ProcessSpec:
    """fake_driver.py behind a bwrap, with what Python needs readable."""
    python = os.path.realpath(sys.executable)
    needs = [Path(sys.base_prefix), fake.FAKE_DRIVER.parent]
    line = [python, "-I", "-S", str(fake.FAKE_DRIVER)]
    env = {"PATH": confine.PATH}
    argv = confine.command(bwrap, line, env, "/tmp", needs)
    return ProcessSpec(tuple(argv), {}, None, 20.0)


def ended(pids: set[int]) -> bool:
    for _ in range(200):
        if not any(running(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


def running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def killed_while(
    behave: str, bwrap: Path, memory_mb: float = 2000, seconds: float = 1.5
) -> Any:
    """(the error, the processes there were besides bwrap, whether one had left the group)."""
    async with LeanProcess(spec(bwrap), memory_mb) as process:
        assert (await process.ask("ping", {}, 10))["ok"]
        below = {p.pid for p in psutil.Process(process.pid).children(recursive=True)}
        left = any(os.getpgid(pid) != process.pid for pid in below)
        try:
            await process.ask("judge", {"behave": behave}, seconds)
        except (WorkerTimeout, WorkerMemory) as exc:
            return exc, below, left
        raise AssertionError("it answered")


@linux
@pytest.mark.parametrize("real", [False, pytest.param(True, marks=real_bwrap)])
def test_a_kill_reaches_what_left_the_group(real: bool, tmp_path: Path) -> None:
    bwrap = Path(str(REAL)) if real else fake.bwrap(tmp_path)
    exc, below, left = asyncio.run(killed_while("hang", bwrap))
    assert isinstance(exc, WorkerTimeout) and below and left
    assert ended(below)


@linux
@pytest.mark.parametrize("real", [False, pytest.param(True, marks=real_bwrap)])
def test_memory_beyond_the_group_counts(real: bool, tmp_path: Path) -> None:
    bwrap = Path(str(REAL)) if real else fake.bwrap(tmp_path)
    exc, below, _ = asyncio.run(killed_while("eat", bwrap, memory_mb=200, seconds=30))
    assert isinstance(exc, WorkerMemory)
    assert ended(below)


# the real bubblewrap

PRYING = """
import json, os, socket, sys
def can(call, *words):
    try:
        call(*words)
        return True
    except OSError:
        return False
def connect():
    socket.create_connection(("127.0.0.1", int(sys.argv[2])), 2).close()
secret, inside = sys.argv[1], sys.argv[3]
open("/tmp/mine", "w").write("x")
print(json.dumps({
    "secret": can(open, secret), "passwd": can(open, "/etc/passwd"), "network": can(connect),
    "project": can(open, inside + "/new", "w"), "root": can(os.mkdir, "/new"),
    "usr": can(open, "/usr/new", "w"), "kill": can(os.kill, int(sys.argv[4]), 0),
    "home": can(os.listdir, os.path.dirname(secret)),
    "env": sorted(os.environ), "stdin": open("/dev/stdin").read(),
}))
"""


@real_bwrap
def test_what_the_real_bubblewrap_keeps_from_a_program(tmp_path: Path) -> None:
    import json
    import socket
    import subprocess

    (tmp_path / "project").mkdir()
    (tmp_path / "secret").write_text("x")
    python = os.path.realpath(sys.executable)
    with socket.create_server(("127.0.0.1", 0)) as server:
        words = [str(tmp_path / "secret"), str(server.getsockname()[1])]
        words += [str(tmp_path / "project"), str(os.getpid())]
        argv = confine.command(
            Path(str(REAL)), [python, "-I", "-c", PRYING, *words], {"PATH": confine.PATH}, "/tmp",
            [Path(sys.base_prefix), tmp_path / "project"],
        )  # fmt: skip
        done = subprocess.run(argv, input="asked", capture_output=True, text=True, timeout=60)
    found = json.loads(done.stdout) if done.stdout else done.stderr
    assert found.pop("stdin") == "asked"
    assert set(found.pop("env")) <= {"PATH", "PWD", "LC_CTYPE"}
    # tmp_path itself is there, since the project lies in it, and holds nothing else
    assert found.pop("home") is True
    assert not any(found.values()), found
    assert not Path("/tmp/mine").exists()
