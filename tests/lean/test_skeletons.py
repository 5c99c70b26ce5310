"""Failed proofs cut and given to the real Lean as sketches."""

from __future__ import annotations

import asyncio

import pytest
from lean_client import Client

from prover.lean.verifier import Verifier
from prover.repair import ROUNDS, cut

pytestmark = pytest.mark.lean

BOTH = "theorem t (n : Nat) : n + 0 = n ∧ 0 + n = n"
ZERO = "theorem t (n : Nat) : 0 + n = n"
INDUCTION = "by\n  induction n with\n  | zero => rfl\n  | succ n ih =>"


@pytest.fixture(scope="module")
def lean(runner: asyncio.Runner, verifier: Verifier) -> Client:
    return Client(runner, verifier)


@pytest.mark.parametrize(
    ("statement", "body", "left"),
    [
        (BOTH, "by\n  constructor\n  · simp\n  · linarith", [": 0 + n = n"]),
        (BOTH, "by\n  constructor\n  · simp only [Nat.add_comm]\n  · omega", [": n + 0 = n"]),
        (BOTH, "by\n  constructor <;> decide", [": n + 0 = n", ": 0 + n = n"]),
        (BOTH, "by\n  refine ⟨?_, ?_⟩\n  all_goals decide", [": n + 0 = n", ": 0 + n = n"]),
        (BOTH, "⟨by simp, by skip⟩", [": 0 + n = n"]),
        (ZERO, f"{INDUCTION} skip", ["(ih : 0 + n = n) : 0 + (n + 1) = n + 1"]),
        (ZERO, f"{INDUCTION}\n    skip\n    skip", ["(ih : 0 + n = n) : 0 + (n + 1) = n + 1"]),
        (ZERO, "by\n  induction n with\n  | zero => rfl", ["0 + (x + 1) = x + 1"]),
        (ZERO, f"{INDUCTION.replace('n ih', '(n) ih')} omega", ["0 + (x + 1) = x + 1"]),
        (BOTH, "by\n  constructor <;> simp [,", [": n + 0 = n", ": 0 + n = n"]),
        (ZERO, "by\n  have h : n = n + 0 := foo n\n  omega", [": n = n + 0"]),
        (ZERO, "by\n  have h : n = n + 0 := by\n    foo\n  omega", [": n = n + 0"]),
        (ZERO, "by\n  have h : n = n + 0 := by skip\n  omega", [": n = n + 0"]),
        (ZERO, "by\n  obtain ⟨k, hk⟩ : ∃ k, k = n := foo\n  simp", [": ∃ k, k = n"]),
        (ZERO, "by\n  calc 0 + n = n + 0 := by foo\n    _ = n := by simp", [": 0 + n = n + 0"]),
        (ZERO, "by\n  simp\n  omega", []),
        (
            "theorem t (a b : Nat) (h : a = b) (g : b = 3) : a = 3",
            "by\n  rw [h, foo]\n  simp",
            ["(h : a = b) (g : b = 3) : b = 3"],
        ),
        (
            "theorem t (p q : Prop) (hp : p ∨ q) : q ∨ p",
            "by\n  cases hp with | inl h => left; exact h | inr h => left; exact h",
            ["(h : p) : q"],
        ),
    ],
)
def test_a_few_cuts_make_a_sketch(lean: Client, statement: str, body: str, left: list[str]) -> None:
    verdict = lean.judge(body, statement)
    for _ in range(ROUNDS):
        made = cut(body, verdict)
        assert made is not None, verdict
        body, compiled = made.body, lean.sketch(made.body, statement)
        verdict = compiled.verdict
        if verdict.proved:
            break
    assert verdict.proved, (body, verdict)
    assert [g.statement.endswith(end) for g, end in zip(compiled.goals, left, strict=True)] == (
        [True] * len(left)
    )


def test_a_rejected_sketch_says_where_it_breaks_off(lean: Client) -> None:
    body = "by\n  constructor\n  · sorry\n  · decide"
    verdict = lean.sketch(body, BOTH).verdict
    assert verdict.status == "rejected" and verdict.failing is not None
    assert (verdict.failing.line, verdict.failing.column) == (4, 4)
    assert verdict.failing.goals == ("case right\nn : Nat\n⊢ 0 + n = n",)
