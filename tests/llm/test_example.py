"""The sketch that decomposers are shown is one that Lean accepts."""

from __future__ import annotations

import asyncio

import pytest

from prover.lean.source import split_declaration
from prover.lean.verifier import Verifier
from prover.llm.family import load_family
from prover.llm.prompts import Asked, first_request
from prover.llm.replies import blocks
from prover.types import Goal, Limits, Sketch


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
