"""Exports on disk: libraries load them as they are, and nothing of them can change unnoticed."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from prover import cli_recheck, recheck_export
from prover.cli_export import bounds
from prover.config import LeanConfig
from prover.data import columns
from prover.data.export import Order, export
from prover.data.kinds import KINDS
from prover.data.selection import FILTERS, Wanted
from prover.errors import SetupError, UserError
from prover.lean.verifier import Verifier

RECORDED = Path(__file__).parent / "recorded"
Made = Callable[..., Path]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """An export of the recorded run, which needs no Lean."""

    def make(kind: str, shape: str, **more: Any) -> Path:
        out = tmp_path / f"{kind}-{shape}"
        order = Order((RECORDED,), kind, shape, out, **more)
        asyncio.run(export(order, None, lambda found: found))
        return out

    return make


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("kind", KINDS)
def test_the_hugging_face_folder_loads_and_is_described(
    made: Made, kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("pyarrow")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    out = made(kind, "hf", license="apache-2.0")
    plain = lines(made(kind, "jsonl", license="apache-2.0") / f"{kind}.jsonl")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what these libraries warn of is not ours
        datasets = pytest.importorskip("datasets")
        mlcroissant = pytest.importorskip("mlcroissant")
        found = datasets.load_dataset(str(out), kind, split="train", cache_dir=str(tmp_path / "c"))
        assert found.to_list() == plain
        described = mlcroissant.Dataset(jsonld=str(out / "croissant.json"))
        records = list(described.records(kind))
    assert not described.metadata.ctx.issues.errors
    assert [r[f"{kind}/id"].decode() for r in records] == [row["id"] for row in plain]
    types = {f["name"]: f.get("dtype", "list") for f in card(out)["dataset_info"][0]["features"]}
    assert list(types) == found.column_names and types["uses"] == "list"


def card(out: Path) -> dict[str, Any]:
    return dict(yaml.safe_load((out / "README.md").read_text().split("---\n")[1]))


def test_the_card_counts_what_went_and_why(made: Made) -> None:
    out = made("repairs", "jsonl", wanted=Wanted(per_statement=2, strata=("medium",)))
    manifest = json.loads((out / "export.json").read_text())
    stay = len(lines(out / "repairs.jsonl"))
    assert list(manifest["dropped"]) == list(FILTERS)
    assert manifest["rows"] == stay and stay + sum(manifest["dropped"].values()) == 17
    text = (out / "README.md").read_text()
    assert f"Of 17 rows {stay} stay" in text
    for reason, count in manifest["dropped"].items():
        assert f"| {reason} | {count} |" in text
    assert card(out)["license"] == "unknown" and card(out)["configs"][0]["default"] is True


def test_what_the_family_cannot_answer_is_counted_too(made: Made) -> None:
    """A script has no room for the lemmas that a composed proof names."""
    pytest.importorskip("pyarrow")
    out = made("proofs", "trl", family="subgoal-tiny")
    rows = list(columns.read(out / "train.parquet"))
    assert [row["id"] for row in rows] == [row["id"] for row in lines(out / "rows.jsonl")]
    manifest = json.loads((out / "export.json").read_text())
    assert manifest["dropped"]["nothing that the family could answer"] == 2 and len(rows) == 4
    assert all(row["completion"].endswith("\n:::") for row in rows)


def test_prompts_of_several_runs_are_pooled(tmp_path: Path) -> None:
    out = tmp_path / "out"
    order = Order((RECORDED, RECORDED), "prompts", "jsonl", out)
    asyncio.run(export(order, None, lambda found: found))
    found = {row["name"]: row for row in lines(out / "prompts.jsonl")}
    assert (found["clamp_in_range"]["tried"], found["clamp_in_range"]["proved"]) == (4, 2)


def test_doubles_of_several_runs_go(tmp_path: Path) -> None:
    order = Order((RECORDED, RECORDED), "proofs", "jsonl", tmp_path / "out")
    facts = asyncio.run(export(order, None, lambda found: found))
    assert facts.rows == 6 and facts.dropped["exact duplicate"] == 6


def test_verl_has_the_columns_that_its_reader_asks_for(made: Made) -> None:
    """RLHFDataset takes `prompt` as a chat, `extra_info.index`, and leaves the rest to rewards."""
    pytest.importorskip("pyarrow")
    rows = list(columns.read(made("prompts", "verl") / "train.parquet"))
    assert [row["extra_info"]["index"] for row in rows] == list(range(len(rows)))
    for row in rows:
        assert set(row) == {"data_source", "prompt", "ability", "reward_model", "extra_info"}
        assert row["prompt"][-1]["role"] == "user" and row["prompt"][-1]["content"]
        assert row["reward_model"]["style"] == "rule"
        assert row["reward_model"]["ground_truth"].startswith("theorem ")


def test_a_changed_file_is_found_before_lean_is_asked(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pyarrow")
    out = made("sketches", "messages")
    assert recheck_export.files(out) == []
    (out / ".gitattributes").write_text("")
    text = (out / "rows.jsonl").read_text()
    (out / "rows.jsonl").write_text(text.replace("sumTo n", "sumTo  n", 1))
    (out / "more.txt").write_text("")
    (out / "train.parquet").rename(out / "gone.parquet")
    found = {row.name: row.said for row in recheck_export.files(out)}
    assert found == {
        "rows.jsonl": "it was changed", "more.txt": "the export has no such file",
        "train.parquet": "it is gone", "gone.parquet": "the export has no such file",
    }  # fmt: skip
    assert cli_recheck.recheck_folder(out, False, LeanConfig()) == 1
    assert "different" in capsys.readouterr().out


def test_a_trainers_file_must_be_what_its_rows_make(made: Made) -> None:
    pytest.importorskip("pyarrow")
    out = made("proofs", "trl")
    rows = list(columns.read(out / "train.parquet"))
    rows[3]["completion"][0]["content"] = "```lean4\ntheorem t : 1 = 2 := rfl\n```"
    columns.write(out / "train.parquet", rows, {})
    assert recheck_export.apart(out) == "its row 3 is not what rows.jsonl makes it"


def test_a_row_whose_code_is_of_another_proof_is_refused(made: Made) -> None:
    out = made("proofs", "jsonl")
    rows = lines(out / "proofs.jsonl")
    rows[0]["proof"] = "by simp"
    (out / "proofs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(UserError, match="its code does not end in its proof"):
        list(recheck_export.theorems(out))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": "poems"}, "--kind wants proofs, sketches"),
        ({"shape": "xml"}, "--format wants jsonl, hf"),
        ({"kind": "refutations", "shape": "trl"}, "no trainer has a shape"),
        ({"shape": "stepwise"}, "is for --kind steps"),
        ({"kind": "prompts", "shape": "messages"}, "no place for prompts"),
        ({"kind": "preferences", "shape": "verl"}, "no place for preferences"),
        ({"kind": "steps", "shape": "trl", "family": "stp"}, "wants a family of role tactic"),
        ({"kind": "repairs", "shape": "trl", "family": "deepseek-prover-v2"}, "no form for a cor"),
        ({"wanted": Wanted(strata=("brutal",))}, "--difficulty knows"),
        ({"out": RECORDED}, "is not empty"),
    ],
)
def test_errors_are_said_before_any_work(tmp_path: Path, values: dict[str, Any], said: str) -> None:
    given = {"runs": (RECORDED,), "kind": "proofs", "shape": "jsonl", "out": tmp_path / "out"}
    with pytest.raises(UserError, match=said):
        Order(**{**given, **values}).checked()
    assert not (tmp_path / "out").exists()


def test_what_is_not_installed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    order = Order((RECORDED,), "proofs", "hf", tmp_path / "out")
    with pytest.raises(SetupError, match=r"pip install '.\[data\]'"):
        order.checked()
    with pytest.raises(SetupError, match=r"pip install '.\[train\]'"):
        Order((RECORDED,), "proofs", "jsonl", tmp_path / "out", model="m").checked()


@pytest.mark.parametrize("text", ["1", "a:b", "0.1;2"])
def test_bounds_of_the_loss(text: str) -> None:
    assert bounds("0.1:2.5") == (0.1, 2.5) and bounds(":2") == (None, 2.0)
    with pytest.raises(UserError, match="LOW:HIGH"):
        bounds(text)


@pytest.mark.lean
def test_steps_and_benchmarks_by_type_and_every_proof_again(
    runner: asyncio.Runner, verifier: Verifier, tmp_path: Path
) -> None:
    """The benchmark's text is another: it is found by its type alone."""
    bench = tmp_path / "bench.jsonl"
    clamp = (RECORDED / "proofs" / "clamp_in_range.lean").read_text().split("\n\n")[0]
    other = "theorem other (z a b : Int) (h : a ≤ b) : a ≤ clamp a b z ∧ clamp a b z ≤ b"
    bench.write_text(json.dumps({"header": clamp, "statement": other}))
    out = tmp_path / "steps"
    order = Order((RECORDED,), "steps", "jsonl", out, decontaminate=(bench,))
    facts = runner.run(export(order, verifier, lambda found: found))
    assert facts.benchmarks[0]["readable"] == 1
    assert facts.dropped["gives a benchmark's statement away"] == 3
    rows = lines(out / "steps.jsonl")
    steps = [row for row in rows if row["name"] == "triangular_numbers_5dd02e_2" and row["label"]]
    assert [row["tactic"] for row in steps] == ["simp [sumTo]", "grind"]
    assert steps[0]["next_state"] == steps[1]["state"] and steps[1]["next_state"] == ""
    assert "⊢ 2 * sumTo (n1 + 1) = (n1 + 1) * (n1 + 1 + 1)" in steps[0]["state"]
    outer = [row for row in rows if row["name"] == "mirror_is_involutive" and not row["nesting"]]
    assert outer[0]["tactic"].startswith("induction t with\n| leaf => (exact")
    failed = [row for row in rows if not row["label"]]
    assert failed and all(row["attempt"] != row["proof"] for row in failed)
    found = list(recheck_export.theorems(out))
    assert len(found) == 5

    async def again() -> list[str]:
        return [row.outcome async for row in recheck_export.recheck(verifier, found[1:4])]

    assert runner.run(again()) == ["same"] * 3


@pytest.mark.lean
def test_a_false_row_is_found_by_lean(runner: asyncio.Runner, verifier: Verifier) -> None:
    theorem = recheck_export.Theorem(
        "t", "", "theorem t : 1 = 2", "theorem t : 1 = 2 := by\n  rfl\n", ()
    )
    assert runner.run(recheck_export.one(verifier, theorem)).outcome == "different"
