"""What becomes of what proposers say; the word of Lean's parser on it is written down here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict, replace
from typing import cast

import pytest
from run_events import REJECTED, Writer, inconclusive
from scripted import Scripted

from prover.config import ModelConfig, SearchConfig
from prover.errors import ModelError
from prover.graph import ProofGraph
from prover.graph_nodes import Diagnosis, GoalNode, Records
from prover.lean.verifier import Verifier
from prover.llm.family import load_family
from prover.llm.messages import Reply, Request
from prover.models import ModelProposer
from prover.proposing import Proposers, Proposing
from prover.search import Action, Refining, next_action
from prover.types import (
    Candidate,
    Draft,
    Failing,
    Goal,
    Proposal,
    Sketch,
    Split,
    SplitTheorem,
    Verdict,
)

ASK = Action("ask-prover", "p")


class Saying:
    """A prover that says one thing, or fails."""

    name, stages, remote = "seven", 1, True

    def __init__(self, said: Proposal | Exception) -> None:
        self.said = said

    async def propose(
        self, node: GoalNode, stage: int, records: Records
    ) -> AsyncGenerator[Sequence[Proposal], None]:
        if isinstance(self.said, Exception):
            raise self.said
        yield [self.said]

    def forget(self, goal: str) -> None:
        pass


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
        SearchConfig(repair=True),
    )
    return made, refused


def decide(made: Proposing, run: Writer) -> Action | None:
    return next_action(ProofGraph.of(run.events), "p", made.agendas, SearchConfig(refute=False))


def test_a_goal_whose_model_failed_is_not_exhausted() -> None:
    """The search may look at it before the failure has ended the run."""
    run = opened()
    made, _ = proposing(run, ModelError("the model is down"))
    with pytest.raises(ModelError):
        asyncio.run(made.ask(ASK))
    assert decide(made, run) is None and made.agenda("p").at_work


DRAFT = Draft("theorem p : A ∧ B := by\n  (", "seven:sample", "p#seven.0.0.0")


def test_a_cancelled_question_ends_with_all_its_requests() -> None:
    """Also while Lean reads one of the answers."""

    class Stuck(Parser):
        async def split(self, goal: Goal, text: str) -> Split | Verdict:
            await asyncio.sleep(60.0)
            return await super().split(goal, text)

    class Slow(Scripted):
        async def sample(self, request: Request) -> Reply:
            self.seconds = 0.0 if not self.requests else 60.0
            return await super().sample(request)

    client = Slow(lambda request: ["```lean4\ntheorem p : A ∧ B := by\n  simp\n```"])
    config = ModelConfig(family="goedel-prover-v2", urls=["http://x/v1"], model="x")
    prover = ModelProposer("seven", config, load_family(config.family), client)
    graph = ProofGraph.of(opened().events)
    lean = cast(Verifier, Stuck(REJECTED))
    made = Proposing(Proposers([prover], []), graph, lean, lambda *_: None)

    async def main() -> int:
        task = asyncio.ensure_future(made.ask(ASK))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.wait({task})
        return client.cancelled

    assert asyncio.run(main()) == 1


def test_what_was_refused_before_the_run_was_resumed_is_not_counted_again() -> None:
    run, wrong = opened(), Verdict("rejected", "unexpected end", "parse", 2, 3)
    made, refused = proposing(run, DRAFT, Parser(wrong))
    asyncio.run(made.ask(ASK))
    ((draft, verdict),) = refused
    assert isinstance(draft, Candidate) and verdict == wrong
    run.add("attempt", goal="p", candidate=asdict(draft), verdict=asdict(verdict))
    again, refused = proposing(run, DRAFT, Parser(wrong))
    asyncio.run(again.ask(ASK))
    assert refused == []


def test_a_text_that_could_not_be_read_is_not_tried_as_a_proof() -> None:
    """It would come out rejected, for what was the machine's fault."""
    run, lost = opened(), inconclusive("timeout")
    made, refused = proposing(run, DRAFT, Parser(lost))
    asyncio.run(made.ask(ASK))
    ((draft, verdict),) = refused
    assert verdict == lost
    event = {"goal": "p", "verdict": asdict(verdict)}
    if isinstance(draft, Candidate):
        run.add("attempt", **event, candidate=asdict(draft))
    else:
        run.add("sketch", **event, sketch_id="p/x", sketch=asdict(draft), holes=[], goals=[])
    run.add("exhausted", goal="p", what="prover")
    made.agenda("p").decomposing.under_way = True
    assert decide(made, run) is None, "there is nothing to try again while the model is asked"
    graph = ProofGraph.of(run.events)
    assert graph.totals("p").inconclusive == {"timeout": 1}


FAILED = Candidate("by\n  constructor\n  omega", "portfolio:simp;omega")
LEFT = Verdict("rejected", "no", "elaboration", 3, 2, failing=Failing(3, 2, ("⊢ A", "⊢ B")))


def test_a_failed_script_is_learned_from_and_again_when_the_run_is_resumed() -> None:
    run = opened()
    made, _ = proposing(run, FAILED)
    made.learn("p", FAILED, LEFT)
    (found,) = made.agenda("p").repairs
    assert found.made.body == "by\n  constructor\n  sorry; sorry"
    run.attempt("p", FAILED.by, LEFT, FAILED.body)
    again, _ = proposing(run, FAILED)
    again.relearn(run.events)
    assert again.agenda("p").repairs == [found]
    off = Proposing(
        Proposers([], []), ProofGraph.of(run.events), cast(Verifier, None), lambda *_: None,
        SearchConfig(repair=False),
    )  # fmt: skip
    off.relearn(run.events)
    assert off.agenda("p").repairs == []


def test_the_smallest_is_tried_first_and_the_same_once() -> None:
    made, _ = proposing(opened(), FAILED)
    for tactic, goals in (("a", ("⊢ A ∧ A ∧ A",)), ("b", ("⊢ B",)), ("c", ("⊢ B",))):
        failed = Candidate(f"by\n  {tactic}\n  omega", f"portfolio:{tactic}")
        made.learn("p", failed, replace(LEFT, failing=Failing(3, 2, goals)))
    bodies = [each.made.body for each in made.agenda("p").repairs]
    assert bodies == ["by\n  b\n  sorry", "by\n  a\n  sorry"]


def test_what_is_refined_comes_before_what_is_still_to_be_tried() -> None:
    """The model is asked in a stage of its own; what it says then is no late idea."""
    run = opened()
    run.add("exhausted", goal="p", what="prover")
    tried = Sketch("by\n  left\n  sorry", "large:sketch", "p#large.0.0.0")
    run.sketch("p", 0, tried.by, tried.body, [": A"], sample=tried.sample)
    client = Scripted(lambda request: ["```lean4\ntheorem p : A ∧ B := by\n  sorry\n```"])
    config = ModelConfig(family="chat-decomposer", urls=["http://x/v1"], model="x")
    large = ModelProposer("large", config, load_family(config.family), client)
    body = SplitTheorem("p", "theorem p : A ∧ B", "by\n  sorry", 1, 21, sorry=True)
    graph = ProofGraph.of(run.events)
    lean = cast(Verifier, Parser(Split((body,), 0)))
    made = Proposing(Proposers([], [large]), graph, lean, lambda *_: None)
    agenda, ask = made.agenda("p"), Action("ask-decomposer", "p")
    asyncio.run(made.ask(ask))
    assert agenda.refining == {"large": Refining(most=1, stages=2)} and len(client.requests) == 2
    late = Sketch("by\n  right\n  sorry", "structural:right")
    agenda.sketches = [tried, late]
    graph.goals["p"].failures.append(Diagnosis("p/0", tried, ()))
    refine = Action("refine", "p", what="large")
    assert made.is_remote(refine)
    made.begin(refine)
    assert agenda.asking
    agenda.refining["large"].under_way = False
    asyncio.run(made.ask(refine))
    assert [sketch.by for sketch in agenda.sketches] == [
        "large:sketch", "large:refine", "large:refine", "structural:right"
    ]  # fmt: skip
    assert agenda.refining["large"] == Refining(most=1, stages=2, begun=1, stage=1)
    asyncio.run(made.ask(refine))
    assert agenda.refining["large"] == Refining(most=1, stages=2, begun=1, stage=0)
