"""The shortest proof that still passes: what Lean can do without goes, within a bound of checks.

One trace shows which alternatives ran; then cases that one script does for are joined; then delta
debugging (`ddmin`) over each kind of unit (`units`), from the coarse to the fine, until a round
changes nothing. A shorter proof may cost Lean little more than the one that was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from prover.errors import InfrastructureError
from prover.lean.verifier import Verifier
from prover.recycling.asking import Asking, Spent
from prover.recycling.ddmin import ddmin
from prover.recycling.units import KINDS, Span, Unit, firsts, joined, only, without
from prover.types import Candidate, Goal, Limits, Verdict

SUFFIX = "+pruned"
MORE = 2
"""Heartbeats of a shorter proof: so many times those of the one that was found, at most."""
LEAST = 2_000
"""Heartbeats that a check has at least."""
TRACE_SECONDS = 60.0


@dataclass(frozen=True)
class Pruned:
    candidate: Candidate
    checks: int
    """Requests to Lean."""
    before: int
    """Characters of the body."""
    after: int
    minimal: bool
    """No unit of it can be left out by itself; false where the bound came first."""


async def prune(
    verifier: Verifier, goal: Goal, candidate: Candidate, limits: Limits, most: int
) -> Pruned:
    """A proof that Lean takes, shortened; as it is where there is nothing to leave out, or where
    Lean does not take it.

    Raises InfrastructureError if Lean cannot be asked.
    """
    return await Pruner(Asking(verifier, most), goal, candidate, limits).run()


class Pruner:
    def __init__(
        self,
        asking: Asking,
        goal: Goal,
        candidate: Candidate,
        limits: Limits,
        known: Verdict | None = None,
    ) -> None:
        """`known`: Lean's word on the candidate; without, it is asked."""
        self._asking, self._goal, self._candidate = asking, goal, candidate
        self._limits, self._known = limits, known
        self._begun = asking.checks
        self._text = candidate.body.rstrip()
        self._tried: dict[str, bool] = {}

    async def run(self) -> Pruned:
        try:
            minimal = await self._shorten()
        except Spent:
            minimal = False
        return self._result(minimal)

    async def _shorten(self) -> bool:
        if not any(kind(self._text) for kind in KINDS) and not any(joined(self._text)):
            return True
        verdict = self._known
        if verdict is None:
            verdict = await self._asking.judge(self._goal, self._candidate, self._limits)
        if not verdict.proved:
            return False
        self._tried[self._text] = True
        if verdict.heartbeats:
            dear = max(LEAST, MORE * verdict.heartbeats)
            heartbeats = min(dear, self._limits.heartbeats or dear)
            self._limits = replace(self._limits, heartbeats=heartbeats)
        await self._drop_what_did_not_run()
        await self._join()
        while True:
            before = self._text
            for number in range(len(KINDS)):
                await self._reduce(KINDS[number](self._text))
            if self._text == before:
                return True

    async def _drop_what_did_not_run(self) -> None:
        """The alternatives that failed or came after the one that did, in one check."""
        if any(len(items) > 2 for _, items in firsts(self._text)):
            await self._passes(only(self._text, await self._ran()))

    async def _join(self) -> None:
        for text in joined(self._text):
            if len(text) < len(self._text) and await self._passes(text):
                return

    async def _reduce(self, units: Sequence[Unit]) -> None:
        text, machine = self._text, ddmin(units)
        try:
            kept = next(machine)
            while True:
                kept = machine.send(await self._passes(without(text, units, set(kept))))
        except StopIteration:
            return

    async def _passes(self, text: str) -> bool:
        """Does Lean take this body? The shortest that it took is kept."""
        if text not in self._tried:
            candidate = replace(self._candidate, body=text)
            verdict = await self._asking.judge(self._goal, candidate, self._limits)
            self._tried[text] = verdict.proved
        if self._tried[text] and len(text) < len(self._text):
            self._text = text
        return self._tried[text]

    async def _ran(self) -> list[Span]:
        """The tactics that Lean came to."""
        self._asking.book()
        lemmas = [{"statement": x.statement, "body": x.body} for x in self._candidate.lemmas]
        fields = {
            "header": self._goal.header,
            "statement": self._goal.statement,
            "lemmas": lemmas,
            "body": self._text,
            "heartbeats": self._limits.heartbeats * MORE,
        }
        try:
            reply = await self._asking.verifier.tell("trace", fields, TRACE_SECONDS)
        except InfrastructureError:  # too much for a trace; if Lean is down the next question says
            return []
        self._asking.took(float(reply.get("cpu", 0.0)))
        steps = (step for step in reply["steps"] if step["after"] is not None)
        return [(int(step["start"]), int(step["end"])) for step in steps]

    def _result(self, minimal: bool) -> Pruned:
        found, old = self._candidate, self._candidate.body.rstrip()
        if self._text != old:
            found = Candidate(self._text, found.by + SUFFIX, found.lemmas)
        checks = self._asking.checks - self._begun
        return Pruned(found, checks, len(old), len(self._text), minimal)
