"""Every file in configs/ can be run as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from prover import config, problems
from prover.errors import UserError
from prover.looping import settings as loops

ROOT = Path(__file__).parent.parent
LOOPS = sorted((ROOT / "configs").glob("loop*.yaml"))
FILES = [path for path in sorted((ROOT / "configs").glob("*")) if path not in LOOPS]


def test_there_are_configurations() -> None:
    assert {"demo.yaml", "quick.yaml"} <= {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_loads_with_its_problems(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    loaded = config.load(path)
    assert loaded.name == path.stem
    assert problems.load(loaded.problems)


@pytest.mark.parametrize("path", LOOPS, ids=lambda path: path.name)
def test_a_loop_loads(path: Path) -> None:
    loaded = loops.load(path, [])
    assert loops.parse(yaml.safe_load(config.dump(loaded)), "dump").digest() == loaded.digest()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_resolved_form_is_the_same_run(path: Path) -> None:
    loaded = config.load(path)
    again = config.parse(yaml.safe_load(config.dump(loaded)), "dump")
    assert again.digest() == loaded.digest()


def test_unknown_keys_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("problems: {source: problems}\nlimits: {second: 3}\n")
    with pytest.raises(UserError, match=r"limits\.second"):
        config.load(file)
