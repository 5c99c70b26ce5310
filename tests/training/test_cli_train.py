"""`prover train` up to where the libraries of training are needed."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from run_events import demo_events, write_run

from prover import cli
from prover.playground.made import Made, dump
from prover.selecting.plugins import PLUGINS
from prover.training.settings import PACKAGES
from prover.types import Problem

ROOT = Path(__file__).parents[2]
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def train(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Exit code, stdout and stderr of `prover train WORDS`."""

    def call(*words: str | Path) -> tuple[int, str, str]:
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(sys, "argv", ["prover", "train", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr()
        return int(str(left.value.code or 0)), said.out, said.err

    return call


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_run(tmp_path / "run", demo_events())
    return tmp_path / "run"


def test_rows_only(train: Call, run: Path, tmp_path: Path) -> None:
    code, out, err = train(run, "--rows-only", "--out", tmp_path / "rows", "--holdout", "0.5")
    file = tmp_path / "rows" / "rows.jsonl"
    assert (code, out) == (0, f"{file}\n") and "held out" in err
    found = [json.loads(line) for line in file.read_text().splitlines()]
    assert {row["problem"] for row in found} == {"lt_irrefl_of_le", "sum_odd_is_square"}
    assert len({row["problem"] for row in found if row["held_out"]}) == 1


def test_rows_written_before_are_rows_again(train: Call, run: Path, tmp_path: Path) -> None:
    names = tmp_path / "names"
    names.write_text("# held out\nlt_irrefl_of_le\n")
    more = ["--rows-only", "--holdout", names, "--out"]
    assert train(run, *more, tmp_path / "a")[0] == 0
    again = train(tmp_path / "a" / "rows.jsonl", *more, tmp_path / "b")
    assert again[0] == 0 and "2 held out of 1 problems, 1 of them corrections" in again[2]
    texts = [(tmp_path / name / "rows.jsonl").read_text() for name in "ab"]
    assert texts[0] == texts[1]


def test_corrections_are_rows_unless_not_wanted(train: Call, run: Path, tmp_path: Path) -> None:
    for most, wanted in ((4, 1), (0, 0)):
        more = ["--holdout", "0", "--corrections", str(most), "--out", str(tmp_path / str(most))]
        code, _, err = train(run, "--rows-only", *more)
        assert code == 0 and ("1 of them corrections" in err) == bool(wanted)
        lines = (tmp_path / str(most) / "rows.jsonl").read_text().splitlines()
        assert sum(bool(json.loads(line)["failed"]) for line in lines) == wanted


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name the runs to learn from"),
        (["--resume"], "--resume wants the training's folder"),
        (["--resume", "--out", "nowhere"], "nowhere holds no training to go on with"),
        (["nowhere"], "nowhere holds no run"),
        (["RUN", "--method", "qlora"], "--method wants full, lora, dora, not 'qlora'"),
        (["RUN", "--holdout", "1.5"], "--holdout wants a share below 1"),
        (["RUN", "--holdout", "names.txt"], "--holdout: cannot read names.txt"),
        (["RUN", "--method", "lora"], "name its folder with --base"),
        (["RUN", "--base", "nowhere"], "--base nowhere holds no model"),
        (["RUN", "--epochs", "2", "--steps", "3"], "either --epochs or --steps"),
        (["RUN", "--steps", "-3"], "either --epochs or --steps"),
        (["RUN", "--select", "limo"], "no selection method is called 'limo'"),
        (["RUN", "--select", "flow"], "flow needs a model"),
        (["RUN", "--rows", "99"], "--rows 99: only 2 rows are left to draw from"),
        (["RUN", "--rows", "1", "--families", "no.jsonl"], "--families: cannot read no.jsonl"),
    ],
)
def test_errors_are_one_sentence(
    train: Call, run: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    more = [] if "--out" in words or "--resume" in words else ["--out", str(tmp_path / "model")]
    code, out, err = train(*(str(run) if word == "RUN" else word for word in words), *more)
    assert (code, out) == (1, "") and said in err.splitlines()[-1]
    assert not (tmp_path / "model").exists()


def test_without_the_libraries_it_says_what_to_install(
    train: Call, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "trl" else name)
    code, _, err = train(run, "--out", tmp_path / "model")
    assert code == 3 and err.splitlines()[-1] == (
        "error: training needs trl: pip install '.[train]'"
    )
    assert "trl" in PACKAGES and not (tmp_path / "model").exists()


def test_rows_are_chosen_by_method_and_number(train: Call, run: Path, tmp_path: Path) -> None:
    out, made = tmp_path / "rows", tmp_path / "made.jsonl"
    problem = Problem("lt_irrefl_of_le", "theorem lt_irrefl_of_le : True")
    made.write_text(dump([Made(problem, "order", 1)]))
    more = ["--rows-only", "--holdout", "0", "--families", made, "--out", out]
    code, _, err = train(run, *more, "--select", "difficulty:0:0.5,diversity", "--rows", "2")
    assert code == 0 and "2 rows chosen of 4; 2 difficulty: solved nearly always" in err
    found = [json.loads(line) for line in (out / "rows.jsonl").read_text().splitlines()]
    assert [(row["problem"], row["weight"]) for row in found] == [("lt_irrefl_of_le", 1.0)] * 2
    code, _, err = train(run, *more, "--select", "learnability")
    weights = [json.loads(x)["weight"] for x in (out / "rows.jsonl").read_text().splitlines()]
    assert code == 0 and weights == [1.0, 1.0]


def test_the_documented_choice_runs(train: Call, run: Path, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "selection.md").read_text()
    (command,) = re.findall(r"^    prover train runs/quick (.* --rows-only) ", text, re.MULTILINE)
    words = shlex.split(re.sub(r"--rows \d+", "--rows 1", command))
    code, _, err = train(run, *words, "--holdout", "0", "--out", tmp_path / "rows")
    assert code == 0 and "1 rows chosen of 4" in err


def test_the_document_names_every_method() -> None:
    table = (ROOT / "docs" / "selection.md").read_text()
    assert re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE) == [
        plugin.usage for plugin in PLUGINS.values()
    ]
