"""The documents say what is so: their commands run, their links lead somewhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from prover.config import RunConfig
from prover.lean.toolchain import Installation

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PARTS = ("configs", "problems", "Makefile", "pyproject.toml", "README.md")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)\)")


def blocks(document: Path, language: str) -> list[str]:
    found = FENCE.findall(document.read_text())
    return [text for kind, text in found if kind == language]


def commands(document: Path) -> list[str]:
    return [line for block in blocks(document, "sh") for line in block.splitlines() if line]


def shell(line: str, folder: Path) -> None:
    """`make` and `docker` are only looked at; everything else is run."""
    if line.startswith("docker"):
        return
    if line.startswith("make"):
        line = line.replace("make", "make -n", 1)
    env = {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, env=env, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


def checkout(folder: Path) -> Path:
    """What a reader of the documents has, with `prover` on the path."""
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / part)
    (folder / "bin").mkdir()
    command = folder / "bin" / "prover"
    command.write_text(f"#!{sys.executable}\nfrom prover.cli import main\nmain()\n")
    command.chmod(0o755)
    return folder


@pytest.mark.lean
@pytest.mark.slow
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_run(installation: Installation, document: Path, tmp_path: Path) -> None:
    lines = commands(document)
    folder = checkout(tmp_path) if lines else tmp_path
    for line in lines:
        shell(line, folder)


def test_the_readme_has_commands() -> None:
    assert {"make demo", "make test", "prover doctor"} <= set(commands(ROOT / "README.md"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    links = [link for link in LINK.findall(document.read_text()) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_json_examples_are_json(document: Path) -> None:
    for block in blocks(document, "json"):
        for line in block.splitlines():
            json.loads(line)


def test_the_protocol_tells_of_every_operation() -> None:
    source = (ROOT / "lean_project" / "Driver" / "Serve.lean").read_text()
    operations = re.findall(r'^  \| "([\w.]+)" =>', source, re.MULTILINE)
    text = (ROOT / "docs" / "protocol.md").read_text()
    assert operations
    assert not [op for op in operations if f'"op":"{op}"' not in text]


def test_the_readme_names_every_key() -> None:
    text = (ROOT / "README.md").read_text()
    for name, field in RunConfig.model_fields.items():
        section = getattr(field.annotation, "model_fields", {})
        keys = [f"`{name}.", *(f".{key}`" for key in section)] if section else [f"`{name}`"]
        assert not [key for key in keys if key not in text and name != "name"]


def test_the_readme_names_every_folder() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    folders = {line.split("/")[0] for line in listed if "/" in line and not line.startswith(".")}
    text = (ROOT / "README.md").read_text()
    assert not [folder for folder in folders if f"`{folder}/`" not in text]


PRIVATE = r"/(?:root|home|work|tmp)/|registry\.npmjs|pypi\.org|files\.pythonhosted"


@pytest.mark.parametrize("document", [*DOCUMENTS, ROOT / "Makefile", ROOT / "Dockerfile"])
def test_nothing_of_one_machine(document: Path) -> None:
    text = document.read_text().replace("/home/prover", "")
    assert not re.findall(PRIVATE, text)
