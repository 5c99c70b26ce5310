"""A verdict is the same whoever gives it, and when: one worker or two, asked once or twice at the
same time, in one order or the other, by Lean or from the cache.

Seconds are not compared, and `reused` is what the ways are meant to differ in. Heartbeats may
differ by a few: Lean counts allocations in thousands, rounded, and a worker that keeps a header
open need not allocate what another one does.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from goals_by_hand import said
from mutants import choose
from mutation import PROOFS, read_proofs
from test_mutation import COSTLY, SHORT

from prover import problems
from prover.config import LeanConfig, ProblemsConfig
from prover.graph_nodes import GoalNode
from prover.lean.pool import Pool
from prover.lean.process import ProcessSpec
from prover.lean.reuse import Reuse
from prover.lean.toolchain import Installation
from prover.lean.verdicts import Verdicts
from prover.lean.verifier import Verifier
from prover.provers import Portfolio
from prover.session import identity
from prover.types import Candidate, Goal, Limits, Verdict

ROOT = Path(__file__).parents[2]
LIMITS = Limits(heartbeats=4_000, seconds=120.0)
CHEAP = frozenset("omega simp rfl decide simp-defs".split())
"""Of the portfolio's proposals; automation that fails after seconds would only cost time here."""
MUTANTS = 160
SETS = {"one_tactic": 16, "several_steps": 16, "decomposition": 5}
"""How many problems of each; those with long headers cost most."""

Asked = tuple[Goal, Candidate]


def variants(candidate: Candidate) -> list[Candidate]:
    """The candidate, laid out in another way, and wrong in some."""
    body = candidate.body
    bodies = [
        body,
        body.replace("\n", "  -- so\n\n  ") + "\n\n-- end",
        body.replace("\n", "\n  exact nothing\n", 1),
        body + "\n -- here\n  )",
        body + "; sorry",
    ]
    return [replace(candidate, body=other) for other in bodies]


async def portfolio(verifier: Verifier) -> list[Asked]:
    """What the portfolio proposes for some problems of each set, with variants."""
    asked: list[Asked] = []
    for name, number in SETS.items():
        found = problems.load(ProblemsConfig(source=str(ROOT / "problems"), sets=[name]))
        for problem in [p for p in found if p.name not in COSTLY][:number]:
            goal = await verifier.open(problem)
            assert isinstance(goal, Goal), problem.name
            proposed = await said(Portfolio().propose(GoalNode(goal), 0, {}))
            cheap = [c for c in proposed if c.by.removeprefix("portfolio:") in CHEAP]
            asked += [(goal, x) for c in cheap[:2] for x in variants(c)]
    return asked


def mutants() -> list[Asked]:
    proofs = [p for p in read_proofs(PROOFS, SHORT) if p.name not in COSTLY]
    return [
        (Goal("t", "t", m.proof.statement, m.proof.header), Candidate(m.proof.body, "mutant"))
        for m in choose(proofs, MUTANTS, 7)
    ]


async def judged(
    verifier: Verifier, asked: Sequence[Asked], at_once: int, times: int = 1
) -> list[list[Verdict]]:
    """What each is answered; `at_once` candidates under way, each asked so many times at once."""
    free = asyncio.Semaphore(at_once)

    async def one(goal: Goal, candidate: Candidate) -> list[Verdict]:
        async with free:
            asking = (verifier.judge(goal, candidate, LIMITS) for _ in range(times))
            return await asyncio.gather(*asking)

    return await asyncio.gather(*(one(*x) for x in asked))


def essence(verdict: Verdict) -> Verdict:
    """Without what it cost, which depends on what an earlier candidate has left to share."""
    return replace(verdict, seconds=0.0, heartbeats=0, reused="")


def compare(ways: dict[str, list[Verdict]]) -> None:
    for way, verdicts in ways.items():
        for verdict, first in zip(verdicts, ways["alone"], strict=True):
            assert essence(verdict) == essence(first), way


def enough(counts: Counter[tuple[str, str]]) -> bool:
    """Many of each kind, or the comparison says little."""
    kinds = {"elaboration": 100, "parse": 20, "statement": 20, "gate": 50}
    rejected = all(counts["rejected", kind] >= least for kind, least in kinds.items())
    return counts.total() >= 500 and counts["proved", ""] >= 50 and rejected


@pytest.mark.lean
@pytest.mark.slow
def test_every_way_of_asking_gives_the_same_verdicts(
    installation: Installation, lean_spec: ProcessSpec, tmp_path: Path
) -> None:
    facts, memory = installation.facts(), LeanConfig().memory_mb
    ways: dict[str, list[Verdict]] = {}

    async def main() -> None:
        async with Pool(lean_spec, 1, memory) as pool:
            asked = mutants() + await portfolio(Verifier(pool, facts))
            ways["alone"] = firsts(await judged(Verifier(pool, facts), asked, 1))
        async with Pool(lean_spec, 2, memory) as pool:
            backwards = await judged(Verifier(pool, facts), asked[::-1], 4)
            ways["backwards on two"] = firsts(backwards)[::-1]
            with closing(Verdicts(tmp_path / "v.sqlite", pytest.fail)) as kept:
                cached = Verifier(pool, facts, reuse=Reuse(kept, facts, identity(installation)))
                twice = await judged(cached, asked, 4, times=2)
                ways["first of two at once"], ways["second"] = map(list, zip(*twice, strict=True))
                requests = pool.stats.requests
                ways["from the cache"] = firsts(await judged(cached, asked, 4))
                assert pool.stats.requests - requests == unsure(ways["alone"])

    asyncio.run(main())
    compare(ways)
    assert enough(Counter((v.status, v.kind) for v in ways["alone"]))
    reused = {way: Counter(v.reused for v in verdicts) for way, verdicts in ways.items()}
    print(reused)
    assert reused["from the cache"]["cache"] == len(ways["alone"]) - unsure(ways["alone"])
    assert reused["second"]["shared"] >= 400


TRUE = "theorem t : ∀ a b c : Fin 8, a + b + c = c + b + a"
FALSE = "theorem t : (List.range 500).length = 499"
LIMITED = [
    (FALSE, "by decide", 4_000, "maximum recursion depth", True),
    (TRUE, "by simp (maxSteps := 3)", 4_000, "maximum number of steps", True),
    (TRUE, "by decide", 200, "maximum number of heartbeats", False),
    (TRUE, "by first | decide | rfl", 200, "maximum number of heartbeats", False),
    (TRUE, "by exact?", 20_000, "", False),
]
"""(statement, body, heartbeats, what is said, is it kept): a limit that counts steps of the proof
itself is met again by whoever tries again; heartbeats are not kept."""


@pytest.mark.lean
def test_limits_that_are_met_again_are_kept(
    installation: Installation, verifier: Verifier, runner: asyncio.Runner
) -> None:
    facts = installation.facts()
    with closing(Verdicts(None, pytest.fail)) as kept:
        reusing = Verifier(verifier.pool, facts, reuse=Reuse(kept, facts, ""))
        for statement, body, heartbeats, said, lasting in LIMITED:
            goal, limits = Goal("t", "t", statement), Limits(heartbeats, 120.0)
            first, second = (
                runner.run(reusing.judge(goal, Candidate(body, "x"), limits)) for _ in range(2)
            )
            assert not first.proved and said in first.reason, body
            assert second.reused == ("cache" if lasting else ""), body
            assert essence(first) == essence(second) or body == "by exact?"


def firsts(answers: Sequence[Sequence[Verdict]]) -> list[Verdict]:
    return [answer[0] for answer in answers]


def unsure(verdicts: Iterable[Verdict]) -> int:
    """How many are not kept: what Lean gave up, and statements that it does not understand."""
    return sum(v.status == "inconclusive" or v.kind == "statement" for v in verdicts)
