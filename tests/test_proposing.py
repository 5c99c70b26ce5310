"""What becomes of what proposers say; the word of Lean's parser on it is written down here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import cast

import pytest
from run_events import Writer

from prover.config import SearchConfig
from prover.errors import ModelError
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode
from prover.lean.verifier import Verifier
from prover.proposing import Proposers, Proposing
from prover.provers import Experience
from prover.search import Action, next_action
from prover.types import Candidate, Goal, Proposal, Sketch, Split, Verdict

ASK = Action("ask-prover", "p")


class Saying:
    """A prover that says one thing, or fails."""

    name, stages, remote = "seven", 1, True

    def __init__(self, said: Proposal | Exception) -> None:
        self.said = said

    async def propose(
        self, node: GoalNode, stage: int, experience: Experience
    ) -> AsyncIterator[Sequence[Proposal]]:
        if isinstance(self.said, Exception):
            raise self.said
        yield [self.said]


class Parser:
    """In the place of a verifier: its word on any text."""

    def __init__(self, said: Split | Verdict) -> None:
        self.said, self.asked = said, 0

    async def split(self, goal: Goal, text: str) -> Split | Verdict:
        self.asked += 1
        return self.said


def opened() -> Writer:
    run = Writer()
    run.start()
    run.root("p", ": A ∧ B")
    return run


def proposing(
    run: Writer, said: Proposal | Exception, parser: Parser | None = None
) -> tuple[Proposing, list[tuple[Candidate | Sketch, Verdict]]]:
    """With the list of what is refused."""
    refused: list[tuple[Candidate | Sketch, Verdict]] = []
    made = Proposing(
        Proposers([Saying(said)], []),
        ProofGraph.of(run.events),
        cast(Verifier, parser),
        lambda goal, draft, verdict: refused.append((draft, verdict)),
    )
    return made, refused


def decide(made: Proposing, run: Writer) -> Action | None:
    return next_action(ProofGraph.of(run.events), "p", made.agendas, SearchConfig())


def test_a_goal_whose_model_failed_is_not_exhausted() -> None:
    """The search may look at it before the failure has ended the run."""
    run = opened()
    made, _ = proposing(run, ModelError("the model is down"))
    with pytest.raises(ModelError):
        asyncio.run(made.ask(ASK))
    assert decide(made, run) is None and made.agenda("p").at_work
