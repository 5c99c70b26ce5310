"""Whole campaigns before a pool that answers from a table: all of its time is booked, caps hold."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import pytest

from prover import campaign as module
from prover.campaign import run_campaign
from prover.config import LeanConfig, ModelConfig, ProblemsConfig, RunConfig, SearchConfig
from prover.errors import WorkerCrash
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode, Records
from prover.lean.pool import Pool
from prover.lean.verifier import Verifier
from prover.llm.messages import Reply, Request, Usage
from prover.proposing import Hooks, Proposers
from prover.store import RunStore, read_events
from prover.types import Candidate, Draft, LeanFacts, Problem, Proposal

CPU = {"statement": 0.5, "judge": 0.25, "sketch": 0.125, "split": 2.0, "file": 4.0}
FACTS = LeanFacts("by hand")
PROBLEMS = [Problem(name, f"theorem {name} (n : Nat) : n = n") for name in ("p", "q")]


class Table(Pool):
    """Its Lean proves what says `good`, dies at the first `crash` and never ends on `slow`."""

    def __init__(self) -> None:
        self.size = 1
        self.spent = 0.0
        """Lean seconds, as it said them."""
        self.crashed: set[str] = set()

    def worker(self, seconds: float = 0) -> Any:
        return self

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def ask(self, op: str, fields: dict[str, Any], seconds: float) -> Any:
        body = str(fields.get("body", ""))
        if body == "slow":
            await asyncio.sleep(60)
        if body == "crash" and body not in self.crashed:
            self.crashed.add(body)
            await asyncio.sleep(0.05)
            raise WorkerCrash("it died")
        await asyncio.sleep(0.2 if op == "file" else 0)
        self.spent += CPU[op]
        return {"ok": True, "cpu": CPU[op], **self.said(op, fields, body)}

    def said(self, op: str, fields: dict[str, Any], body: str) -> dict[str, Any]:
        if op == "statement":
            known = {"key": fields["statement"], "target": "n = n", "head": "Eq"}
            return {**known, "conclusion": "n = n", "binders": []}
        if op == "file":
            theorem = {"name": "t", "at": 1, "target": True, "verdict": "proved"}
            return {"theorems": [theorem], "messages": [], "refused": "", "codes": None,
                    "target": "t", "lean": "x"}  # fmt: skip
        if op == "split":
            return {"ok": False, "kind": "parse", "error": "no Lean"}
        verdict = "proved" if body == "good" else "rejected"
        return {"verdict": verdict, "kind": "" if verdict == "proved" else "elaboration"}


class Saying:
    """Proposes what it was given; as a model it pays for it."""

    name, stages = "seven", 1

    def __init__(self, said: Sequence[Proposal], hooks: Hooks, remote: bool) -> None:
        self.said, self.hooks, self.remote = said, hooks, remote

    async def propose(
        self, node: GoalNode, stage: int, records: Records
    ) -> AsyncGenerator[Sequence[Proposal], None]:
        for number, proposal in enumerate(self.said):
            if self.remote:
                await asyncio.sleep(0.02)
                request = Request("seven", goal=node.goal.id, purpose="sample", number=number)
                self.hooks.book(request, Reply((), Usage(1, 1, 60, 40, 0.01)), "asked")
            yield [proposal]

    def forget(self, goal: str) -> None:
        pass


def config(**more: Any) -> RunConfig:
    price = {"prompt": 5_000.0, "answer": 5_000.0}
    model = ModelConfig.model_validate({"family": "x", "urls": ["u"], "price": price})
    search = {"concurrent": 1, "refute": False, **more.pop("search", {})}
    return RunConfig(
        problems=ProblemsConfig(source="nowhere"),
        lean=LeanConfig(workers=1),
        search=SearchConfig(**search),
        models={"seven": model},
        prover=["seven"],
        decomposer=["none"],
        **more,
    )


def campaign(
    path: Path, pool: Table, config: RunConfig, said: Sequence[Proposal], remote: bool = False
) -> ProofGraph:
    async def main() -> ProofGraph:
        with RunStore.create(path, config) as store:
            return await run_campaign(
                config, PROBLEMS, store, Verifier(pool, FACTS),
                proposers=lambda hooks: Proposers([Saying(said, hooks, remote)], []),
            )  # fmt: skip

    async def limited() -> ProofGraph:
        async with asyncio.timeout(20):
            return await main()

    return asyncio.run(limited())


def tried(*bodies: str) -> list[Proposal]:
    return [Candidate(body, "seven") for body in bodies]


def test_all_that_lean_does_is_booked(tmp_path: Path) -> None:
    """Statements, proofs, files, answers that are no Lean, and a request that was made twice."""
    pool = Table()
    said = [Draft("no Lean", "seven:sample", "p#1"), *tried("wrong", "crash", "good")]
    graph = campaign(tmp_path / "run", pool, config(), said, remote=True)
    book = graph.ledger
    lost = book.by_stage()["lost"]
    assert lost.retries == 1 and 0.05 <= lost.seconds < 1
    assert book.total.seconds == pytest.approx(pool.spent + lost.seconds)
    assert book.total.seconds == pytest.approx(graph.spending.seconds)
    stages = {stage: cost.seconds for stage, cost in book.by_stage().items()}
    assert stages["opening"] == 1.0 and stages["tier 2"] == 8.0
    assert [p.problem for p in book.proofs] == ["p", "q"]
    assert ProofGraph.of(read_events(tmp_path / "run")) == graph


def test_so_is_what_a_refutation_asks_besides(tmp_path: Path) -> None:
    pool = Table()
    graph = campaign(tmp_path / "run", pool, config(search={"refute": True}), tried("wrong"))
    assert graph.ledger.total.seconds == pytest.approx(pool.spent)
    assert graph.ledger.by_stage()["refutations"].seconds > 0


def test_what_nobody_waits_for_any_more_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOOT_GRACE_SECONDS", 0.1)
    pool, start = Table(), time.monotonic()
    graph = campaign(
        tmp_path / "run", pool, config(search={"concurrent": 4}), tried("slow", "good")
    )
    lost = graph.ledger.by_stage()["lost"]
    assert graph.problem_state("p") == "verified" and lost.retries == 0
    assert 0.1 <= lost.seconds <= 2 * (time.monotonic() - start)


CAPS = [("attempts", 3, 3), ("seconds", 1.0, 1.0), ("tokens", 250, 250), ("money", 1.25, 1.25)]


@pytest.mark.parametrize("of", ["goal", "problem", "campaign"])
@pytest.mark.parametrize(("name", "cap", "least"), CAPS)
def test_a_cap_stops_a_campaign_cleanly(
    tmp_path: Path, of: str, name: str, cap: float, least: float
) -> None:
    """No more is begun, at most what was under way is spent beyond it, and every problem is
    closed, with the cap as its reason."""
    caps = {name: cap}
    more: dict[str, Any] = {
        "goal": {"search": {"goal": caps}},
        "problem": {"search": caps},
        "campaign": {"budget": caps},
    }[of]
    graph = campaign(
        tmp_path / "run", Table(), config(**more), tried(*(f"wrong {n}" for n in range(40))),
        remote=True,
    )  # fmt: skip
    assert graph.finished and all(p.outcome == "unproved" for p in graph.problems.values())
    events = list(read_events(tmp_path / "run"))
    assert events[-1].type == "run_finished"
    parts = [graph.ledger.total] if of == "campaign" else graph.ledger.by_problem().values()
    for cost in parts:
        spent = {
            "attempts": cost.tests - (len(PROBLEMS) if of == "campaign" else 1),
            "seconds": cost.seconds,
            "tokens": cost.tokens,
            "money": cost.usage.money,
        }[name]
        assert least <= spent <= 2 * cap + 0.5, "two problems are asked about at a time"
    if of != "goal":
        assert all("spent" in p.reason for p in graph.problems.values())


def test_a_run_at_its_cap_resumes_to_the_same_end(tmp_path: Path) -> None:
    spending = config(budget={"attempts": 3})
    said = tried(*(f"wrong {n}" for n in range(9)))
    first = campaign(tmp_path / "run", Table(), spending, said)
    pool = Table()
    again = campaign(tmp_path / "run", pool, spending, said)
    assert again == first and pool.spent == 0
