"""The command on the recorded run: its tables, its JSON, its plan."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover.cli_curriculum import Order, configured, curriculum
from prover.errors import UserError
from prover.playground.made import Made, dump
from prover.types import Problem

RECORDED = Path(__file__).parent / "data" / "recorded"
NAMES = ("clamp_in_range", "mirror_is_involutive")


def made(folder: Path) -> Path:
    file = folder / "made.jsonl"
    file.write_text(dump([Made(Problem(name, ""), "sums", 2) for name in NAMES]))
    return file


def test_tables_and_a_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "plan.json"
    order = Order((RECORDED,), (made(tmp_path),), (RECORDED,), 40, out)
    assert curriculum(order, as_json=False) == 0
    text = capsys.readouterr().out
    assert "problems proved" in text and "the next round" in text
    assert "sums level 2" in text and text.endswith(f"{out}\n")
    plan = json.loads(out.read_text())
    drawn = sum(cell["count"] for cell in plan["cells"])
    assert drawn + sum(plan["mutants"].values()) == 40
    assert all(f"- {sentence}" in text for sentence in plan["why"])


def test_json_has_every_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert curriculum(Order((RECORDED,), (made(tmp_path),)), as_json=True) == 0
    data = json.loads(capsys.readouterr().out)
    assert "plan" not in data
    found = {row["name"]: row for row in data["rates"]["problems"]}
    assert {(found[name]["family"], found[name]["level"]) for name in NAMES} == {("sums", 2)}
    assert found["clamp_in_range"]["rates"]["run"]["successes"] == 1
    assert data["failures"]["cells"]


def test_wrong_settings_are_named(tmp_path: Path) -> None:
    assert configured(["weigh=variance", "explore=0.5"]).explore == 0.5
    for wrong in ("weigh=best", "filter=all", "explore=2", "other=1"):
        with pytest.raises(UserError, match=wrong.partition("=")[0]):
            configured([wrong])
    with pytest.raises(UserError, match="--plan N"):
        curriculum(Order((RECORDED,), out=tmp_path / "plan.json"), as_json=False)
    with pytest.raises(UserError, match="cannot read the problems"):
        curriculum(Order((RECORDED,), (tmp_path / "none.jsonl",)), as_json=False)
