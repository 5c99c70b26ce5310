"""`prover trace` on a small repository with the real Lean, and LeanDojo's objects by stand-ins."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from prover import dojo, problems, tracing
from prover.cli_app import app
from prover.config import ProblemsConfig
from prover.errors import SetupError, UserError
from prover.lean.verifier import Verifier
from prover.traced import Found, header_before, problem_rows, theorem

BASIC = """import Lean
/-! A file. -/
open Nat

def double (n : Nat) : Nat := n + n
notation "⟪" n "⟫" => double n

namespace Twice
variable (n : Nat)

/-- It is even. -/
@[simp] theorem even : ⟪n⟫ % 2 = 0 := by
  sorry

theorem zero : ⟪0⟫ = 0 := rfl

theorem equations : ∀ n : Nat, n = n
  | 0 => rfl
  | _ + 1 => rfl

theorem cites : ⟪n⟫ % 2 = 0 := by simp only [even]

open List in
/-- Of lists. -/
theorem lists (xs : List Nat) : length xs = length (reverse xs) := sorry
end Twice

theorem zero (xs : List Nat) : xs ++ [] = xs := by
  have : 1 = 1 := sorry
  simp
def later : Nat := sorry
theorem bad : Nope := sorry
"""
MATHLIB = "import Mathlib\ntheorem x : 1 = 1 := sorry\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "Sub").mkdir(parents=True)
    (folder / ".lake").mkdir()
    (folder / "Basic.lean").write_text(BASIC)
    (folder / "Sub" / "More.lean").write_text(MATHLIB)
    (folder / ".lake" / "Built.lean").write_text(MATHLIB)
    (folder / "lakefile.lean").write_text("import Lake")
    return folder


@pytest.mark.lean
def test_a_repository_of_core_lean(
    runner: Any, verifier: Verifier, repository: Path, tmp_path: Path
) -> None:
    found = runner.run(tracing.trace(verifier, repository))
    rows = problem_rows(found.theorems, True)
    assert [(r["name"], r["line"], r.get("reference")) for r in rows] == [
        ("even", 12, None),
        ("zero", 15, "rfl"),
        ("equations", 17, "fun\n  | 0 => rfl\n  | _ + 1 => rfl"),
        ("lists", 25, None),
        ("zero_2", 28, None),
    ]
    names = [p.name for p in found.premises]
    assert names == ["Twice.zero", "Twice.equations"]
    lists = rows[3]
    assert lists["informal_prefix"] == "Of lists."
    assert "sorry" not in lists["header"] and "even" not in lists["header"]
    assert lists["header"].endswith("open List\n")
    starts = [line.partition(": ")[0] for line in found.skipped]
    assert starts == [
        "Basic.lean:21", "Basic.lean:32", "Basic.lean:31",
        "Sub/More.lean imports Mathlib, which core Lean has not",
    ]  # fmt: skip
    assert "the proof of cites is not accepted" in found.skipped[0]
    assert "bad does not elaborate" in found.skipped[1]
    # What is written is what a run reads, and Lean takes every statement in its header.
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in problem_rows(found.theorems, False)))
    read = problems.load(ProblemsConfig(source=str(file)))
    assert [(p.name, p.informal) for p in read][:2] == [
        ("even", "It is even."),
        ("lists", "Of lists."),
    ]
    assert read[-1].statement.startswith("theorem zero ")


@pytest.mark.lean
def test_the_command(repository: Path, tmp_path: Path) -> None:
    out, premises = tmp_path / "p.jsonl", tmp_path / "q.jsonl"
    file = tmp_path / "One.lean"
    file.write_text("theorem a : 1 = 1 := rfl\ntheorem b : 2 = 2 := by sorry\n")
    words = ["trace", str(file), "--out", str(out), "--premises", str(premises)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.stderr
    assert "reading files of core Lean alone (it is a single file)" in done.stderr
    assert [json.loads(line)["name"] for line in out.read_text().splitlines()] == ["b"]
    assert json.loads(premises.read_text()) == {
        "name": "a", "statement": "theorem a : 1 = 1", "file": "One.lean", "line": 1,
        "kind": "theorem",
    }  # fmt: skip


def test_what_cannot_be_traced_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        tracing.lean_files(tmp_path / "nowhere")
    with pytest.raises(UserError, match="holds no Lean file"):
        tracing.lean_files(tmp_path)


def test_a_theorem_without_proof_above_is_no_part_of_the_header() -> None:
    text = (
        "module\nimport Lean\n/-- one -/\ntheorem a : P := sorry\ndef x := 1\ntheorem b : Q := c\n"
    )
    a, b = text.index("theorem a"), text.index("theorem b")
    above = [Found(a, a, text.index("\ndef"), True), Found(b, b, len(text), False)]
    header, _ = header_before(text, b, above)
    assert header == "import Lean\n\ndef x := 1\n"


def test_a_proof_by_equations_is_a_function() -> None:
    text = "theorem a : P\n  | 0 => rfl\n  | _ + 1 => rfl\n"
    found = Found(0, text.index("|"), len(text), False)
    assert theorem(text, found, [], "A.lean").proof == "fun\n  | 0 => rfl\n  | _ + 1 => rfl"


def test_what_is_opened_for_one_theorem_goes_with_it() -> None:
    text = "def x := 1\nopen A in\nset_option b true in\n/-- it -/\ntheorem a : P := sorry\nend\n"
    at = text.index("theorem")
    assert header_before(text, at, []) == ("def x := 1\nopen A\nset_option b true\n", "it")
    place = Found(at, at, text.index("\nend"), True)
    assert header_before(text, len(text), [place])[0] == "def x := 1\n\nend\n"


# LeanDojo: the objects as its version 4.20 documents them


@dataclass(frozen=True)
class Pos:
    line_nb: int
    column_nb: int


@dataclass
class Theorem:
    """A `TracedTheorem` of TEXT; `sign` says whether its proof's node begins with `:=`."""

    text: str
    name: str
    repo: str
    sign: bool = False
    cites: tuple[str, ...] = ()

    def get_premise_full_names(self) -> list[str]:
        return list(self.cites)

    @property
    def theorem(self) -> Any:
        return SimpleNamespace(full_name=self.name)

    @property
    def start(self) -> Pos:
        return self.pos(self.text.index(f"theorem {self.name}"))

    def locate_proof(self) -> tuple[Pos, Pos]:
        at = self.text.index(":=", self.text.index(f"theorem {self.name}"))
        end = self.text.find("\n\n", at)
        return self.pos(at if self.sign else at + 3), self.pos(end if end > 0 else len(self.text))

    def pos(self, offset: int) -> Pos:
        before = self.text[:offset]
        return Pos(before.count("\n") + 1, offset - before.rfind("\n"))


DOJO = """import Mathlib

open Nat

/-- Half. -/
@[simp] theorem half (x : ℝ) : x / 2 + x / 2 = x := by
  sorry

theorem whole : 1 = 1 := by rfl

theorem third (h : 1 = 1 := by rfl) : 3 = 3 := by
  simp

theorem leans : 4 = 4 := by exact half
"""


def traced_repo(sign: bool) -> Any:
    own = [Theorem(DOJO, name, "mine", sign) for name in ("half", "whole", "third")]
    own.append(Theorem(DOJO, "leans", "mine", sign, ("half",)))
    own[2].locate_proof = lambda: (Pos(11, 45 if sign else 48), Pos(12, 7))  # type: ignore[method-assign]
    rows = [
        {"full_name": n, "code": f"theorem {n}", "start": [1, 1], "end": [1, 9], "kind": "theorem"}
        for n in ("half", "whole", "leans")
    ]
    file = SimpleNamespace(
        path=Path("A.lean"),
        lean_file=SimpleNamespace(code=DOJO.splitlines()),
        get_traced_theorems=lambda: [*own, Theorem(DOJO, "whole", "mathlib")],
        get_premise_definitions=lambda: rows,
    )
    return SimpleNamespace(repo="mine", traced_files=[file])


@pytest.mark.parametrize("sign", [False, True])
def test_what_leandojo_traced(sign: bool) -> None:
    found = dojo.read(traced_repo(sign))
    half, whole, third = found.theorems
    assert (half.statement, half.proof) == ("theorem half (x : ℝ) : x / 2 + x / 2 = x", "")
    assert (half.header, half.informal, half.line) == ("import Mathlib\n\nopen Nat\n", "Half.", 6)
    assert (whole.statement, whole.proof) == ("theorem whole : 1 = 1", "by rfl")
    assert whole.header == "import Mathlib\n\nopen Nat\n"
    assert third.statement == "theorem third (h : 1 = 1 := by rfl) : 3 = 3"
    assert third.proof == "by\n  simp"
    assert [p.name for p in found.premises] == ["whole"]
    assert found.skipped == ("A.lean: the proof of leans cites a `sorry`",)


def test_leandojo_is_asked_for_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dojo.importlib.util, "find_spec", lambda name: None)
    assert "LeanDojo" in dojo.lack()
    monkeypatch.setattr(dojo.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert dojo.lack() == "LeanDojo needs `git` and `lake` and `lean` on PATH"
    with pytest.raises(UserError, match="git repository with a lean-toolchain"):
        dojo.trace(tmp_path)


def test_leandojo_that_gives_up_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise ConnectionError("api.github.com")

    stand_in = SimpleNamespace(LeanGitRepo=SimpleNamespace(from_path=fail))
    monkeypatch.setitem(sys.modules, "lean_dojo", stand_in)
    monkeypatch.delenv("DISABLE_REMOTE_CACHE", raising=False)
    (tmp_path / ".git").mkdir()
    (tmp_path / "lean-toolchain").write_text("x")
    with pytest.raises(SetupError, match="LeanDojo cannot trace .*: api.github.com"):
        dojo.trace(tmp_path)
