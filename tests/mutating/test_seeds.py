"""What is taken from runs: solved, failed and refuted problems, and steps of proofs."""

from __future__ import annotations

from prover.graph import ProofGraph
from prover.mutating.seeds import Seeds, seeds
from tests.run_events import PROVED, Writer, demo_events, direct


def of_demo(families: dict[str, tuple[str, int]] | None = None) -> Seeds:
    return seeds([ProofGraph.of(demo_events())], families)


def test_solved_and_failed_problems() -> None:
    found = of_demo({"sum_odd_is_square": ("sums", 3)})
    solved = {seed.name: seed for seed in found.solved}
    assert {"lt_irrefl_of_le", "sum_odd_is_square"} <= set(solved)
    assert solved["lt_irrefl_of_le"].body == "by omega"
    assert (solved["lt_irrefl_of_le"].family, solved["lt_irrefl_of_le"].level) == ("mutated", 1)
    sums = solved["sum_odd_is_square"]
    assert (sums.family, sums.level, sums.body) == ("sums", 3, "")  # it needs lemmas
    assert "theorem aux" in sums.proof and sums.proof.count("theorem ") == 6
    assert "goldbach_small" in {seed.name for seed in found.failed}


def test_steps_of_proofs_and_of_failures() -> None:
    found = of_demo({"sum_odd_is_square": ("sums", 3)})
    steps = [seed.goal.id for seed in found.lemmas]
    assert "sum_odd_is_square/2.0" in steps and "sum_odd_is_square/0.0" not in steps
    assert {seed.family for seed in found.lemmas} == {"sums"}
    (brought,) = found.brought
    assert brought.text == "(a : Nat) : a ^ 2 = a * a"
    assert brought.bodies == ("by simp [Nat.pow_two]",)
    assert {seed.goal.problem for seed in found.holes} == {"goldbach_small"}


def test_values_that_were_put_in_are_no_lemmas() -> None:
    run = Writer()
    run.start()
    goal = run.root("even", "(n : Nat) : ∃ k, n = k")
    run.sketch(
        goal, 0, "structural:witness", "by\n  refine ⟨1, ?_⟩\n  sorry", ["(n : Nat) : n = 1"]
    )
    run.sketch(goal, 1, "structural:induction", "by\n  sorry", ["(n : Nat) : n = n"])
    found = seeds([ProofGraph.of(run.events)])
    assert [seed.goal.id for seed in found.holes] == ["even/1.0"]


def test_what_one_run_solved_is_solved() -> None:
    run, other = Writer(), Writer()
    for each in (run, other):
        each.start()
    direct(run)
    goal = other.root("lt_irrefl_of_le", "(a b : Nat) (h : a ≤ b) : ¬ b < a")
    false = other.root("false", "(a : Nat) : a = 0")
    other.refute(false, PROVED, "a = 1")
    assert goal == "lt_irrefl_of_le"
    graphs = [ProofGraph.of(each.events) for each in (run, other)]
    for order in (graphs, graphs[::-1]):
        found = seeds(order)
        assert [seed.name for seed in found.solved] == ["lt_irrefl_of_le"] and not found.failed
        assert [seed.name for seed in found.refuted] == ["false"]
