"""Campaigns in which models take part, on the real Lean; their answers are written down here."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from scripted import Says, Scripted

from prover.campaign import run_campaign
from prover.config import (
    EffortConfig,
    LeanConfig,
    LimitsConfig,
    ModelConfig,
    ProblemsConfig,
    RunConfig,
    SearchConfig,
)
from prover.errors import ModelError
from prover.graph import ProofGraph
from prover.lean.verifier import Verifier
from prover.llm.client import Client
from prover.llm.family import load_family
from prover.llm.messages import Call, Reply, Request
from prover.llm.record import SAMPLES, Record
from prover.model_session import make_proposers
from prover.proof_store import ProofStore
from prover.store import RunStore, read_events
from prover.types import Candidate, Problem, Sketch

pytestmark = [pytest.mark.lean, pytest.mark.slow]

HALF = Problem("half", "theorem half (n m : Nat) (h : n = m + m) : n % 2 = 0")
BOTH = Problem("both", "theorem both (a b : Nat) : a * b = b * a ∧ a + b = b + a")


def config(family: str = "goedel-prover-v2", sketches: str = "", **effort: int) -> RunConfig:
    given = EffortConfig(**{"samples": 2, "first": 2, "corrections": 1, **effort})
    models = {"seven": ModelConfig(family=family, urls=["http://x/v1"], model="x", effort=given)}
    if sketches:
        models["large"] = ModelConfig(family=sketches, urls=["http://x/v1"], effort=given)
    return RunConfig(
        problems=ProblemsConfig(source="nowhere"),
        lean=LeanConfig(workers=2),
        limits=LimitsConfig(heartbeats=4000, seconds=20.0),
        search=SearchConfig(
            attempts=40, depth=1, seconds=60.0, concurrent=2, repair=True, conjectures=False
        ),
        prover=["seven"],
        decomposer=["large"] if sketches else ["none"],
        models=models,
    )


def campaign(
    runner: asyncio.Runner,
    verifier: Verifier,
    path: Path,
    config: RunConfig,
    problems: Sequence[Problem],
    client: Client | None,
) -> ProofGraph:
    """Without a client, the record in the run's folder is to answer."""

    async def main() -> ProofGraph:
        with (
            RunStore.create(path, config) as store,
            Record(path / SAMPLES) as record,
            closing(ProofStore(None, pytest.fail)) as proofs,
        ):
            families = {n: load_family(model.family) for n, model in config.models.items()}
            make = make_proposers(config, families, record, client)
            return await run_campaign(
                config, problems, store, verifier, proposers=make, proofs=proofs
            )

    return runner.run(main())


def fenced(code: str) -> str:
    return f"A plan.\n```lean4\n{code}\n```"


def by_purpose(**texts: str) -> Says:
    return lambda request: [texts.get(request.purpose, "I do not know.")]


def tally(graph: ProofGraph, problem: str) -> Counter[tuple[str, str]]:
    return graph.tally(problem)


def test_an_answer_is_corrected_once_lean_has_said_why(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    client = Scripted(
        by_purpose(
            sample=fenced(f"import Mathlib\n\n{HALF.statement} := by\n  skip\n  nlinarith [h]"),
            correction=fenced(f"{HALF.statement} := by\n  omega"),
        )
    )
    graph = campaign(runner, verifier, tmp_path / "run", config(), [HALF], client)
    assert graph.problem_state("half") == "verified"
    proof = graph.goals["half"].proof
    assert isinstance(proof, Candidate) and proof.by == "seven:correction"
    shown = [r.messages[-1].content for r in client.requests if r.purpose == "correction"]
    assert shown and "<error>" in shown[0] and "nlinarith" in shown[0]
    asked = graph.problems["half"].asked
    assert asked["seven", "sample"].samples == 2
    assert asked["seven", "correction"].completion_tokens > 0
    assert graph.usage().requests == len(client.requests)


def test_a_mistake_in_a_lemma_is_shown_there(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    wrong = "theorem swap (a b : Nat) : a * b = b * a := by\n  skip\n  exact rfl"
    whole = f"{wrong}\n\n{HALF.statement} := by\n  have := swap n m\n  omega"
    client = Scripted(by_purpose(sample=fenced(whole)))
    campaign(runner, verifier, tmp_path / "run", config(samples=1, first=1), [HALF], client)
    (shown, *_) = [r.messages[-1].content for r in client.requests if r.purpose == "correction"]
    assert "<error>exact rfl</error>" in shown


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (f"{HALF.statement} := by\n  sorry", "gate"),
        (f"{HALF.statement} := by\n  have : 1 = (", "parse"),
        (f"axiom cheat : False\n\n{HALF.statement} := cheat.elim", "elaboration"),
        ("theorem half : True := by\n  trivial", ""),
    ],
)
def test_what_is_of_no_use_is_an_attempt_with_a_reason(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier, answer: str, kind: str
) -> None:
    client = Scripted(by_purpose(sample=fenced(answer)))
    graph = campaign(runner, verifier, tmp_path / "run", config(corrections=0), [HALF], client)
    assert graph.problem_state("half") != "verified"
    attempts = [e for e in read_events(tmp_path / "run") if e.type == "attempt"]
    assert attempts, "an answer with code is an attempt"
    assert {e.data["verdict"]["status"] for e in attempts} == {"rejected"}
    assert not kind or attempts[0].data["verdict"]["kind"] == kind


def test_helper_lemmas_become_goals_when_the_whole_fails(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    """One lemma's proof is wrong: the rest stands, and the lemma is asked for by itself."""
    whole = (
        "theorem mul_swap (a b : Nat) : a * b = b * a := by\n  nonsense\n\n"
        f"{BOTH.statement} := by\n  constructor\n  · exact mul_swap a b\n  · omega"
    )
    first, later = fenced(whole), "```lean4\ntheorem {} := by\n  exact Nat.mul_comm a b\n```"

    def says(request: Request) -> list[str]:
        if request.goal == "both":
            return [first]
        statement = request.messages[0].content.split("theorem ", 1)[1].split(" := ")[0]
        return [later.format(statement)]

    graph = campaign(
        runner, verifier, tmp_path / "run", config(corrections=0), [BOTH], Scripted(says)
    )
    assert graph.problem_state("both") == "verified"
    assert isinstance(graph.goals["both"].proof, str)
    (sketch,) = graph.sketches.values()
    assert len(sketch.holes) == 1 and sketch.sketch.by == "seven:sample"
    attempts = [e.data["verdict"] for e in read_events(tmp_path / "run") if e.type == "attempt"]
    assert "lemma mul_swap: unknown tactic `nonsense`" in attempts[0]["reason"]
    assert attempts[0]["line"] == 2, "not that `mul_swap` is unknown"


def test_a_sketch_is_repaired_and_its_holes_are_proved(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    broken = f"{BOTH.statement} := by\n  have h : a * b = b * a := by sorry\n  exact ⟨h⟩"
    repaired = (
        f"{BOTH.statement} := by\n  have h : a * b = b * a := by\n    sorry\n"
        "  have k : a + b = b + a := by\n    sorry\n  exact ⟨h, k⟩"
    )
    body = "theorem {} := by\n  first | exact Nat.mul_comm a b | exact Nat.add_comm a b"

    def says(request: Request) -> list[str]:
        if request.purpose == "sketch":
            return [fenced(broken)]
        if request.purpose == "repair":
            return [fenced(repaired)]
        statement = request.messages[0].content.split("theorem ", 1)[1].split(" := ")[0]
        return [fenced(body.format(statement))] if request.goal != "both" else ["No idea."]

    run = config(sketches="chat-decomposer")
    graph = campaign(runner, verifier, tmp_path / "run", run, [BOTH], Scripted(says))
    assert graph.problem_state("both") == "verified"
    chosen = graph.goals["both"].proof
    assert isinstance(chosen, str)
    sketch = graph.sketches[chosen].sketch
    assert isinstance(sketch, Sketch) and sketch.by == "large:repair" and "A plan" in sketch.plan
    assert tally(graph, "both")["large:sketch", "rejected"] >= 1


@pytest.mark.parametrize("broken", ["exact ih", "nlinarith [ih]"])
def test_what_fails_of_a_proof_is_a_goal_before_the_model_is_asked_again(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier, broken: str
) -> None:
    """The rest of the proof stands, and the portfolio closes the hole. The second of them names a
    tactic that this Lean does not have, so that it is no candidate at all."""
    double = "def double : Nat → Nat\n  | 0 => 0\n  | n + 1 => double n + 2"
    problem = Problem("twice", "theorem twice (n : Nat) : double n = 2 * n", double)
    code = (
        f"{double}\n\n{problem.statement} := by\n  induction n with\n"
        f"  | zero => rfl\n  | succ n ih =>\n    {broken}"
    )
    client = Scripted(by_purpose(sample=fenced(code), correction="No idea."))
    run = config(samples=1, first=1).model_copy(update={"prover": ["portfolio", "seven"]})
    graph = campaign(runner, verifier, tmp_path / "run", run, [problem], client)
    assert graph.problem_state("twice") == "verified"
    (sketch,) = graph.sketches.values()
    assert sketch.sketch.by.endswith(":seven:sample") and len(sketch.holes) == 1
    asked = [(r.goal, r.purpose) for r in client.requests]
    assert asked == [("twice", "sample")], "its hole came first"


def test_a_tactic_that_leaves_goals_is_a_step(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    """A model from state to tactic proves a conjunction in two steps, through a sketch."""

    def says(request: Request) -> list[str]:
        return ["constructor" if "∧" in request.prompt else "grind"]

    run = config("bfs-prover-v2", samples=1, first=1)
    graph = campaign(runner, verifier, tmp_path / "run", run, [BOTH], Scripted(says))
    assert graph.problem_state("both") == "verified"
    (sketch,) = graph.sketches.values()
    assert sketch.sketch.by == "seven:tactic" and len(sketch.holes) == 2


@pytest.mark.parametrize("family", ["bfs-prover-v2", "goedel-prover-v2"])
def test_a_provers_sketches_outlive_an_interruption(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier, family: str
) -> None:
    """Killed once the prover has said all, the run goes on with what the record has of it."""
    whole = (
        "theorem mul_swap (a b : Nat) : a * b = b * a := by\n  nonsense\n\n"
        f"{BOTH.statement} := by\n  constructor\n  · exact mul_swap a b\n  · omega"
    )

    def says(request: Request) -> list[str]:
        if request.prompt:
            return ["constructor" if "∧" in request.prompt else "grind"]
        statement = request.messages[0].content.split("theorem ", 1)[1].split(" := ")[0]
        hole = fenced(f"theorem {statement} := by\n  exact Nat.mul_comm a b")
        return [fenced(whole) if request.goal == "both" else hole]

    run = config(family, samples=1, first=1, correction_samples=1)
    first = campaign(runner, verifier, tmp_path / "a", run, [BOTH], Scripted(says))
    assert first.problem_state("both") == "verified"
    lines = (tmp_path / "a" / "events.jsonl").read_text().splitlines(keepends=True)
    cut = next(n for n, line in enumerate(lines, 1) if json.loads(line)["type"] == "exhausted")
    RunStore.create(tmp_path / "b", run).close()
    (tmp_path / "b" / "events.jsonl").write_text("".join(lines[:cut]))
    (tmp_path / "b" / SAMPLES).write_bytes((tmp_path / "a" / SAMPLES).read_bytes())
    client = Scripted(says)
    again = campaign(runner, verifier, tmp_path / "b", run, [BOTH], client)
    assert again.problem_state("both") == "verified"
    assert not [r for r in client.requests if r.goal == "both"], "it had been asked all of that"


def test_the_record_gives_the_same_graph_without_the_model(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    answers = iter(["skip", "simp", "omega", "simp_all", *["decide"] * 50])

    def says(request: Request) -> list[str]:
        return [fenced(f"{HALF.statement} := by\n  {next(answers)}")]

    one = config(samples=4, first=1)
    one = one.model_copy(update={"search": SearchConfig(concurrent=1, depth=0)})
    first = campaign(runner, verifier, tmp_path / "a", one, [HALF], Scripted(says))
    (tmp_path / "b").mkdir()
    again = RunStore.create(tmp_path / "b", one)
    again.close()
    (tmp_path / "b" / SAMPLES).write_bytes((tmp_path / "a" / SAMPLES).read_bytes())
    second = campaign(runner, verifier, tmp_path / "b", one, [HALF], None)
    assert {g: (n.status, n.proof, n.tried) for g, n in first.goals.items()} == {
        g: (n.status, n.proof, n.tried) for g, n in second.goals.items()
    }
    assert second.usage().completion_tokens == 0, "a record costs nothing"


def test_a_model_asks_lean_in_the_middle_of_its_answer(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    """It tries a lemma, sees the goals where that breaks off, and answers with what it learned."""
    swap = "theorem swap (a b : Nat) : a * b = b * a := by\n  cases a\n  rfl"
    tries = [f"{swap}\n\ntheorem one : 1 = 1 := rfl", "1 +", None]

    class Calling(Scripted):
        async def sample(self, request: Request) -> Reply:
            reply = await super().sample(request)
            if not request.tools:
                return reply
            code = tries[sum(m.role == "tool" for m in request.messages)]
            if code is None:
                return reply
            call = Call(f"c{len(self.requests)}", "check_lean", json.dumps({"code": code}))
            return Reply((replace(reply.samples[0], calls=(call,)),), reply.usage)

    proof = fenced(f"{BOTH.statement} := by\n  exact ⟨Nat.mul_comm a b, Nat.add_comm a b⟩")
    client = Calling(by_purpose(sample=proof))
    run = config("chat-prover", samples=1, first=1, tool_calls=3)
    graph = campaign(runner, verifier, tmp_path / "run", run, [BOTH], client)
    assert graph.problem_state("both") == "verified"
    answers = [m.content for m in client.requests[-1].messages if m.role == "tool"]
    assert "swap: line 3" in answers[0] and "⊢ 0 * b = b * 0" in answers[0]
    assert "one: line 3: rejected: lemma swap" in answers[0]
    assert "line 1" in answers[1]
    assert graph.goals["both"].tally["seven:tool", "rejected"] == 2
    assert graph.problems["both"].asked["seven", "sample"].requests == 3


def test_a_proof_found_by_a_tool_is_a_proof(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    class Calling(Scripted):
        async def sample(self, request: Request) -> Reply:
            reply = await super().sample(request)
            code = json.dumps({"code": f"{HALF.statement} := by\n  omega"})
            call = Call("c", "check_lean", code)
            return Reply((replace(reply.samples[0], calls=(call,) if request.tools else ()),))

    run = config("chat-prover", samples=1, first=1, tool_calls=1, corrections=0)
    client = Calling(by_purpose())
    graph = campaign(runner, verifier, tmp_path / "run", run, [HALF], client)
    proof = graph.goals["half"].proof
    assert isinstance(proof, Candidate) and proof.by == "seven:tool"


class Failing:
    """Answers a few times, then its server is gone for good."""

    def __init__(self, says: Says, times: int) -> None:
        self.inner, self.left = Scripted(says), times

    async def sample(self, request: Request) -> Reply:
        self.left -= 1
        if self.left < 0:
            raise ModelError("the model is down")
        return await self.inner.sample(request)


def test_a_model_that_is_down_ends_the_run_which_can_be_resumed(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    says = by_purpose(sample=fenced(f"{HALF.statement} := by\n  simp"),
                      correction=fenced(f"{HALF.statement} := by\n  omega"))  # fmt: skip
    with pytest.raises(ModelError):
        campaign(runner, verifier, tmp_path / "run", config(), [HALF], Failing(says, 2))
    events = list(read_events(tmp_path / "run"))
    assert events[-1].type == "interrupted"
    assert not any(e.type == "exhausted" for e in events), "nothing failed, something broke"
    client = Scripted(says)
    graph = campaign(runner, verifier, tmp_path / "run", config(), [HALF], client)
    assert graph.problem_state("half") == "verified"
    assert {r.purpose for r in client.requests} == {"correction"}, "the samples were recorded"


def test_other_samples_stop_when_one_is_a_proof(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    class Slow(Scripted):
        async def sample(self, request: Request) -> Reply:
            self.seconds = 0.0 if not self.requests else 300.0
            return await super().sample(request)

    client = Slow(by_purpose(sample=fenced(f"{HALF.statement} := by\n  omega")))
    run = config(samples=4, first=4)
    graph = campaign(runner, verifier, tmp_path / "run", run, [HALF], client)
    assert graph.problem_state("half") == "verified"
    assert client.cancelled == 3


def test_a_model_is_not_waited_for_once_the_budget_is_spent(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    class Slow(Scripted):
        async def sample(self, request: Request) -> Reply:
            self.seconds = 0.0 if not self.requests else 15.0
            return await super().sample(request)

    client = Slow(by_purpose(sample=fenced(f"{HALF.statement} := by\n  rfl")))
    run = config(samples=2, first=2)
    run = run.model_copy(update={"search": SearchConfig(attempts=1, concurrent=1)})
    graph = campaign(runner, verifier, tmp_path / "run", run, [HALF], client)
    assert graph.problems["half"].reason == "1 attempts spent"
    assert client.cancelled == 1


TRUE, FALSE = "have h : a * b = b * a := by sorry", "have k : a + b = b + a + a * b := by sorry"
RIGHT = "have k : a + b = b + a := by sorry"
PROVED = "proved from the steps above it that it may use."
LEMMAS = """theorem k (a b : Nat) : a + b = b + a + a * b := by sorry

theorem h (a b : Nat) : a * b = b * a := by
  -- uses: nothing
  sorry

"""


def plan(*steps: str) -> str:
    lines = [*steps, "exact ⟨h, by have := k; omega⟩"]
    return fenced("\n  ".join([f"{BOTH.statement} := by", *lines]))


def above(lemmas: str) -> str:
    return fenced(f"{lemmas}{BOTH.statement} := ⟨h a b, by have := k a b; omega⟩")


def refining(first: str, better: str) -> Says:
    """The first plan has a false step; the better one has not."""

    def says(request: Request) -> list[str]:
        if request.purpose in ("sketch", "refine"):
            return [first if request.purpose == "sketch" else better]
        if request.goal == "both" or request.purpose != "sample":
            return ["No idea."]
        statement = request.messages[-1].content.split("theorem ", 1)[1].split(" := ")[0]
        return [fenced(f"theorem {statement} := by\n  first | exact Nat.mul_comm a b | omega\n"
                       "  | exact Nat.mul_comm")]  # fmt: skip

    return says


def refined(sketches: str = "chat-decomposer", concurrent: int = 1) -> RunConfig:
    run = config(sketches=sketches, samples=1, first=1, correction_samples=1)
    search = SearchConfig(concurrent=concurrent, depth=1, repair=True, conjectures=False)
    return run.model_copy(update={"search": search})


@pytest.mark.parametrize(
    ("first", "better", "kept_by"),
    [
        (plan(TRUE, FALSE), plan(TRUE, RIGHT), "store:same"),
        (plan(FALSE, TRUE), plan(RIGHT, TRUE), "carried:proof"),
    ],
)
def test_a_sketch_that_failed_is_refined_and_keeps_what_is_proved(
    tmp_path: Path,
    runner: asyncio.Runner,
    verifier: Verifier,
    first: str,
    better: str,
    kept_by: str,
) -> None:
    """Also a step that stands behind the false one, and so has it as a hypothesis."""
    client = Scripted(refining(first, better))
    run = refined(concurrent=2)  # both steps are tried before one of them is known to be false
    graph = campaign(runner, verifier, tmp_path / "run", run, [BOTH], client)
    assert graph.problem_state("both") == "verified"
    chosen = graph.goals["both"].proof
    assert isinstance(chosen, str) and graph.sketches[chosen].sketch.by == "large:refine"
    (asked,) = [r.messages for r in client.requests if r.purpose == "refine"]
    assert [m.role for m in asked][-3:] == ["user", "assistant", "user"]
    assert FALSE in asked[-2].content
    shown = asked[-1].content
    assert f"{PROVED}\n```lean4\n{TRUE}\n```" in shown
    assert f"has proved that it does not hold.\n```lean4\n{FALSE}\n```" in shown
    assert "It fails for: a = 1, b = 1" in shown
    holes = [graph.goals[hole.goal] for hole in graph.sketches[chosen].holes]
    (kept,) = [node for node in holes if node.goal.target == "a * b = b * a"]
    assert (kept.attempts, kept.tally) == (1, Counter({(kept_by, "proved"): 1}))
    assert not [r for r in client.requests if r.goal == kept.goal.id], "no model was asked"


def test_lemmas_above_a_sketch_are_refined_too(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    """They are told of as the `have`s that they became."""
    client = Scripted(refining(above(LEMMAS), above(LEMMAS.replace(" + a * b", ""))))
    graph = campaign(runner, verifier, tmp_path / "run", refined(concurrent=2), [BOTH], client)
    assert graph.problem_state("both") == "verified"
    (shown,) = [r.messages[-1].content for r in client.requests if r.purpose == "refine"]
    assert "```lean4\nhave k : ∀ (a b : Nat), a + b = b + a + a * b := by sorry\n```" in shown
    assert f"{PROVED}\n```lean4\nhave h : ∀ (a b : Nat), a * b = b * a := by sorry\n```" in shown
    assert tally(graph, "both")["store:same", "proved"] == 1


def test_a_refinement_outlives_a_kill_and_is_replayed(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    """Cut off behind any event from the sketch's failure on, the run ends as it did, and asks for
    nothing that it was answered."""
    run, says = refined(), refining(plan(TRUE, FALSE), plan(TRUE, RIGHT))
    first = campaign(runner, verifier, tmp_path / "a", run, [BOTH], Scripted(says))
    lines = (tmp_path / "a" / "events.jsonl").read_text().splitlines(keepends=True)
    types = [json.loads(line)["type"] for line in lines]
    failed = max(n for n, line in enumerate(lines) if '"counterexample": "a = 1' in line)
    for cut in (0, *range(failed, types.index("assembled"))):
        path = tmp_path / f"cut-{cut}"
        RunStore.create(path, run).close()
        (path / "events.jsonl").write_text("".join(lines[: cut + 1] if cut else ()))
        (path / SAMPLES).write_bytes((tmp_path / "a" / SAMPLES).read_bytes())
        again = campaign(runner, verifier, path, run, [BOTH], None)
        assert again.problem_state("both") == "verified", cut
        assert {g: (n.status, n.proof) for g, n in again.goals.items()} == {
            g: (n.status, n.proof) for g, n in first.goals.items()
        }
        asked = [e.data for e in read_events(path) if e.type == "sampled"]
        assert not [data for data in asked if data["how"] == "missing"], cut
        again_asked = {data["purpose"] for data in asked if data["how"] == "recorded"}
        assert "refine" in again_asked or cut > failed


def test_a_sketch_that_says_the_same_again_is_no_refinement(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    """It is corrected, as any answer that is of no use; there is an end to it."""
    same = plan(TRUE, FALSE)
    client = Scripted(refining(same, same.replace("⟨h, by", "⟨(h), by")))
    graph = campaign(runner, verifier, tmp_path / "run", refined(), [BOTH], client)
    assert graph.problems["both"].reason == "search ended"
    purposes = [r.purpose for r in client.requests if r.goal == "both" and r.model == "large"]
    assert purposes == ["sketch", "refine", "repair"]
    assert "another sketch leaves the same goals" in client.requests[-1].messages[-1].content
    assert "It fails for: a = 1, b = 1" in client.requests[-1].messages[-3].content
