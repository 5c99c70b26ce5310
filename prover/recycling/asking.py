"""Lean asked within a bound, and what it took counted."""

from __future__ import annotations

from dataclasses import dataclass

from prover.lean.verifier import Verifier
from prover.types import Candidate, Goal, Limits, Verdict


class Spent(Exception):
    """The bound of checks is reached; Lean was not asked."""


@dataclass
class Asking:
    verifier: Verifier
    most: int = 1 << 30
    """Checks allowed in all."""
    within: Asking | None = None
    """What this is a part of: its bound holds too."""
    checks: int = 0
    seconds: float = 0.0
    """Lean seconds."""

    async def judge(self, goal: Goal, candidate: Candidate, limits: Limits) -> Verdict:
        """Raises Spent, or InfrastructureError if Lean cannot be asked."""
        self.book()
        verdict = await self.verifier.judge(goal, candidate, limits)
        self.took(verdict.seconds)
        return verdict

    def part(self, most: int) -> Asking:
        """So many checks of these."""
        return Asking(self.verifier, most, self)

    def book(self) -> None:
        """One more check. Raises Spent if there is none left."""
        if self.left() <= 0:
            raise Spent
        self._add(1, 0.0)

    def took(self, seconds: float) -> None:
        self._add(0, seconds)

    def left(self) -> int:
        mine = self.most - self.checks
        return min(mine, self.within.left()) if self.within else mine

    def _add(self, checks: int, seconds: float) -> None:
        self.checks += checks
        self.seconds += seconds
        if self.within:
            self.within._add(checks, seconds)
