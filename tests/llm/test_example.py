"""What prompts and training rows rest on, asked of Lean: the sketch shown, the form of scripts."""

from __future__ import annotations

import asyncio

import pytest

from prover.lean.source import split_declaration
from prover.lean.verifier import Verifier
from prover.llm.family import load_family
from prover.llm.prompts import Asked, first_request, tiny_row
from prover.llm.replies import blocks, parse
from prover.types import Candidate, Goal, Limits, Sketch


@pytest.mark.lean
def test_the_example_compiles_and_its_steps_are_goals(
    verifier: Verifier, runner: asyncio.Runner
) -> None:
    asked = Asked("t", "theorem t : 1 = 1")
    question = first_request(load_family("chat-decomposer"), asked).messages[-1].content
    *_, example = blocks(question)
    statement, body = split_declaration(example.code)
    goal, sketch = Goal("example", "example", statement), Sketch(body, "example")
    compiled = runner.run(verifier.sketch(goal, sketch, "s1", Limits()))
    assert compiled.verdict.proved and len(compiled.holes) == 3
    assert [each.binders[-1].name for each in compiled.goals] == ["n", "h", "h"]


STATEMENT = "theorem t (n : Nat) (h : n = 0 + n) : n * 0 = 0 ∧ 0 + n = n"
BODIES = [
    "⟨rfl, h.symm⟩",
    "by omega",
    "by\n  constructor\n  · rfl\n  · exact h.symm",
    "by constructor\n   · rfl\n   · exact h.symm",
    "by exact And.intro\n    rfl\n    h.symm",
    "by\n      exact And.intro\n        rfl\n          h.symm",
    "by induction n with\n  | zero => simp\n  | succ n ih =>\n    constructor\n    all_goals omega",
    "by refine ⟨?_, ?_⟩ <;>\n  omega",
    "by\n  first\n  | fail\n  | exact ⟨rfl, by\n      omega⟩",
]


@pytest.mark.lean
@pytest.mark.parametrize("body", BODIES)
def test_a_proof_is_one_after_a_training_row(
    verifier: Verifier, runner: asyncio.Runner, body: str
) -> None:
    family, asked = load_family("subgoal-tiny"), Asked("t", STATEMENT)
    answer = tiny_row(family, asked, body)[1]
    code = parse(family, first_request(family, asked), answer).code
    statement, after = split_declaration(code)
    assert statement == STATEMENT
    for proof in (body, after):
        goal, candidate = Goal("t", "t", STATEMENT), Candidate(proof, "test")
        verdict = runner.run(verifier.judge(goal, candidate, Limits()))
        assert verdict.proved, f"{proof}\n{verdict.reason}"
