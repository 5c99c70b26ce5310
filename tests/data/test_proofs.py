"""Exported data: only what is verified, uniform types, no doubles, loadable by `datasets`."""

from __future__ import annotations

import dataclasses
import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from run_events import PROVED, Writer, demo_events, write_run

from prover.data.proofs import Example, export
from prover.errors import UserError
from prover.types import Lemma

TYPES = {"str": str, "int": int, "float": float, "bool": bool}


def exported(run: Path, out: Path) -> list[dict[str, Any]]:
    count = export(run, out)
    rows = [json.loads(line) for line in (out / "proofs.jsonl").read_text().splitlines()]
    assert len(rows) == count
    return rows


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    write_run(tmp_path / "run", demo_events())
    return tmp_path / "run"


def test_every_theorem_of_a_verified_file_is_a_row_and_no_other(demo: Path) -> None:
    rows = exported(demo, demo / "dataset")
    assert {row["name"] for row in rows} == {
        "lt_irrefl_of_le",
        "sum_odd_is_square",
        "sum_odd_is_square_2_0",
        "sum_odd_is_square_2_1",
        "sum_odd_is_square_2_1_0_0",
        "sum_odd_is_square_2_1_0_1",
        "aux",
    }
    assert {row["name"] for row in rows if row["kind"] == "root"} == {
        "lt_irrefl_of_le",
        "sum_odd_is_square",
    }


def test_a_row_tells_where_it_comes_from(demo: Path) -> None:
    rows = {row["name"]: row for row in exported(demo, demo / "dataset")}
    lemma = rows["sum_odd_is_square_2_1"]
    assert lemma["parent"] == "sum_odd_is_square" == lemma["source_problem"]
    assert lemma["sketch_by"] == "structural:induction n" and "| zero => sorry" in lemma["sketch"]
    assert lemma["by"] == "structural:trans" and lemma["attempts"] == 3
    assert "sorry" in lemma["own_sketch"] and lemma["own_sketch"] != lemma["sketch"]
    assert rows["lt_irrefl_of_le"]["own_sketch"] == rows["aux"]["own_sketch"] == ""
    assert rows["aux"]["parent"] == "sum_odd_is_square_2_1_0_1" and rows["aux"]["key"] == ""
    root = rows["sum_odd_is_square"]
    assert root["informal"] == "Odd numbers & squares." and root["axioms"] == "propext"
    assert (demo / root["certificate"]).is_file() and root["lean_version"] == "4.28.0"
    assert root["code"] == (demo / "proofs" / "sum_odd_is_square.lean").read_text()


def test_a_models_plan_stands_beside_its_sketch(tmp_path: Path) -> None:
    events = [
        replace(e, data={**e.data, "sketch": {**e.data["sketch"], "plan": "Step by step."}})
        if e.type == "sketch" and e.data["goal"] == "sum_odd_is_square" else e
        for e in demo_events()
    ]  # fmt: skip
    write_run(tmp_path / "run", events)
    rows = {row["name"]: row for row in exported(tmp_path / "run", tmp_path / "dataset")}
    root = rows["sum_odd_is_square"]
    assert root["plan"] == "Step by step." and "| zero => sorry" in root["own_sketch"]
    assert rows["lt_irrefl_of_le"]["plan"] == ""


def test_code_holds_what_a_theorem_needs_and_ends_in_it(demo: Path) -> None:
    for row in exported(demo, demo / "dataset"):
        assert row["code"].startswith("-- a header\n\ntheorem ")
        assert row["code"].rstrip().endswith(row["proof"])
        assert "sorry" not in row["code"]
    rows = {row["name"]: row for row in exported(demo, demo / "dataset")}
    assert rows["sum_odd_is_square_2_1_0_1"]["code"].count("theorem ") == 2
    assert rows["sum_odd_is_square_2_0"]["code"].count("theorem ") == 1


def test_every_row_has_every_key_with_its_type(demo: Path) -> None:
    fields = {field.name: TYPES[str(field.type)] for field in dataclasses.fields(Example)}
    for row in exported(demo, demo / "dataset"):
        assert {key: type(value) for key, value in row.items()} == fields


def test_equal_theorems_are_one_row_but_brought_lemmas_keep_their_new_names(
    tmp_path: Path,
) -> None:
    run = Writer()
    run.start()
    goal = run.root("p", ": True ∧ True ∧ True")
    body = "by\n  refine ⟨?_, ?_, ?_⟩\n  · sorry\n  · sorry\n  · sorry"
    ids = run.sketch(goal, 0, "structural:refine", body, [": True", ": True", ": 1 = 1"])
    run.attempt(ids[0], "portfolio:trivial", PROVED)
    run.attempt(ids[1], "model:x", PROVED, "aux", (Lemma("theorem aux : True", "trivial"),))
    run.attempt(ids[2], "model:x", PROVED, "by simp [aux]", (Lemma("theorem aux : 2 = 2", "rfl"),))
    run.close(goal, "proved")
    twin = run.root("q", ": True")
    run.attempt(twin, "portfolio:trivial", PROVED)
    run.close(twin, "proved")
    write_run(tmp_path / "run", run.events)
    rows = {row["name"]: row for row in exported(tmp_path / "run", tmp_path / "out")}
    assert set(rows) == {"p", "q", "p_0_1", "aux", "p_0_2", "aux_2"}
    assert rows["p_0_2"]["proof"] == "by simp [aux_2]" and "aux_2 : 2" in rows["p_0_2"]["code"]
    assert len({row["id"] for row in rows.values()}) == len(rows)


def test_a_changed_or_missing_file_is_not_exported(demo: Path, tmp_path: Path) -> None:
    proof = demo / "proofs" / "lt_irrefl_of_le.lean"
    proof.write_text(proof.read_text().replace("omega", "sorry"))
    with pytest.raises(UserError, match="is not what was verified: it lacks lt_irrefl_of_le"):
        export(demo, tmp_path / "out")
    proof.unlink()
    with pytest.raises(UserError, match="cannot be read"):
        export(demo, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_card_counts_what_is_there(demo: Path) -> None:
    exported(demo, demo / "dataset")
    text = (demo / "dataset" / "README.md").read_text()
    _, front, body = text.split("---\n", 2)
    assert yaml.safe_load(front)["configs"][0]["data_files"] == "proofs.jsonl"
    assert "2 problems and 5 lemmas" in body and "| demo | train | lemma | 5 |" in body
    assert "| Lean | 4.28.0 |" in body


def test_datasets_loads_it(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    exported(demo, demo / "dataset")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what that library warns of is not ours
        datasets = pytest.importorskip("datasets")
        data = datasets.load_dataset(
            "json",
            data_files=str(demo / "dataset" / "proofs.jsonl"),
            split="train",
            cache_dir=str(tmp_path / "cache"),
        )
        expected = {"str": "string", "int": "int64", "float": "float64", "bool": "bool"}
        for field in dataclasses.fields(Example):
            assert data.features[field.name].dtype == expected[str(field.type)]
        assert len(data) == 7 and all(data["verified"])
