"""Provers and decomposers that ask models: in which stages, for what, and what of each answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from goals_by_hand import goal, said, var
from scripted import Scripted

from prover.config import EffortConfig, ModelConfig
from prover.graph_nodes import Diagnosis, GoalNode, Step
from prover.lean.split import in_code
from prover.llm.family import load_family
from prover.llm.messages import Request
from prover.models import ModelProposer, Stage, Told, refining, schedule, seed_of, stage_of
from prover.types import Candidate, Draft, Failing, Goal, Sketch, Verdict

FIRST = "theorem t (n : Nat) : n + 0 = n := by\n  skip\n  ring\n"
GOAL = replace(goal("n + 0 = n", var("n", "Nat")), statement="theorem t (n : Nat) : n + 0 = n")
WRONG = Verdict("rejected", "unknown tactic `ring`", "parse", 3, 2, failing=Failing(3, 2, ("⊢ x",)))


def fenced(code: str) -> str:
    return f"Here it is.\n\n```lean4\n{code}```"


def model(family: str, client: Scripted, **effort: Any) -> ModelProposer:
    config = ModelConfig(
        family=family, urls=["http://x/v1"], model="x", effort=EffortConfig(**effort)
    )
    return ModelProposer("big", config, load_family(family), client)


def ask(proposer: ModelProposer, node: GoalNode, stage: int) -> list[Draft]:
    return asyncio.run(said(proposer.propose(node, stage)))


def judged(node: GoalNode, drafts: Sequence[Draft], verdict: Verdict) -> None:
    for draft in drafts:
        body = "by\n  skip\n  ring"
        candidate = Candidate(body, draft.by, sample=draft.sample, at=(1, 35))
        node.answers[draft.sample] = candidate, verdict


def test_stages_double_and_are_each_followed_by_their_corrections() -> None:
    family = load_family("goedel-prover-v2")
    stages = schedule(EffortConfig(samples=7, first=2, corrections=2, correction_samples=3), family)
    fresh = [s.samples for s in stages if s.purpose == "sample"]
    assert fresh == [2, 4, 1]
    assert stages[1:3] == (Stage("correction", 3, 0), Stage("correction", 3, 1))
    raw = load_family("deepseek-prover-v1.5")
    resumed = schedule(EffortConfig(samples=2, corrections=2, resumes=1), raw)
    assert [s.purpose for s in resumed] == ["sample", "resume"], "it has no correction turn"
    assert {s.purpose for s in schedule(EffortConfig(), load_family("chat-decomposer"))} == {
        "sketch", "repair",
    }  # fmt: skip


def test_every_sample_is_a_request_of_its_own_unless_they_are_asked_for_together() -> None:
    client = Scripted(lambda r: [fenced(FIRST)] * r.sampling.n)
    drafts = ask(model("goedel-prover-v2", client, samples=4, first=4), GoalNode(GOAL), 0)
    assert len(client.requests) == 4 == len({r.digest() for r in client.requests})
    assert len({d.sample for d in drafts}) == 4
    assert {d.by for d in drafts} == {"big:sample"} and drafts[0].code == FIRST.rstrip()
    together = Scripted(lambda r: [fenced(FIRST)] * r.sampling.n)
    proposer = model("goedel-prover-v2", together, samples=4, first=4, early_stop=False)
    assert len(ask(proposer, GoalNode(GOAL), 0)) == 4
    assert [r.sampling.n for r in together.requests] == [4]


def test_a_rejected_answer_is_corrected_with_leans_error_at_its_place() -> None:
    client, node = Scripted(lambda r: [fenced(FIRST)]), GoalNode(GOAL)
    proposer = model("goedel-prover-v2", client, samples=1, first=1, corrections=2)
    first = ask(proposer, node, 0)
    assert ask(proposer, node, 1) == [], "of what Lean has not judged nothing is known"
    judged(node, first, WRONG)
    client.requests.clear()
    second = ask(proposer, node, 1)
    assert [d.by for d in second] == ["big:correction"] * 2
    turns = client.requests[0].messages
    assert [m.role for m in turns] == ["user", "assistant", "user"]
    assert "  <error>ring</error>" in turns[2].content and "unknown tactic" in turns[2].content
    judged(node, second[:1], WRONG)
    client.requests.clear()
    ask(proposer, node, 2)
    assert [len(r.messages) for r in client.requests] == [5, 5]


def test_raw_completion_is_corrected_by_a_text_of_its_own() -> None:
    client, node = Scripted(lambda r: ["skip\nring\n"]), GoalNode(GOAL)
    proposer = model("subgoal-tiny", client, samples=1, first=1, corrections=1)
    judged(node, ask(proposer, node, 0), WRONG)
    client.requests.clear()
    (corrected, _) = ask(proposer, node, 1)
    assert corrected.code == f"{GOAL.statement} := by\n  skip\n  ring"
    assert [(r.messages, r.prompt) for r in client.requests] == [
        ((), "(n : Nat) : n + 0 = n\n:::\nskip\nring\n:::\nunknown tactic `ring`\n⊢ x\n:::\n")
    ] * 2


def test_every_answer_of_a_goal_has_a_name_of_its_own() -> None:
    """Lean's word on an answer is found by it: of another model, or of a large stage."""
    client, node = Scripted(lambda r: [fenced(FIRST)]), GoalNode(GOAL)
    one = model("goedel-prover-v2", client, samples=150, first=150)
    first = ask(one, node, 0)
    judged(node, first, WRONG)
    corrected = ask(one, node, 1)
    other = ModelProposer(
        "v1.5 #2", ModelConfig(family="chat-prover", urls=["http://x/v1"], model="x"),
        load_family("chat-prover"), client,
    )  # fmt: skip
    samples = [d.sample for d in (*first, *corrected, *ask(other, node, 0))]
    assert len(first) == 150 and len(corrected) == 300 and len(set(samples)) == len(samples)
    assert {stage_of(d.sample) for d in corrected} == {1}
    assert len({r.number for r in client.requests if r.model == "big"}) == 450


def test_what_is_proved_or_undecided_is_not_corrected() -> None:
    for verdict in (Verdict("proved"), Verdict("inconclusive", kind="timeout")):
        client, node = Scripted(lambda r: [fenced(FIRST)]), GoalNode(GOAL)
        proposer = model("goedel-prover-v2", client, samples=1, first=1)
        judged(node, ask(proposer, node, 0), verdict)
        assert ask(proposer, node, 1) == []


def test_a_goals_answers_can_be_forgotten() -> None:
    client, node = Scripted(lambda r: [fenced(FIRST)]), GoalNode(GOAL)
    proposer = model("goedel-prover-v2", client, samples=1, first=1)
    judged(node, ask(proposer, node, 0), WRONG)
    proposer.forget(GOAL.id)
    assert ask(proposer, node, 1) == []


def test_a_raw_model_goes_on_from_the_last_line_before_the_error() -> None:
    client, node = Scripted(lambda r: ["  skip\n  ring\n"]), GoalNode(GOAL)
    proposer = model("deepseek-prover-v1.5", client, samples=1, first=1, resumes=1)
    (draft,) = ask(proposer, node, 0)
    body = draft.code[draft.code.index("by\n") :]
    line = draft.code[: draft.code.index("by\n")].count("\n") + 1
    candidate = Candidate(body, draft.by, sample=draft.sample, at=(line, 0))
    node.answers[draft.sample] = candidate, WRONG
    client.requests.clear()
    client.says = lambda r: ["  omega\n"]
    (resumed,) = ask(proposer, node, 1)
    assert "skip" in client.requests[0].prompt and "ring" not in client.requests[0].prompt
    assert "⊢ x" in client.requests[0].prompt
    assert resumed.by == "big:resume" and "skip" in resumed.code and "omega" in resumed.code


def test_a_decomposer_repairs_its_sketch() -> None:
    code = "theorem t (n : Nat) : n + 0 = n := by\n  have h : n = n := by sorry\n  exact foo\n"
    client, node = Scripted(lambda r: [fenced(code)]), GoalNode(GOAL)
    proposer = model("chat-decomposer", client, samples=1, first=1, corrections=1)
    (draft,) = ask(proposer, node, 0)
    assert draft.by == "big:sketch" and "Here it is" in draft.plan
    sketch = Sketch(
        "by\n  have h : n = n := by sorry\n  exact foo", draft.by, draft.sample, (1, 35)
    )
    node.answers[draft.sample] = sketch, WRONG
    assert {d.by for d in ask(proposer, node, 1)} == {"big:repair"}


def test_refinements_stand_behind_all_else() -> None:
    family, effort = load_family("chat-decomposer"), EffortConfig(refinements=2, corrections=1)
    assert refining(effort, family, 7) == (
        Stage("refine", 2, 0), Stage("repair", 2, 7), Stage("refine", 2, 1), Stage("repair", 2, 9)
    )  # fmt: skip
    assert refining(effort, load_family("chat-prover"), 7) == ()
    proposer = model("chat-decomposer", Scripted(lambda r: []), corrections=1, refinements=2)
    assert proposer.refinements == 2 and proposer.refining_stages == 2
    assert proposer.stages == len(schedule(EffortConfig(), family))


def test_a_decomposer_is_told_what_became_of_the_sketch_that_failed() -> None:
    """Of a repaired sketch with all that came before; the first failure comes first."""
    code = "theorem t (n : Nat) : n + 0 = n := by\n  have h : n = n := by sorry\n  exact foo\n"
    client, node = Scripted(lambda r: [fenced(code)]), GoalNode(GOAL)
    proposer = model("chat-decomposer", client, samples=1, first=1, correction_samples=1)
    (draft,) = ask(proposer, node, 0)
    body = "by\n  have h : n = n := by sorry\n  exact foo"
    node.answers[draft.sample] = Sketch(body, draft.by, draft.sample, (1, 35)), WRONG
    (repaired,) = ask(proposer, node, 1)
    step = Step(GOAL, "have h : n = n := by sorry", "wrong", "n = 7")
    own = Sketch(body, repaired.by, repaired.sample)
    mechanical = Sketch(body, "repair:big:sketch")
    node.failures += [Diagnosis("a", mechanical, ()), Diagnosis("b", own, (step,))]
    client.requests.clear()
    (better,) = ask(proposer, node, 2)
    assert better.by == "big:refine"
    (request,) = client.requests
    turns = [message.role for message in request.messages]
    assert turns == ["system", "user", "assistant", "user", "assistant", "user"]
    assert "<error>" in request.messages[3].content and "n = 7" in request.messages[5].content
    node.answers[better.sample] = Sketch(body, better.by, better.sample, (1, 35)), WRONG
    (again,) = ask(proposer, node, 3)
    assert again.by == "big:repair" and len(client.requests[-1].messages) == 8
    assert len({draft.sample, repaired.sample, better.sample, again.sample}) == 4


def test_what_is_no_answer_is_no_draft() -> None:
    client = Scripted(lambda r: ["I cannot."])
    assert ask(model("kimina-prover", client), GoalNode(GOAL), 0) == []


def test_leaving_the_stream_stops_what_is_still_asked() -> None:
    client = Scripted(lambda r: [fenced(FIRST)], seconds=60.0)

    async def main() -> None:
        stream = said(model("goedel-prover-v2", client).propose(GoalNode(GOAL), 0))
        task = asyncio.ensure_future(stream)
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait({task})

    asyncio.run(main())
    assert client.cancelled == len(client.requests) == 2


def test_seeds_differ_within_a_run_and_repeat_in_the_next() -> None:
    seeds = {seed_of(1, "g", k) for k in range(100)}
    assert len(seeds) == 100 and None not in seeds
    assert seed_of(1, "g", 5) == seed_of(1, "g", 5) != seed_of(2, "g", 5)
    assert seed_of(None, "g", 5) is None


def test_places_in_a_body_are_places_in_the_code() -> None:
    assert in_code((4, 10), 1, 3) == (4, 13)
    assert in_code((4, 10), 2, 3) == (5, 3)
    assert in_code((4, 10), 0, 0) == (4, 10), "no place: where it begins"


def test_informal_words_and_notes_reach_the_model() -> None:
    client = Scripted(lambda r: [fenced(FIRST)])
    config = ModelConfig(family="chat-prover", urls=["http://x/v1"], model="x")
    family = load_family("chat-prover")
    named = replace(GOAL, id="t")
    proposer = ModelProposer(
        "big", config, family, client, Told("No Mathlib."), {"t": "Add nothing."}
    )
    ask(proposer, GoalNode(named), 0)
    said_to = "\n".join(m.content for m in client.requests[0].messages)
    assert "No Mathlib." in said_to and "Add nothing." in said_to


def test_what_the_library_has_reaches_the_model() -> None:
    client = Scripted(lambda r: [fenced(FIRST)])
    config = ModelConfig(family="chat-prover", urls=["http://x/v1"], model="x")

    async def premises(goal: Goal) -> str:
        return f"For {goal.id}: Nat.add_comm"

    family = load_family("chat-prover")
    proposer = ModelProposer("big", config, family, client, Told("No Mathlib."), premises=premises)
    ask(proposer, GoalNode(GOAL), 0)
    said_to = "\n".join(m.content for m in client.requests[0].messages)
    assert f"No Mathlib.\n\nFor {GOAL.id}: Nat.add_comm" in said_to


@pytest.mark.parametrize("family", ["chat-prover", "chat-decomposer", "deepseek-prover-v2"])
def test_what_is_proved_already_reaches_the_model(family: str) -> None:
    client = Scripted(lambda r: ["nothing"])
    config = ModelConfig(family=family, urls=["http://x/v1"], model="x")
    law = "theorem law_1 (n : Nat) : 0 + n = n"

    def shown(of: Goal, name: str) -> list[str]:
        return [law] if (of, name) == (GOAL, "big") else []

    proposer = ModelProposer("big", config, load_family(family), client, shown=shown)
    ask(proposer, GoalNode(GOAL), 0)
    assert f"{law} := by sorry" in client.requests[0].messages[-1].content


def test_requests_say_what_they_are_for() -> None:
    client = Scripted(lambda r: [fenced(FIRST)])
    ask(model("goedel-prover-v2", client), GoalNode(GOAL), 0)
    request: Request = client.requests[0]
    assert (request.goal, request.purpose, request.model) == (GOAL.id, "sample", "big")


def test_models_see_the_header_that_they_know_in_the_place_of_ours() -> None:
    told = Told(replaced="macro stuff\n", shown="import Mathlib\n\n")
    assert told.header("macro stuff\n\ndef two := 2\n") == "import Mathlib\n\ndef two := 2\n"
    assert told.header("def two := 2\n") == "def two := 2\n" == Told().header("def two := 2\n")
