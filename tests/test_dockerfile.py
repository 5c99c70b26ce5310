"""The Dockerfile, as far as it can be looked at without building it.

Its instructions are read, each folder that it copies is there, each `prover` command in it is one,
and the entry points are run with a `prover` that says what it was asked.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from prover import config
from prover.cli_app import app

ROOT = Path(__file__).parent.parent
KNOWN = {"FROM", "RUN", "USER", "WORKDIR", "ENV", "COPY", "ENTRYPOINT", "CMD"}


def instructions() -> list[tuple[str, str]]:
    """(instruction, its text) with continued lines joined and comments left out."""
    lines = [
        line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")
    ]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    return [
        (name, rest.strip())
        for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line)
    ]


def stages() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for name, rest in instructions():
        if name == "FROM":
            found[rest.split(" AS ")[1]] = []
        list(found.values())[-1].append((name, rest))
    return found


def entry_point(stage: str) -> list[str]:
    (found,) = [json.loads(rest) for name, rest in stages()[stage] if name == "ENTRYPOINT"]
    return found


def of(name: str) -> list[str]:
    return [rest for given, rest in instructions() if given == name]


def test_the_instructions_are_docker_s() -> None:
    assert {name for name, _ in instructions()} == KNOWN
    assert list(stages()) == ["embedded", "mathlib"]
    for rest in (*of("ENTRYPOINT"), *of("CMD")):
        assert all(isinstance(word, str) for word in json.loads(rest))


def test_what_is_copied_is_there() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    for rest in of("COPY"):
        _, source, _ = rest.split()
        assert (ROOT / source).exists() and source not in ignored


def test_the_image_has_the_extra_and_the_pins() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    for extra in re.findall(r"'\.\[(\w+)\]'", " ".join(of("RUN"))):
        assert f"\n{extra} = [" in project
    assert "**/.lake" in (ROOT / ".dockerignore").read_text().split()


def test_the_shell_can_read_every_line() -> None:
    for rest in of("RUN"):
        subprocess.run(["sh", "-n", "-c", rest], check=True)


def commands() -> list[list[str]]:
    """Every `prover ...` of a RUN line."""
    parts = [part for rest in of("RUN") for part in re.split(r"&&|\|\||;|\|", rest)]
    words = [shlex.split(part) for part in parts]
    return [word[1:] for word in words if word and word[0] == "prover"]


def accepted(words: list[str]) -> bool:
    """Is it a command with such options? Nothing of it is run."""
    return CliRunner().invoke(app, [*words, "--help"]).exit_code == 0


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_its_commands_are_commands(words: list[str]) -> None:
    assert accepted(words)


def test_there_are_commands() -> None:
    assert [words[0] for words in commands()] == ["setup", "setup"]
    assert not accepted(["setup", "--nativ"])


def asked(tmp_path: Path, words: list[str], **env: str) -> list[str]:
    """What `prover` is asked by the last image's entry point."""
    prover = tmp_path / "prover"
    prover.write_text(f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n")
    prover.chmod(0o755)
    given = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", **env}
    argv = [*entry_point("mathlib"), *words]
    done = subprocess.run(argv, env=given, capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def test_the_image_runs_a_campaign_against_the_server(tmp_path: Path) -> None:
    one = asked(tmp_path, [], PROVER_URL="http://gpu:8000/v1")
    assert accepted(one)
    path, sets = one[1], [one[i + 1] for i, word in enumerate(one) if word == "--set"]
    models = config.load(ROOT / path, sets).used_models()
    assert {name: model.urls for name, model in models.items()} == {"small": ["http://gpu:8000/v1"]}
    two = asked(tmp_path, [], PROVER_URL="http://a/v1", PROVER_LARGE_URL="http://b/v1")
    sets = [two[i + 1] for i, word in enumerate(two) if word == "--set"]
    models = config.load(ROOT / path, sets).used_models()
    assert {name: model.urls for name, model in models.items()} == {
        "small": ["http://a/v1"], "large": ["http://b/v1"],
    }  # fmt: skip


def test_the_image_runs_any_other_command(tmp_path: Path) -> None:
    assert asked(tmp_path, ["check", "my file.lean"]) == ["check", "my file.lean"]
