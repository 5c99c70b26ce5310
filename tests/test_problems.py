"""Our own sets are well formed, every layout of miniF2F loads, and errors say where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover.config import ProblemsConfig
from prover.errors import UserError
from prover.lean import source
from prover.problems import load, load_benchmark, statements_sha256
from prover.types import Problem

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data"
MINIF2F = ROOT.parent / "shared" / "data" / "minif2f"
LEAST = {"one_tactic": 22, "several_steps": 22, "decomposition": 24, "false": 20}
OWN = [
    problem
    for name in LEAST
    for problem in load(ProblemsConfig(source=str(ROOT / "problems"), sets=[name]))
]


def minif2f(layout: str) -> Path:
    path = MINIF2F / layout
    if not path.exists():
        pytest.skip(f"no miniF2F in the layout {layout} beside this checkout")
    return path


@pytest.mark.parametrize(("name", "least"), LEAST.items())
def test_each_set_is_large_enough(name: str, least: int) -> None:
    assert sum(p.source == name for p in OWN) >= least


def test_all_sets_load_together_and_the_limit_cuts() -> None:
    config = ProblemsConfig(source=str(ROOT / "problems"), limit=5)
    assert len(load(config)) == 5
    assert len(load(config.model_copy(update={"limit": None}))) == len(OWN)


@pytest.mark.parametrize("problem", OWN, ids=lambda p: p.name)
def test_a_problem_ends_in_exactly_one_theorem_with_a_hole(problem: Problem) -> None:
    text = (ROOT / "problems" / problem.source / f"{problem.name}.lean").read_text()
    assert text.endswith(" := by\n  sorry\n")
    assert len(source.theorems(text)) == 1
    assert problem.informal and not source.imports(problem.header)
    assert "sorry" not in source.mask(problem.header + problem.statement)
    assert all(len(line) <= 100 for line in text.splitlines())


@pytest.mark.parametrize("problem", [p for p in OWN if p.source != "false"], ids=lambda p: p.name)
def test_the_known_proof_is_of_the_same_statement(problem: Problem) -> None:
    text = (DATA / "proofs" / problem.source / f"{problem.name}.lean").read_text()
    header, _, name, statement = source.split_problem(text)
    assert (name, header, statement) == (problem.name, problem.header, problem.statement)
    assert "sorry" not in source.mask(text)


@pytest.mark.parametrize("problem", [p for p in OWN if p.source == "false"], ids=lambda p: p.name)
def test_the_known_refutation_is_of_the_negation(problem: Problem) -> None:
    text = (DATA / "refutations" / f"{problem.name}.lean").read_text()
    header, _, _, statement = source.split_problem(text)
    binders, conclusion = source.signature(problem.statement)
    assert statement == f"theorem not_{problem.name} : ¬ ∀ {binders}, {conclusion}"
    assert header == problem.header
    assert "--" in text and "sorry" not in source.mask(text)


def test_no_proof_is_left_over() -> None:
    names = {p.name for p in OWN}
    kept = [*DATA.glob("proofs/*/*.lean"), *DATA.glob("refutations/*.lean")]
    assert {p.stem for p in kept} == names and len(kept) == len(names)


@pytest.mark.parametrize(
    ("folder", "layout"),
    [
        ("jsonl", "jsonl"),
        ("v2", "v2s"),
        ("v2/miniF2F_v2c.jsonl", "v2c"),
        ("file_per_problem", "file_per_problem"),
        ("file_per_split", "file_per_split"),
        (".", "jsonl"),
    ],
)
def test_minif2f_has_244_validation_problems_in_each_layout(folder: str, layout: str) -> None:
    taken, problems = load_benchmark("minif2f", minif2f(folder), "valid")
    assert (taken, len(problems)) == (layout, 244)
    for problem in problems:
        assert problem.statement.startswith(f"theorem {problem.name}")
        assert "sorry" not in problem.statement and not problem.statement.endswith(":=")
        assert "import" in problem.header and problem.source == "minif2f/valid"


def test_the_layouts_name_the_same_problems_but_for_v2_whose_split_is_another() -> None:
    layouts = ("jsonl", "file_per_problem", "file_per_split", "v2")
    names = [{p.name for p in load_benchmark("m", minif2f(k), "valid")[1]} for k in layouts]
    assert names[0] == names[1] == names[2]
    assert not names[0] & names[3]


def test_a_missing_split_is_named() -> None:
    with pytest.raises(UserError, match="no problems of the split test"):
        load_benchmark("minif2f", minif2f("jsonl"), "test")


def write(path: Path, *rows: object) -> ProblemsConfig:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return ProblemsConfig(source=str(path))


def test_plain_jsonl_needs_no_more_than_a_statement(tmp_path: Path) -> None:
    row = {"name": "b", "statement": "/-- one -/\ntheorem a : 1 = 1 := by", "split": "test"}
    expected = Problem("b", "theorem b : 1 = 1", "", "p", "test", "one")
    assert load(write(tmp_path / "p.jsonl", row)) == [expected]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"name": "a", "statem', "p.jsonl:2 is not valid JSON"),
        ("[1]", "p.jsonl:2 must be a JSON object"),
        ('{"name": "b"}', "p.jsonl:2 has neither statement"),
        ('{"name": 1, "statement": "theorem b : 1 = 1"}', "p.jsonl:2: name must be text"),
        ('{"name": "b", "statement": "def b := 1"}', "p.jsonl:2: there is no theorem"),
        ('{"name": "a", "statement": "theorem b : 1 = 1"}', "two problems named a"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    config = write(tmp_path / "p.jsonl", {"name": "a", "statement": "theorem a : 1 = 1"})
    with Path(config.source).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(UserError, match=message):
        load(config)


def test_other_input_errors_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist: give"):
        load(ProblemsConfig(source=str(tmp_path / "none")))
    with pytest.raises(UserError, match="holds no problems"):
        load(ProblemsConfig(source=str(tmp_path)))
    with pytest.raises(UserError, match="no problem set nope; it has decomposition"):
        load(ProblemsConfig(source=str(ROOT / "problems"), sets=["nope"]))
    (tmp_path / "a.lean").write_text("theorem b : 1 = 1 := by sorry")
    with pytest.raises(UserError, match="give file and theorem one name"):
        load(ProblemsConfig(source=str(tmp_path)))


def test_the_hash_depends_on_statements_only() -> None:
    one, two = Problem("a", "theorem a : 1 = 1"), Problem("b", "theorem b : 1 = 1")
    base = statements_sha256([one, two])
    assert base == statements_sha256([two, Problem("a", one.statement, source="x", informal="y")])
    assert base != statements_sha256([one, Problem("b", two.statement, header="open Nat\n")])
