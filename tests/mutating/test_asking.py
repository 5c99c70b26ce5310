"""A model as a source of problems: what it is asked, what is read of its answers."""

from __future__ import annotations

import asyncio

import pytest

from prover.config import ModelConfig
from prover.errors import ModelRefused
from prover.llm.family import load_family
from prover.llm.messages import Reply, Request
from prover.mutating.asking import ModelProposer, mutants, statements
from prover.mutating.forms import Seed
from tests.goals_by_hand import goal, var
from tests.llm.scripted import Scripted

ANSWER = """<think>Say `theorem no : 1 = 2`.</think>Here are some.

```lean
/-- Harder. -/
theorem first (n : Nat) : n + 0 = n := by
  sorry

def evil := 1

lemma second (m n : Nat) : m + n = n + m := by sorry
```
and
```lean4
theorem third : 1 = 1
```
"""
SEED = Seed(
    "p", goal("n = n", "Eq", var("n", "Nat")), "solved", "logic", 2,
    proof="theorem p (n : Nat) : n = n := rfl",
)  # fmt: skip


def proposer(family: str, client: object) -> ModelProposer:
    config = ModelConfig.model_validate({"family": family, "model": "m", "urls": ["http://x"]})
    return ModelProposer("m", config, load_family(family), client)  # type: ignore[arg-type]


def test_theorems_are_read_and_nothing_else() -> None:
    assert statements(ANSWER) == [
        "theorem first (n : Nat) : n + 0 = n",
        "theorem second (m n : Nat) : m + n = n + m",
        "theorem third : 1 = 1",
    ]
    assert statements("I cannot.") == [] == statements("theorem broken")


@pytest.mark.parametrize("family", ["chat-prover", "stp"])
def test_a_model_is_shown_the_proof(family: str) -> None:
    client = Scripted(lambda _: [ANSWER])
    found = asyncio.run(proposer(family, client).propose(SEED))
    (request,) = client.requests
    shown = request.prompt or request.messages[0].content
    assert SEED.proof in shown and request.purpose == "conjecture" and not request.sampling.stop
    made = mutants(SEED, found)
    assert [m.text for m in made][::2] == ["(n : Nat) : n + 0 = n", ": 1 = 1"]
    assert {(m.how, m.level, m.family, m.parents) for m in made} == {
        ("proposed", 3, "logic", ("p",))
    }


def test_a_refusal_brings_nothing() -> None:
    class Refusing:
        async def sample(self, request: Request) -> Reply:
            raise ModelRefused("too long")

    asked = proposer("chat-prover", Refusing())
    assert asyncio.run(asked.propose(SEED)) == [] and asked.refused == 1
