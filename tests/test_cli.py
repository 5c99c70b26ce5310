"""The commands as programs call them: exit codes, stdout for data, stderr for the rest."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from prover import cli, cli_lean, session
from prover.cli_lean import without_imports
from prover.cli_run import as_problem
from prover.config import LeanConfig
from prover.errors import UserError
from prover.lean.toolchain import Installation
from prover.lean.verifier import Verifier
from prover.types import Problem, Verdict

ROOT = Path(__file__).parent.parent
COMMANDS = (
    "setup doctor check audit prove run resume status report serve export bench cache store models"
    " train repl premises compare lint mutate curriculum loop rounds".split()
)
QUICK = [
    word
    for key in ("search.seconds=20", "lean.workers=1", "lean.cache=false")
    for word in ("--set", key)
]


def prover(*words: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from prover.cli import main; main()", *words],
        cwd=cwd, env={**os.environ, "COLUMNS": "100", **env},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


class Here(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


Call = Callable[..., Here]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """A command in this process, for those that start nothing."""

    def call(*words: str) -> Here:
        monkeypatch.chdir(ROOT)
        monkeypatch.setenv("COLUMNS", "100")
        monkeypatch.setattr(sys, "argv", ["prover", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr()
        return Here(int(left.value.code or 0), said.out, said.err)

    return call


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


# Without Lean


def test_help_names_every_command(here: Call) -> None:
    done = here("--help")
    assert done.returncode == 0
    assert all(command in done.stdout for command in COMMANDS)


STORE = [f"store {word}" for word in ("stats", "export", "import", "verify")]


@pytest.mark.parametrize("command", [*COMMANDS, "models up", "models check", *STORE])
def test_every_command_shows_examples(command: str, here: Call) -> None:
    done = here(*command.split(), "--help")
    assert done.returncode == 0
    assert "Examples" in done.stdout and f"prover {command}" in done.stdout


@pytest.mark.parametrize(
    "words", [("chekc",), ("check",), ("run", "x", "--nope"), ("export", "runs/x")]
)
def test_wrong_usage_is_2(words: tuple[str, ...], here: Call) -> None:
    done = here(*words)
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "no/such.yaml"), "no/such.yaml"),
        (("run", "configs/quick.yaml", "--set", "limits.second=3"), "limits.second"),
        (("run", "configs/quick.yaml", "--set", "limits"), "KEY=VALUE"),
        (("run", "configs/quick.yaml", "--set", "problems.source=nowhere"), "nowhere"),
        (("resume", "no/such/run"), "no/such/run"),
        (("status", "no/such/run"), "no/such/run"),
        (("report", "no/such/run"), "no/such/run"),
        (("export", "no/such/run", "--out", "x"), "no/such/run"),
        (("bench", "minif2f", "--source", "nowhere"), "nowhere"),
        (("bench", "minif2f", "--source", "problems", "--samples", "4"), "draws from models"),
        (("compare", "no/such/run", "no/other"), "no/such/run"),
        (("compare", "no/such/run"), "two runs or more"),
        (("lint", "nowhere"), "nowhere"),
        (("curriculum", "no/such/run"), "no/such/run"),
        (("check", "no/such.lean"), "no/such.lean"),
        (("mutate", "no/such/run", "--out", "x"), "no/such/run"),
        (("mutate", "runs/x", "--out", "x", "--share", "harder"), "KIND=NUMBER"),
        (("mutate", "runs/x", "--out", "x", "--share", "hardest=1"), "harder, easier"),
        (("mutate", "runs/x", "--out", "x", "--model", "m"), "go together"),
        (("mutate", "runs/x", "--out", "x", "--problems", "no.jsonl"), "no.jsonl"),
        (("prove", "  "), "nothing to prove"),
    ],
)
def test_wrong_input_is_1_and_one_sentence(words: tuple[str, ...], said: str, here: Call) -> None:
    done = here(*words)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: ") and said in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_cache_of_verdicts(here: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVER_HOME", str(tmp_path))
    file = tmp_path / "verdicts.sqlite"
    assert here("cache").stdout == f"0 verdicts, 0.0 MB: {file}\n" and not file.exists()
    with session.kept_verdicts(LeanConfig(), pytest.fail) as kept:
        assert kept is not None
        kept.put("key", Verdict("proved"))
    said = json.loads(here("cache", "--json").stdout)
    assert (said["place"], said["verdicts"]) == (str(file), 1) and said["bytes"] > 0
    assert here("cache", "--clear").stdout.startswith("0 verdicts")
    file.write_bytes(b"damaged" * 1000)
    assert here("cache").returncode == 3
    assert here("cache", "--clear").returncode == 0


def test_which_verdicts_outlive_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVER_HOME", str(tmp_path))
    with session.kept_verdicts(LeanConfig(cache=False), pytest.fail) as kept:
        assert kept is None
    with session.kept_verdicts(LeanConfig(backend="native"), pytest.fail) as kept:
        assert kept is not None and kept.path is None
    assert not list(tmp_path.iterdir())


def test_no_lean_and_no_network_is_3(tmp_path: Path) -> None:
    """A tarball that is none stands for whatever keeps a set-up from ending."""
    file = write(tmp_path, "lean.tgz", "not a tarball")
    done = prover("setup", "--from", file, PROVER_HOME=str(tmp_path / "home"))
    assert done.returncode == 3
    assert "error: " in done.stderr and "checksum" in done.stderr
    assert "Traceback" not in done.stderr
    told = prover("doctor", "--json", PROVER_HOME=str(tmp_path / "home"))
    assert told.returncode == 3
    assert json.loads(told.stdout)["next"] == "prover setup"


def test_debug_shows_where() -> None:
    assert "Traceback" in prover("status", "no/such/run", PROVER_DEBUG="1").stderr


@pytest.mark.parametrize(
    ("typed", "statement"),
    [
        ("1 + 1 = 2", "theorem goal : (1 + 1 = 2)"),
        ("∀ n : Nat, n = n", "theorem goal : (∀ n : Nat, n = n)"),
        ("(n : Nat) {m : Nat} : n + m = m + n", "theorem goal (n : Nat) {m : Nat} : n + m = m + n"),
        ("(2 : Int) = 2", "theorem goal : ((2 : Int) = 2)"),
        ("theorem a : 1 = 1", "theorem a : 1 = 1"),
        ("theorem a (n : Nat) :\n  n = n := by sorry", "theorem a (n : Nat) :\n  n = n"),
        ("example (n : Nat) : n = n := by\n  sorry", "theorem goal (n : Nat) : n = n"),
        ("lemma a : 1 = 1 := sorry", "theorem a : 1 = 1"),
    ],
)
def test_statements_as_people_type_them(typed: str, statement: str) -> None:
    assert as_problem(typed).statement == statement


def test_a_statement_brings_its_header() -> None:
    problem = as_problem("def f := 1\ntheorem a : f = 1", "open Nat")
    assert problem.header == "open Nat\ndef f := 1\n"


def test_imports_are_blanked_and_lines_stay() -> None:
    text = "module\nimport Lean -- all\npublic import Std.Data.HashMap\ntheorem a : 1 = 1 := rfl\n"
    left = without_imports(text, "x.lean")
    assert "import" not in left and "module" not in left
    assert left.split("\n")[3] == "theorem a : 1 = 1 := rfl"


def test_other_imports_are_refused() -> None:
    with pytest.raises(UserError, match=r"x\.lean imports Mathlib.*core library"):
        without_imports("import Mathlib\n", "x.lean")


# With Lean


@pytest.fixture
def lean(installation: Installation) -> Installation:
    return installation


def check(*words: str) -> tuple[int, list[dict[str, Any]]]:
    done = prover("check", *words, "--json")
    return done.returncode, json.loads(done.stdout)


@pytest.mark.lean
def test_second_setup_says_that_it_is_there(lean: Installation) -> None:
    done = prover("setup")
    assert done.returncode == 0
    assert "already" in done.stdout and str(lean.root) in done.stdout


@pytest.mark.lean
def test_doctor_proves_that_lean_judges(lean: Installation) -> None:
    done = prover("doctor", "--json")
    facts = json.loads(done.stdout)
    assert (done.returncode, facts["usable"]) == (0, True)
    assert [proof["verdict"] for proof in facts["proofs"]] == ["proved", "rejected"]
    assert facts["lean"] == lean.lean


@pytest.mark.lean
def test_check_judges_every_theorem(lean: Installation, tmp_path: Path) -> None:
    text = (
        "import Init\ntheorem a : 1 + 1 = 2 := rfl\ntheorem b : 1 + 1 = 3 := by decide\n"
        "theorem c : 1 = 1 := by sorry\naxiom bad : False\ntheorem d : False := bad\n"
    )
    code, rows = check(write(tmp_path, "a.lean", text))
    assert code == 1
    assert [(r["name"], r["verdict"]) for r in rows] == [
        ("a", "proved"), ("b", "rejected"), ("c", "rejected"), ("d", "rejected")
    ]  # fmt: skip
    assert [r["line"] for r in rows] == [2, 3, 4, 6]
    assert rows[3]["axioms"] == ["bad"]
    assert all(row["reason"] for row in rows[1:])


Judge = Callable[..., tuple[bool, list[cli_lean.Checked]]]


@pytest.fixture
def judge(verifier: Verifier, runner: asyncio.Runner) -> Judge:
    """What `check` makes of a text, on a Lean that is there already."""

    def call(text: str, problem: Problem | None = None) -> tuple[bool, list[cli_lean.Checked]]:
        rows, errors = runner.run(cli_lean.judge_text(verifier, text, problem))
        return cli_lean.passed(rows, errors), rows

    return call


@pytest.mark.lean
@pytest.mark.parametrize("text", ["", "def x : Nat := 1\n", "#eval 1\ntheorem a : 1 = 1 := rfl\n"])
def test_check_wants_theorems_and_nothing_amiss(judge: Judge, text: str) -> None:
    assert not judge(text)[0]


@pytest.mark.lean
def test_an_error_elsewhere_fails_the_file(judge: Judge) -> None:
    ok, rows = judge('theorem a : 1 = 1 := rfl\ndef x : Nat := "no"\n')
    assert not ok and [row.verdict.status for row in rows] == ["proved"]


PROOF = "theorem p (n : Nat) : n + 0 = n := rfl\n"


@pytest.mark.lean
@pytest.mark.parametrize(
    ("text", "ok", "last", "reason"),
    [
        (f"namespace X\n{PROOF}", True, "X.p", ""),
        (f"namespace Y\n{PROOF}", False, "X.p", "no theorem named X.p"),
        ("namespace X\ntheorem p (n : Nat) : n = n := rfl\n", False, "X.p", "does not state"),
        ("", False, "X.p", "no theorem"),
    ],
)
def test_check_against_a_problem(judge: Judge, text: str, ok: bool, last: str, reason: str) -> None:
    problem = Problem("p", "theorem p (n : Nat) : n + 0 = n", "namespace X\n")
    passed, rows = judge(text, problem)
    assert (passed, rows[-1].name) == (ok, last)
    assert reason in rows[-1].verdict.reason


@pytest.mark.lean
def test_check_against_a_problem_file(lean: Installation, tmp_path: Path) -> None:
    problem = write(tmp_path, "p.lean", "theorem p (n : Nat) : n + 0 = n := by sorry\n")
    code, rows = check(write(tmp_path, "a.lean", PROOF), "--against", problem)
    assert (code, [row["verdict"] for row in rows]) == (0, ["proved"])


@pytest.mark.lean
def test_prove_prints_the_verified_file(lean: Installation) -> None:
    done = prover("prove", "(a b : Nat) (h : a < b) : a + 1 ≤ b", *QUICK)
    assert done.returncode == 0
    assert done.stdout.startswith("set_option autoImplicit false\n")
    assert "theorem goal (a b : Nat) (h : a < b) : a + 1 ≤ b := by" in done.stdout


@pytest.mark.lean
def test_prove_says_when_it_cannot(lean: Installation) -> None:
    done = prover("prove", "1 + 1 = 3", "--json", *QUICK)
    assert done.returncode == 1
    assert json.loads(done.stdout)["verdict"] == "unproved"
    unknown = prover("prove", "∀ x : Real, x = x", *QUICK)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "Real" in unknown.stderr


@pytest.mark.lean
def test_bench_scores_and_writes_proofs(lean: Installation, tmp_path: Path) -> None:
    rows = [
        {"name": "one", "statement": "theorem one : 1 + 1 = 2 := by sorry", "split": "valid"},
        {"name": "no", "statement": "theorem no : Nope.x = 2 := by sorry", "split": "valid"},
        {"name": "two", "statement": "theorem two : 1 + 1 = 2 := by sorry", "split": "test"},
    ]
    source = write(tmp_path, "minif2f.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    out = tmp_path / "out"
    done = prover(
        "bench", "minif2f", "--source", source, "--split", "valid", "--out", str(out), "--json",
        *QUICK,
    )  # fmt: skip
    score = json.loads(done.stdout)
    assert done.returncode == 0
    names = ("suite", "split", "problems", "supported", "proved", "inconclusive")
    assert [score[name] for name in names] == ["minif2f", "valid", 2, 1, 1, 0]
    assert [row["verdict"] for row in score["results"]] == ["proved", "unsupported"]
    assert len(score["statements_sha256"]) == 64
    assert score["store"] == "run", "a score rests on no earlier run"
    assert (out / "proofs" / "one.lean").is_file()
    assert json.loads((out / "bench.json").read_text()) == score
    assert score["layout"] == "jsonl" and score["curves"]["attempts"][0]["verified"] == 1
    assert len(score["driver_sha256"]) == 64 and score["config"]["lean"]["workers"] == 1
    compared = json.loads(prover("compare", str(out), str(out), "--json").stdout)
    assert compared["paired"][0]["pairs"] == 1 and compared["paired"][0]["p"] == 1.0


@pytest.mark.lean
@pytest.mark.slow
def test_a_model_that_is_down_is_3_and_the_run_can_be_resumed(
    lean: Installation, tmp_path: Path
) -> None:
    """With an endpoint that is not there."""
    config = write(
        tmp_path,
        "run.yaml",
        "problems: {source: problems, sets: [one_tactic], limit: 1}\nlean: {workers: 1}\n"
        "prover: [big]\nmodels:\n"
        "  big: {family: chat-prover, model: x, urls: ['http://127.0.0.1:9/v1']}\n",
    )
    run = tmp_path / "run"
    done = prover("run", config, "--out", str(run))
    assert done.returncode == 3, done.stderr
    assert "the model big at http://127.0.0.1:9/v1 does not answer" in done.stderr
    assert f"resume with: prover resume {run}" in done.stderr
    state = json.loads(prover("status", str(run), "--json").stdout)
    assert state["under_way"] == 1
    (asked,) = state["models"]
    assert asked["usage"]["requests"] == 1 and asked["usage"]["samples"] == 0


def test_a_linter_without_lean_reads_the_text(here: Call, tmp_path: Path) -> None:
    rows = [
        {"statement": "theorem one (x : ℝ) : x ^ (1 / 3) = 2 := by sorry"},
        {"statement": "theorem two : 1 + 1 = 2 := by sorry"},
    ]
    source = write(tmp_path, "some.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    done = here("lint", source, "--no-lean")
    assert done.returncode == 0 and "natural-exponent" in done.stdout
    assert "2 statements (jsonl), something to look at in 1" in done.stdout
    told = json.loads(here("lint", source, "--no-lean", "--json").stdout)
    assert told["rules"] == {"natural-exponent": 1} and not told["lean"]
