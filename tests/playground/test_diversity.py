from __future__ import annotations

from prover.playground.diversity import depth, entropy, hypotheses, last_tactic, report
from prover.playground.made import Made
from prover.types import Problem


def made(name: str, signature: str, key: str, header: str = "", proof: str = "") -> Made:
    standing = "proved" if proof else "open"
    problem = Problem(name, f"theorem {name} {signature}", header)
    return Made(problem, "sums", 1, key=key, standing=standing, proof=proof)  # type: ignore[arg-type]


ONE = made("one", "(a b : Nat) (h1 : a < b) : a + 3 < b + 3", "1", proof="by\n  omega")
SAME = made("same", "(x y : Nat) (h1 : x < y) : x + 4 < y + 4", "2")
OTHER = made("other", ": ∀ x : Nat, (∃ y : Nat, x < y) → ∃ z : Nat, x = z", "3")


def test_a_set_is_described() -> None:
    found = report({"a": [ONE, SAME, OTHER]})["files"]["a"]
    assert (found["problems"], found["distinct_goals"], found["shapes"]) == (3, 3, 2)
    assert found["hypotheses"] == {0: 1, 1: 2}
    assert found["quantifier_depth"] == {0: 2, 2: 1}
    assert found["standing"] == {"proved": 1, "open": 2}
    assert found["proofs"]["tactics"] == {"omega": 1}


def test_two_headers_are_two_problems() -> None:
    two = [made("a", "(n : Nat) : f n = n", "1", f"def f (n : Nat) := n + {k}\n") for k in (0, 1)]
    found = report({"a": two})["files"]["a"]
    assert (found["distinct_goals"], found["distinct_keys"]) == (2, 1)


def test_overlap_of_two_sets() -> None:
    rows = report({"a": [ONE, OTHER], "b": [SAME, ONE]})["overlap"]
    assert rows[0] == {"of": "a", "in": "b", "problems": 1, "keys": 1, "shapes": 1,
                       "ten_tokens": 1, "total": 2}  # fmt: skip
    assert rows[1]["shapes"] == 2


def test_entropy_is_in_bits() -> None:
    assert entropy({"a": 5, "b": 5}) == 1
    assert entropy({"a": 3}) == 0


def test_hypotheses_depth_and_tactics() -> None:
    assert hypotheses(made("a", "(p q : Prop) (h1 : p → q) (h2 : p) : q", "")) == 2
    assert depth(made("a", "(h1 : ∀ x : Nat, x = x) : ∃ x : Nat, ∀ y : Nat, x ≤ y", "")) == 2
    assert last_tactic("by\n  intro x\n  simp [f, g]") == "simp"
