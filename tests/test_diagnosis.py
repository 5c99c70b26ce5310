"""Why a sketch failed, from hand-written events."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from run_events import PROVED, REJECTED, Writer, inconclusive

from prover.diagnosis import step_text
from prover.graph import ProofGraph
from prover.graph_nodes import NEGATION_PROVED, Diagnosis, own_failures
from prover.types import Candidate, Event, Failing, Hole, Sketch

STEPS = ("h", "k", "l", "m", "n")
BODY = "by\n" + "".join(f"  have {name} : {name.upper()} := by sorry\n" for name in STEPS) + "  x"


def failed(events: list[Event], goal: str = "p") -> list[Diagnosis]:
    return ProofGraph.of(events).goals[goal].failures


def told(run: Writer) -> dict[str, tuple[str, str]]:
    (found,) = failed(run.events)
    return {step.text.split()[1]: (step.outcome, step.why) for step in found.steps}


def five() -> tuple[Writer, list[str]]:
    run = Writer()
    run.start()
    run.root("p", ": A")
    return run, run.sketch("p", 0, "large:sketch", BODY, [f": {name.upper()}" for name in STEPS])


def test_every_step_has_its_outcome() -> None:
    run, (h, k, slow, m, n) = five()
    run.attempt(h, "portfolio:omega", PROVED)
    run.attempt(k, "portfolio:omega", REJECTED)
    run.attempt(slow, "portfolio:simp", inconclusive("timeout"))
    run.attempt(m, "portfolio:omega", REJECTED)
    assert not failed(run.events), "it may still come to something"
    run.refute(n, PROVED, "n = 3")
    assert told(run) == {
        "h": ("proved", ""),
        "k": ("undecided", "the sketch had failed before it was its turn"),
        "l": ("undecided", "the sketch had failed before it was its turn"),
        "m": ("undecided", "the sketch had failed before it was its turn"),
        "n": ("wrong", "n = 3"),
    }


def test_what_is_too_hard_and_what_nobody_knows() -> None:
    run, (h, *_) = five()
    run.attempt(h, "portfolio:simp", inconclusive("timeout"))
    run.attempt(h, "portfolio:grind", inconclusive("memory"))
    run.exhaust(h)
    assert told(run)["h"] == ("undecided", "no attempt could be judged (1 timeout, 1 memory)")
    run, (h, *_) = five()
    run.attempt(h, "portfolio:simp", inconclusive("timeout"))
    run.attempt(h, "portfolio:omega", REJECTED)
    run.failed_sketch(h, 1, "structural:cases")
    run.exhaust(h)
    assert told(run)["h"] == (
        "hard", "2 proofs and 1 sketch (portfolio:simp, portfolio:omega, structural:cases)"
    )  # fmt: skip
    run, (h, *_) = five()
    run.exhaust(h)
    assert told(run)["h"] == ("hard", "the same goal was given up elsewhere")
    run, (h, *_) = five()
    run.refute(h, PROVED)
    assert ProofGraph.of(run.events).goals[h].refuted == NEGATION_PROVED
    assert told(run)["h"] == ("wrong", ""), "there are no values"


def test_where_a_models_last_proof_broke_off_is_told() -> None:
    run, (h, *_) = five()
    for number, goals in enumerate((("a ⊢ A",), ("b ⊢ B", "⊢ C"), ())):
        candidate = Candidate(
            f"by simp [{number}]", "small:sample", sample=f"{h}#small.0.{number}.0"
        )
        verdict = replace(REJECTED, failing=Failing(1, 3, goals))
        run.add("attempt", goal=h, candidate=asdict(candidate), verdict=asdict(verdict))
    run.exhaust(h)
    (found,) = failed(run.events)
    assert found.steps[0].left == ("b ⊢ B", "⊢ C")


def test_a_diagnosis_is_of_the_moment_of_failure() -> None:
    """What is heard later changes nothing: a resumed run asks what was asked before."""
    run, (h, k, *_) = five()
    run.refute(k, PROVED, "n = 3")
    before = failed(run.events)
    run.attempt(h, "portfolio:omega", PROVED)
    run.refute(h, PROVED, "n = 4")
    assert failed(run.events) == before and len(before) == 1


def test_failures_go_upward_and_come_in_their_order() -> None:
    """A hole whose own sketch failed is too hard, and its sketch fails with it."""
    run, (h, k, *_) = five()
    (deep,) = run.sketch(h, 1, "structural:cases", "by\n  cases x\n  · sorry", [": D"])
    run.exhaust(h)
    assert not failed(run.events)
    (other,) = run.sketch("p", 2, "large:repair", "by\n  sorry", [": E"])
    run.refute(other, PROVED, "n = 1")
    run.refute(deep, PROVED, "n = 2")
    assert [f.sketch_id for f in failed(run.events)] == ["p/2", "p/0"]
    assert [f.steps[0].outcome for f in failed(run.events, h)] == ["wrong"]
    assert failed(run.events)[1].steps[0].why.startswith("0 proofs and 1 sketch")


def test_whose_a_failed_sketch_is() -> None:
    run, _ = five()
    graph = ProofGraph.of(run.events)
    node = graph.goals["p"]
    for by, sample in (("large:sketch", "s"), ("large:sketch", ""), ("repair:large:sketch", "s"),
                       ("larger:sketch", "s"), ("large:refine", "t")):  # fmt: skip
        node.failures.append(Diagnosis(by, Sketch("by sorry", by, sample), ()))
    assert [f.sketch_id for f in own_failures(node, "large")] == ["large:sketch", "large:refine"]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("by\n  have h : A := by sorry\n  x", "have h : A := by sorry"),
        ("by\n  skip\n  have h : A\n      ∧ B := by\n    sorry\n  x",
         "have h : A\n    ∧ B := by\n  sorry"),
        ("by\n  have k : B := by\n    simp\n  sorry", "sorry"),
        ("by\n  induction n with\n  | zero => rfl\n  | succ n ih => sorry", "| succ n ih => sorry"),
        ("by\n  induction n with\n  | zero => rfl\n  | succ n ih =>\n    sorry",
         "| succ n ih =>\n  sorry"),
        ("by\n  constructor\n  · simp\n  · sorry", "· sorry"),
        ("by\n  have l : ∀ n, A n := by try clear k; try clear m; sorry\n  exact (by x)",
         "have l : ∀ n, A n := by sorry"),
        ("by sorry", "by sorry"),
    ],
)  # fmt: skip
def test_the_part_of_a_sketch_that_a_hole_proves(body: str, wanted: str) -> None:
    start = body.index("sorry")
    assert step_text(body, Hole("p/0.0", start, start + 5, "x")) == wanted
