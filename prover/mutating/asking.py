"""A model as a source of new problems: shown a solved one, it writes others.

Self-play provers train a model for this (STP, Dong, Ma, arXiv 2502.00212); here any chat or
completion model may be asked, and what it writes is text like any other mutator's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Protocol

from prover.config import ModelConfig
from prover.errors import ModelRefused, UserError
from prover.lean import source
from prover.llm.client import Client
from prover.llm.family import Family
from prover.llm.messages import Message, Request
from prover.models import seed_of
from prover.mutating.forms import Mutant, Seed, after_name, said

MOST = 4
"""Statements that a model is asked for at once."""

PROMPT = """Here is a Lean 4 theorem with its proof.

```lean
{header}{proof}
```

Write {count} new theorems that are harder than this one but of the same kind: more general, with \
fewer or weaker hypotheses, or combining it with another fact. Use only definitions that stand \
above. Each must be true. Write statements only, each ending in `:= by sorry`, in one Lean code \
block.
"""
FENCE = re.compile(r"```(?:lean4?|tactics)?[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)


class Proposer(Protocol):
    async def propose(self, seed: Seed) -> Sequence[str]:
        """Statements, `theorem NAME binders : type`, made of a solved problem.

        Raises ModelError if there is nobody to ask."""
        ...


class ModelProposer:
    """A configured model; a request that it refuses brings nothing."""

    def __init__(self, name: str, config: ModelConfig, family: Family, client: Client) -> None:
        self._name, self._config, self._family, self._client = name, config, family, client
        self.refused = 0
        """Requests that the model would not serve."""

    async def propose(self, seed: Seed) -> Sequence[str]:
        try:
            reply = await self._client.sample(self.request(seed))
        except ModelRefused:
            self.refused += 1
            return []
        return [text for sample in reply.samples for text in statements(sample.text)]

    def request(self, seed: Seed) -> Request:
        config = self._config
        chance = seed_of(config.seed, seed.name, 0)
        sampling = self._family.sampled(
            1, chance, config.temperature, config.top_p, config.max_tokens
        )
        text = question(seed)
        if self._family.mode == "completion":
            # What ends a proof, the next theorem above all, would end the answer at once.
            sampling = replace(sampling, stop=())
            asked = Request(self._name, prompt=f"{text}\n```lean\n", sampling=sampling)
        else:
            asked = Request(self._name, (Message("user", text),), sampling=sampling)
        return replace(asked, goal=seed.name, purpose="conjecture")


def question(seed: Seed) -> str:
    header = seed.goal.header.strip()
    proof = seed.proof or f"{seed.goal.statement} := by sorry"
    return PROMPT.format(header=f"{header}\n\n" if header else "", proof=proof, count=MOST)


def statements(text: str) -> list[str]:
    """The theorems of an answer's code; what stands above and between them is left out."""
    text = text.rpartition("</think>")[2]
    blocks = FENCE.findall(text) or [text.partition("```")[0]]
    found = [each for block in blocks for each in theorems(block)]
    return found[: 2 * MOST]


def theorems(block: str) -> Iterator[str]:
    begins = [match.start() for match in source.theorems(block)]
    for start, end in pairwise([*begins, len(block)]):
        try:
            _, _, _, statement = source.split_problem(block[start:end])
            source.signature(statement)
        except UserError:
            continue
        yield statement


def mutants(seed: Seed, found: Sequence[str]) -> list[Mutant]:
    return [said("proposed", seed, after_name(statement), +1) for statement in found]
