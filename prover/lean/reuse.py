"""The same question is put to Lean once: what was answered before, or is being answered, is shared.

Only what would come out the same again is kept. Anything else (a time limit, a crash, a cancelled
task) leaves the others who wait for it to ask for themselves.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import astuple, replace
from typing import Any

from prover.digest import sha256
from prover.lean.protocol import Reply
from prover.lean.verdicts import Verdicts
from prover.types import LeanFacts, Verdict

FORMAT = 1
"""To be raised when a verdict is read from the same reply in another way."""
LASTING = frozenset({"", "parse", "gate", "elaboration", "axioms", "statement"})
"""Kinds of a judgement that depend on nothing but the question."""
CHANCE = re.compile("heartbeats|deep recursion|memory")
"""Of an error that depends on what this Lean did before, or on its machine."""
NEAR = 0.9
"""A rejection that spent this share of its heartbeats might have come out otherwise in a Lean that
has derived more or less already: it is not kept."""
SEARCH = re.compile(r"\b(?:exact|apply|rw|rewrites|try)\?")
"""Tactics that give up by their heartbeats, some of which build an index when first used."""

Ask = Callable[[], Awaitable[tuple[Verdict, bool]]]
"""Puts the question to Lean: the verdict, and whether it is lasting."""


class Reuse:
    """Answers kept in `verdicts`, for one Lean. `identity` is whatever else, besides its facts,
    tells this Lean from another."""

    def __init__(self, verdicts: Verdicts, facts: LeanFacts, identity: str) -> None:
        self._verdicts = verdicts
        self._scope = [FORMAT, identity, *astuple(replace(facts, confinement=""))]
        self._under_way: dict[str, asyncio.Future[Verdict | None]] = {}

    async def answer(self, fields: dict[str, Any], ask: Ask) -> Verdict:
        """The verdict on a request; its `reused` says if Lean was asked. Raises as `ask` does."""
        key = sha256(json.dumps([self._scope, fields], sort_keys=True))
        while True:
            if (kept := self._verdicts.get(key)) is not None:
                return replace(kept, reused="cache", seconds=0.0)
            if key not in self._under_way:
                return await self._lead(key, ask)
            shared = await asyncio.shield(self._under_way[key])
            if shared is not None:
                return replace(shared, reused="shared", seconds=0.0)

    async def _lead(self, key: str, ask: Ask) -> Verdict:
        under_way = self._under_way[key] = asyncio.get_running_loop().create_future()
        lasting = None
        try:
            verdict, lasts = await ask()
            if lasts:
                lasting = verdict
                self._verdicts.put(key, verdict)
            return verdict
        finally:
            del self._under_way[key]
            under_way.set_result(lasting)


def lasts(reply: Reply, fields: dict[str, Any]) -> bool:
    """Would Lean say the same of this request again?"""
    if not reply["ok"] or reply["verdict"] not in ("proved", "rejected"):
        return False
    if reply["verdict"] == "proved":
        return True
    limit, spent = fields["heartbeats"], reply.get("heartbeats", 0)
    if reply.get("kind") not in LASTING or (limit > 0 and spent >= NEAR * limit):
        return False
    bodies = [fields["body"], *(lemma["body"] for lemma in fields["lemmas"])]
    return not (CHANCE.search(reply.get("reason", "")) or any(map(SEARCH.search, bodies)))
