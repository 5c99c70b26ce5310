"""Mathlib's names in core Lean: what proofs written with them come to on the real Lean."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from lean_client import LIMITS, Client

from prover.config import LeanConfig
from prover.lean import source, toolchain
from prover.lean.verifier import Unsupported, Verifier
from prover.session import fit
from prover.types import Problem

pytestmark = pytest.mark.lean

HEADER = toolchain.dialect() + "\n"
Z2 = "theorem t (a b : ℤ) (h : a < b)"


@pytest.fixture(scope="module")
def lean(runner: asyncio.Runner, verifier: Verifier) -> Client:
    return Client(runner, verifier)


PROVED = [
    ("theorem t (a b : ℕ) : (a + b) ^ 2 = a ^ 2 + 2 * a * b + b ^ 2", "by ring"),
    ("theorem t (a b : ℤ) : (a - b) * (a + b) = a ^ 2 - b ^ 2", "by ring"),
    ("theorem t (a b : ℚ) : (a + b) ^ 3 = a ^ 3 + 3*a^2*b + 3*a*b^2 + b ^ 3", "by ring_nf"),
    ("theorem t (x : ℤ) (h : x * 2 = 4) : x = 2", "by\n  ring_nf at h\n  linarith"),
    (f"{Z2} : a + 1 ≤ b", "by linarith"),
    (f"{Z2} : a - b < 0", "by linarith only [h]"),
    ("theorem t (x y : ℚ) (h : x + y = 5) (g : x - y = 1) : x = 3", "by linarith [h, g]"),
    ("theorem t (x : ℚ) (h : 2 * x + 3 = 8) : x = 5 / 2", "by linarith"),
    ("theorem t (a b : ℤ) : 2 * a * b ≤ a ^ 2 + b ^ 2", "by nlinarith [sq_nonneg (a - b)]"),
    ("theorem t (a b : ℚ) : 2 * a * b ≤ a ^ 2 + b ^ 2", "by nlinarith [sq_nonneg (a - b)]"),
    (
        "theorem t (a b : ℤ) (ha : 0 < a) (hb : 0 < b) : 0 < a * b + a",
        "by nlinarith [mul_pos ha hb, ha]",
    ),
    (
        "theorem t (a b : ℚ) (h : a + b = 3) (g : a - b = 1) : a = 2",
        "by linear_combination (h + g) / 2",
    ),
    ("theorem t : (2 : ℕ) ^ 10 % 7 = 2", "by norm_num"),
    ("theorem t : (3 : ℤ) * 5 - 20 = -5", "by norm_num"),
    ("theorem t : ¬ (4 : ℕ) ∣ 10", "by norm_num"),
    ("theorem t (f : ℕ → ℕ) (x : ℕ) (h : f x = 3) : f x + 2 = 5", "by norm_num [h]"),
    ("theorem t (x : ℤ) (h : 2 * x + 3 = 11) : x = 4", "by\n  norm_num at h\n  linarith"),
    ("theorem t (p : Prop) (h : p ∧ True) : p", "by\n  norm_num at *\n  exact h"),
    ("theorem t (a b : ℚ) (h : b ≠ 0) : (a + b) / b = a / b + 1", "by\n  field_simp"),
    ("theorem t (a b : ℚ) (h : b ≠ 0) : a / b * b = a", "by\n  field_simp [h]\n  ring"),
    ("theorem t (a b : ℤ) (ha : 0 < a) (hb : 0 < b) : 0 < a * b + a ^ 2", "by positivity"),
    ("theorem t (a : ℚ) : 0 ≤ a ^ 2", "by positivity"),
    ("theorem t (a b c : ℕ) (h : a ≤ b) : a * c ≤ b * c", "by gcongr"),
    ("theorem t : ∃ x : ℕ, x * x = 49", "by use 7"),
    ("theorem t : ∃ x y : ℕ, x + y = 7 ∧ x < y", "by\n  use 3, 4\n  norm_num"),
    (
        "theorem t : ∃ x : ℕ, x + 2 = 7 ∧ x < 9",
        "by\n  use 5\n  constructor\n  · norm_num\n  · norm_num",
    ),
    ("theorem t (p q : Prop) (hp : p) (hq : q) : ∃ _ : p, q", "by use hp, hq"),
    (
        "theorem t (h : ¬ ∀ x : ℕ, x < 5) : ∃ x : ℕ, 5 ≤ x",
        "by\n  push_neg at h\n  obtain ⟨x, hx⟩ := h\n  exact ⟨x, hx⟩",
    ),
    ("theorem t (a b : ℕ) : ¬ (a < b ∧ b < a)", "by\n  push_neg\n  intro h\n  omega"),
    ("theorem t (a b : ℕ) (h : ¬ a < b) : b ≤ a", "by\n  by_contra hc\n  omega"),
    (f"{Z2} : a ≠ b", "by\n  by_contra hc\n  rw [hc] at h\n  exact absurd h (Int.lt_irrefl _)"),
    (f"{Z2} : ¬ b ≤ a", "by\n  by_contra\n  linarith"),
    (
        "theorem t (a b : ℤ) (h : a * a < b) : 0 < b",
        "by\n  by_contra! hc\n  nlinarith [mul_self_nonneg a]",
    ),
    ("theorem t (p q : Prop) (h : p → q) : ¬q → ¬p", "by\n  contrapose!\n  exact h"),
    (
        "theorem t (p q : Prop) (h : p → q) (hq : ¬q) : ¬p",
        "by\n  contrapose! hq\n  exact h hq",
    ),
    ("theorem t (p q r : Prop) : (p ∧ q) ∨ r ↔ (p ∨ r) ∧ (q ∨ r)", "by tauto"),
    ("theorem t (p q r : Prop) (hp : p) (h : p → q) : q ∨ r", "by aesop"),
    (
        "theorem t (p q : Prop) (h : p ∨ q) : q ∨ p",
        "by\n  cases' h with hp hq\n  · right; exact hp\n  · left; exact hq",
    ),
    (
        "theorem t (p q : Prop) (h : p ∧ q) : q ∧ p",
        "by\n  cases' h with hp hq\n  exact ⟨hq, hp⟩",
    ),
    (
        "theorem t (n : ℕ) : 0 + n = n",
        "by\n  induction' n with n ih\n  · rfl\n  · linarith",
    ),
    (
        "theorem t (n : ℕ) : n < 2 ^ n",
        "by\n  induction' n using Nat.strong_induction_on with n ih\n"
        "  cases' n with m\n  · norm_num\n"
        "  · have := ih m (by linarith)\n    rw [pow_succ]\n    linarith",
    ),
    (
        "theorem t (x : ℕ) (h : x < 10) (g : x ^ 2 % 10 = 9) : x = 3 ∨ x = 7",
        "by\n  interval_cases x <;> simp_all",
    ),
    (
        "theorem t (x : ℤ) (h : -3 ≤ x) (g : x ≤ 2) (e : x * x = 9) : x = -3",
        "by\n  interval_cases x <;> omega",
    ),
    (
        "theorem t (p : ℕ → ℕ → Prop) (h : ∀ x, ∃ y, p x y) : ∃ f : ℕ → ℕ, ∀ x, p x (f x)",
        "by\n  choose f hf using h\n  exact ⟨f, hf⟩",
    ),
    (
        "theorem t (a b : ℕ) : (a + b) * (a + b) = (b + a) * (a + b)",
        "by\n  set s := a + b with hs\n  rw [hs]\n  ring",
    ),
    ("theorem t (a b : ℕ) (h : a = b) : a + a = b + a", "by nth_rw 1 [h]"),
    ("theorem t (a b : ℕ) (h : a = b) : a + 0 = b + 0", "by conv_lhs => rw [h]"),
    (
        "theorem t (x : ℤ) : (if 0 < x then 1 else 1) = 1",
        "by\n  split_ifs with h\n  · rfl\n  · rfl",
    ),
    (
        "theorem t (h : ∃ x : ℕ, 3 < x ∧ x < 5) : ∃ y : ℕ, y = 4",
        "by\n  rcases h with ⟨x, hx, hy⟩\n  refine' ⟨x, _⟩\n  linarith",
    ),
    (
        "theorem t (a b c : ℕ) : a + b + c = c + b + a",
        "by rw [add_comm (a + b) c, add_comm a b, add_assoc]",
    ),
    ("theorem t (n : ℕ) (h : (n : ℤ) = 3) : n = 3", "by exact_mod_cast h"),
]


@pytest.mark.parametrize(("statement", "body"), PROVED)
def test_a_proof_in_mathlib_s_words(lean: Client, statement: str, body: str) -> None:
    verdict = lean.judge(body, statement, HEADER)
    assert verdict.proved, verdict


FALSE = "theorem t (a b : ℤ) (h : a < b) : a + 2 ≤ b"


@pytest.mark.parametrize(
    "body",
    ["by ring", "by linarith", "by nlinarith [sq_nonneg (a - b), h]", "by norm_num", "by aesop",
     "by norm_num [h] at *", "by positivity", "by gcongr", "by tauto", "by field_simp",
     "by ring_nf", "by push_neg", "by\n  by_contra hc\n  push_neg at hc\n  linarith",
     "by interval_cases a", "by linear_combination h"],
)  # fmt: skip
def test_what_is_false_stays_so(lean: Client, body: str) -> None:
    verdict = lean.judge(body, FALSE, HEADER)
    assert (verdict.status, verdict.kind) == ("rejected", "elaboration"), verdict


@pytest.mark.parametrize(
    "word", ["polyrith", "measurability", "continuity", "fin_cases", "simp_rw", "norm_num1"]
)
def test_what_is_not_offered_is_refused_by_name(lean: Client, word: str) -> None:
    verdict = lean.judge(f"by\n  {word} at h", FALSE, HEADER)
    assert verdict.kind == "parse" and f"`{word}`" in verdict.reason


def test_its_words_may_still_be_names(lean: Client) -> None:
    statement = "theorem t (ring linarith norm_num tauto : ℕ) : ring + linarith = linarith + ring"
    assert lean.judge("by ring", statement, HEADER).proved


@pytest.mark.parametrize(
    ("body", "kind", "piece"),
    [
        ("by norm_num [(by native_decide : 1 = 2)]", "gate", "native_decide"),
        ("by nlinarith [(sorry : a + 2 ≤ b)]", "gate", "sorry"),
        ("by use (by run_tac pure ())", "gate", "run_tac"),
        ("by norm_num (config := by_elab pure default)", "gate", "configuration"),
        ("by macro_rules (kind := ring) | stx => `(tactic| skip)", "parse", ""),
        ('by linarith; macro "x" : tactic => `(tactic| skip)', "parse", ""),
    ],
)
def test_the_gate_looks_into_its_arguments(lean: Client, body: str, kind: str, piece: str) -> None:
    verdict = lean.judge(body, FALSE, HEADER)
    assert verdict.kind == kind and piece in verdict.reason, verdict


def test_without_it_nothing_of_it_is_known(lean: Client) -> None:
    verdict = lean.judge("by linarith", "theorem t (a b : Int) (h : a < b) : a + 1 ≤ b")
    assert verdict.kind == "parse" and "`linarith`" in verdict.reason


def test_a_changed_dialect_is_a_file_like_any_other(lean: Client) -> None:
    problem = Problem("t", FALSE, HEADER)
    changed = HEADER.replace("first | done | omega | grind)", "exact sorry)", 1)
    assert changed != HEADER
    verdict = lean.certify(f"{changed}\n{FALSE} := by linarith\n", problem)
    assert not verdict.proved
    assert lean.check(f"{changed}\n{FALSE} := by linarith\n", problem).refused


def test_a_file_under_it_is_certified(lean: Client) -> None:
    statement = f"{Z2} : a + 1 ≤ b"
    problem = Problem("t", statement, HEADER)
    assert lean.certify(f"{HEADER}\n{statement} := by linarith\n", problem).proved
    assert not lean.certify(
        f"{HEADER}\n{FALSE} := by linarith\n", Problem("t", FALSE, HEADER)
    ).proved
    alone = lean.check(f"{HEADER}\n{statement} := by linarith\n")
    assert [t.verdict.proved for t in alone.theorems] == [True]
    lemma = "theorem t (a b : ℤ) (h : 0 < a) (g : 0 < b) : 0 < a * b"
    whole = lean.certify(f"{HEADER}\n{lemma} := mul_pos h g\n", Problem("t", lemma, HEADER))
    assert whole.proved and set(whole.axioms) <= {"propext", "Classical.choice", "Quot.sound"}


def test_a_file_splits_under_it(lean: Client) -> None:
    text = f"import Mathlib\nlemma x (a : ℤ) : a = a := by ring\n{FALSE} := by\n  nlinarith [x a]\n"
    split = lean.split(text, FALSE, HEADER)
    assert [x.body for x in split.theorems] == ["by ring", "by\n  nlinarith [x a]"]
    assert split.error is None


def test_headers_get_it_by_configuration() -> None:
    problem = Problem("t", "theorem t (x : ℕ) : x = x", "import Mathlib\nopen Nat Real\n")
    (plain,), _ = fit([problem], LeanConfig())
    (dressed,), _ = fit([problem], LeanConfig(dialect="mathlib"))
    assert plain.header == source.CORE_NOTATION + "open Nat\n"
    assert dressed.header == HEADER + "open Nat\n"


def test_a_header_of_its_own_comes_after_it(lean: Client) -> None:
    header = HEADER + "def double (n : ℕ) : ℕ := n + n\n"
    assert lean.judge("by norm_num [double]", "theorem t : double 2 = 4", header).proved
    own = HEADER + "inductive Expr where\n  | lit (n : ℕ)\n"
    assert lean.judge("rfl", "theorem t : Expr.lit 1 = Expr.lit 1", own).proved
    broken = lean.try_open("theorem t : True", HEADER + 'def x : ℕ := "no"\n')
    assert isinstance(broken, Unsupported) and broken.reason.startswith("header: line ")


@pytest.mark.slow
def test_a_run_with_it_is_certified_and_checked_again(tmp_path: Path) -> None:
    problems = tmp_path / "problems" / "mine"
    problems.mkdir(parents=True)
    (problems / "one.lean").write_text(
        "import Mathlib\n\ntheorem one (a b : ℚ) (h : a < b) : a < b + 1 := by\n  sorry\n"
    )
    config = tmp_path / "run.yaml"
    config.write_text("problems: {source: problems}\nlean: {dialect: mathlib, cache: false}\n")
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}

    def prover(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", "from prover.cli import main; main()", *words], cwd=tmp_path,
            env=env, capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    prover("run", "run.yaml", "--out", "run")
    certificate = json.loads((tmp_path / "run" / "proofs" / "one.cert.json").read_text())
    assert certificate["verdict"] == "proved" and certificate["header"] == HEADER
    assert (tmp_path / "run" / "proofs" / "one.lean").read_text().startswith(HEADER)
    prover("recheck", "run")


def test_opening_a_statement_under_it_is_cheap(lean: Client) -> None:
    spent = []
    for i in range(5):
        reply = lean.ask("statement", header=f"{HEADER}-- {i}\n", statement="theorem t : 1 = 1")
        assert reply["ok"]
        verdict = lean.judge("rfl", "theorem t : 1 = 1", f"{HEADER}-- {i}\n", limits=LIMITS)
        spent.append(verdict.seconds)
    assert min(spent) < 1.0
