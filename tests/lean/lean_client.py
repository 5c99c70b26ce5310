"""The real Lean asked from plain synchronous tests, one question after the other."""

from __future__ import annotations

import asyncio
from typing import Any

from prover.lean.verifier import Compiled, FileVerdict, Unsupported, Verifier
from prover.types import Candidate, Goal, Lemma, Limits, Problem, Sketch, Split, Verdict

LIMITS = Limits(40_000, 30.0)


class Client:
    def __init__(self, runner: asyncio.Runner, verifier: Verifier) -> None:
        self.runner = runner
        self.verifier = verifier
        self.pool = verifier.pool

    def ask(self, op: str, seconds: float = 30.0, **fields: Any) -> dict[str, Any]:
        """The driver's own reply, unread."""
        return self.runner.run(self.pool.ask(op, {"heartbeats": 40_000, **fields}, seconds))

    def open(self, statement: str, header: str = "") -> Goal:
        goal = self.try_open(statement, header)
        assert isinstance(goal, Goal), goal
        return goal

    def try_open(self, statement: str, header: str = "") -> Goal | Unsupported:
        return self.runner.run(self.verifier.open(Problem("t", statement, header)))

    def judge(
        self,
        body: str,
        statement: str,
        header: str = "",
        lemmas: tuple[tuple[str, str], ...] = (),
        limits: Limits = LIMITS,
    ) -> Verdict:
        candidate = Candidate(body, "test", tuple(Lemma(*pair) for pair in lemmas))
        goal = Goal("t", "t", statement, header)
        return self.runner.run(self.verifier.judge(goal, candidate, limits))

    def sketch(self, body: str, statement: str, header: str = "") -> Compiled:
        goal = Goal("t", "t", statement, header)
        return self.runner.run(self.verifier.sketch(goal, Sketch(body, "test"), "t/1", LIMITS))

    def split(self, text: str, statement: str, header: str = "") -> Split:
        result = self.runner.run(self.verifier.split(Goal("t", "t", statement, header), text))
        assert isinstance(result, Split), result
        return result

    def check(self, text: str, against: Problem | None = None) -> FileVerdict:
        result = self.runner.run(self.verifier.check(text, against, LIMITS))
        assert isinstance(result, FileVerdict), result
        return result

    def certify(self, text: str, problem: Problem) -> Verdict:
        return self.runner.run(self.verifier.certify(problem, text)).verdict
