"""Verdicts: what Lean says of goals, candidates, sketches and finished files.

Tier 1 (`judge`) looks at every candidate in the driver. Tier 2 (`certify`) takes the finished file
to a Lean that has seen no candidate: every command passes the gate, Lean's front end compiles the
text as a whole, the theorem is compared with the trusted statement, its axioms are audited, and
what it rests on goes through the kernel again. Only tier 2 says "verified" (design decision 8).

A fault of the process becomes `inconclusive`, never `rejected`; what cannot be served at all (no
Lean can be started) stays an InfrastructureError.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from prover.digest import sha256
from prover.errors import InfrastructureError, WorkerError
from prover.lean import meter
from prover.lean.layout import Layout, in_place, normal
from prover.lean.pool import Worker, Workers
from prover.lean.protocol import Reply
from prover.lean.reuse import Reuse, lasts
from prover.lean.split import read_split
from prover.types import (
    Candidate,
    Certified,
    CheckerResult,
    Failing,
    Goal,
    Hole,
    LeanFacts,
    Limits,
    Problem,
    Sketch,
    Split,
    Verdict,
)

CERTIFY = Limits(heartbeats=400_000, seconds=120.0)
"""A finished file gets more than its parts did: it holds all of them."""

OPEN_SECONDS = 60.0
"""Wall clock for elaborating a header and a statement, which no candidate can make slow."""

SPLIT_SECONDS = 20.0
"""Wall clock for parsing a file."""


Opinions = Callable[[Problem, str, str], Awaitable[tuple[CheckerResult, ...]]]
"""Other checkers' word on (problem, file, the theorem's full name)."""


Wanted = Callable[[], bool]
"""Is an answer still of use? Asked when there is a worker to ask."""


class Dropped(Exception):
    """Nobody wanted the answer any more; Lean was not asked."""


def always() -> bool:
    return True


async def no_opinions(problem: Problem, text: str, name: str) -> tuple[CheckerResult, ...]:
    return ()


@dataclass(frozen=True)
class Unsupported:
    """A statement that does not elaborate here, with Lean's reason."""

    reason: str


class Unopened(Unsupported):
    """A statement that Lean did not come to the end of: it takes too long, or ends Lean itself."""


@dataclass(frozen=True)
class Compiled:
    """What became of a sketch; holes and goals pair up, and are empty unless it compiled."""

    verdict: Verdict
    holes: tuple[Hole, ...] = ()
    goals: tuple[Goal, ...] = ()


@dataclass(frozen=True)
class TheoremVerdict:
    """One theorem of a checked file."""

    name: str
    line: int
    verdict: Verdict
    target: bool = False
    """It has the trusted theorem's name; Lean says so, since texts of names may mislead."""


@dataclass(frozen=True)
class FileVerdict:
    theorems: tuple[TheoremVerdict, ...]
    target: str
    """Full name of the trusted theorem, where there is one to compare with."""
    errors: tuple[str, ...]
    """Lean's errors anywhere in the file, `line:column: text`."""
    refused: str = ""
    """The command that has no place in a file of proofs, if there is one; then it comes first in
    `errors` too, and no theorem counts."""
    version: str = ""
    """What Lean calls itself, its commit included."""
    type_sha256: str = ""
    """Of the trusted statement's elaborated type, where there is one."""
    definitions_sha256: str = ""
    """Of the definitions that it rests on."""


class Verifier:
    """Asks the pool and reads its replies; holds no state but the pool and what is reused."""

    def __init__(
        self,
        pool: Workers,
        facts: LeanFacts,
        opinions: Opinions = no_opinions,
        reuse: Reuse | None = None,
    ) -> None:
        """Without `reuse` every question is put to Lean."""
        self.pool = pool
        self.facts = facts
        self._opinions = opinions
        self._reuse = reuse

    async def open(self, problem: Problem) -> Goal | Unsupported:
        """The root goal of a problem. Raises InfrastructureError if Lean cannot be asked."""
        fields = {"header": problem.header, "statement": problem.statement}
        verdict, reply = await self._ask("statement", fields, OPEN_SECONDS)
        if reply is None and verdict.kind == "lost":
            raise InfrastructureError(f"{problem.name} could not be opened: {verdict.reason}")
        if reply is None:  # one such statement must not end a campaign, nor each of its resumptions
            return Unopened(f"{verdict.kind}: {verdict.reason}")
        if not reply["ok"]:
            return Unsupported(f"{reply['kind']}: {one_line(reply['error'])}")
        shape = {**goal_shape(reply), "statement": problem.statement}
        return Goal.from_dict(
            {**shape, "id": problem.name, "problem": problem.name, "header": problem.header}
        )

    async def is_trivial(self, goal: Goal) -> bool:
        """By computing, or by a hypothesis as it stands; False too if Lean had no time to tell.

        Raises InfrastructureError if Lean cannot be asked.
        """
        fields = {"header": goal.header, "statement": goal.statement}
        _, reply = await self._ask("trivial", fields, OPEN_SECONDS)
        return reply is not None and bool(reply["trivial"])

    async def judge(
        self, goal: Goal, candidate: Candidate, limits: Limits, wanted: Wanted = always
    ) -> Verdict:
        """Tier 1's word on a candidate, in the candidate's own lines and columns.

        Raises Dropped if a worker comes too late, and InfrastructureError if Lean cannot be asked.
        """
        layout = normal(candidate.body)
        fields = {
            "header": goal.header,
            "statement": goal.statement,
            "lemmas": [
                {"statement": x.statement, "body": in_place(x.body)} for x in candidate.lemmas
            ],
            "body": layout.text,
            "heartbeats": limits.heartbeats,
        }

        async def ask() -> tuple[Verdict, bool]:
            verdict, reply = await self._ask("judge", fields, limits.seconds, wanted)
            if reply is None:
                return verdict, False
            return read_verdict(reply, verdict.seconds), lasts(reply, fields)

        verdict = await self._reuse.answer(fields, ask) if self._reuse else (await ask())[0]
        in_lemma = bool(candidate.lemmas) and verdict.reason.startswith("lemma")
        return verdict if in_lemma else in_original(verdict, layout)

    async def sketch(
        self, goal: Goal, sketch: Sketch, sketch_id: str, limits: Limits, wanted: Wanted = always
    ) -> Compiled:
        """What becomes of a sketch. Raises as `judge` does."""
        fields = {
            "header": goal.header,
            "statement": goal.statement,
            "body": sketch.body,
            "heartbeats": limits.heartbeats,
            "prefix": lemma_prefix(sketch_id),
        }
        verdict, reply = await self._ask("sketch", fields, limits.seconds, wanted)
        if reply is None:
            return Compiled(verdict)
        verdict = read_verdict(reply, verdict.seconds)
        if not verdict.proved:
            return Compiled(verdict)
        ids = [f"{sketch_id}.{i}" for i in range(1, len(reply["holes"]) + 1)]
        holes = [
            Hole(i, h["start"], h["end"], h["fill"])
            for i, h in zip(ids, reply["holes"], strict=True)
        ]
        goals = [hole_goal(goal, i, hole) for i, hole in zip(ids, reply["holes"], strict=True)]
        return Compiled(verdict, tuple(holes), tuple(goals))

    async def split(self, goal: Goal, text: str) -> Split | Verdict:
        """A file that somebody wrote for a goal, taken apart; a Verdict if it could not be.

        Raises InfrastructureError if Lean cannot be asked.
        """
        fields = {
            "header": goal.header,
            "statement": goal.statement,
            "text": text.replace("\r\n", "\n"),
        }
        verdict, reply = await self._ask("split", fields, SPLIT_SECONDS)
        if reply is None:
            return verdict
        return read_split(reply) if reply["ok"] else read_verdict(reply, verdict.seconds)

    async def tell(self, op: str, fields: dict[str, Any], seconds: float) -> Reply:
        """The reply to a question about Lean itself, on which no verdict rests.

        Raises InfrastructureError if there is none.
        """
        verdict, reply = await self._ask(op, fields, seconds)
        if reply is None or not reply["ok"]:
            why = verdict.reason if reply is None else one_line(reply.get("error", ""))
            raise InfrastructureError(f"Lean does not answer `{op}`: {why}")
        return reply

    async def certify(self, problem: Problem, text: str) -> Certified:
        """Tier 2's word on a finished file: does it prove exactly this problem?"""
        result = await self.check(text, problem, CERTIFY)
        if isinstance(result, Verdict):
            return Certified(result)
        verdict = whole_verdict(result, problem.name)
        said = await self._opinions(problem, text, result.target) if verdict.proved else ()
        meter.current().seconds += sum(x.seconds for x in said)
        refused = [f"{x.name}: {x.detail}" for x in said if x.status == "refused"]
        if refused:
            verdict = replace(verdict, status="rejected", kind="checker", reason=refused[0])
        return Certified(
            verdict, result.version, result.type_sha256, result.definitions_sha256, said
        )

    async def check(
        self, text: str, against: Problem | None, limits: Limits
    ) -> FileVerdict | Verdict:
        """Every theorem of a file, in a fresh Lean; a Verdict if the file could not be read."""
        # Stripped as `assembly` writes it: what the file begins with is known to be the header.
        trusted = against and {"header": against.header.strip(), "statement": against.statement}
        fields = {
            "text": text,
            "against": trusted,
            "heartbeats": limits.heartbeats,
            "fresh": True,
        }
        verdict, reply = await self._ask("file", fields, limits.seconds)
        if reply is None:
            return verdict
        if not reply["ok"]:
            return read_verdict(reply, verdict.seconds)
        theorems = tuple(
            TheoremVerdict(
                t["name"], t["at"], read_verdict({"ok": True, **t}, verdict.seconds), t["target"]
            )
            for t in reply["theorems"]
        )
        errors = [m for m in reply["messages"] if m["severity"] == "error"]
        texts = [f"{m['line']}:{m['column']}: {one_line(m['text'])}" for m in errors]
        refused = [reply["refused"]] if reply["refused"] else []
        codes = reply["codes"] or {}  # too long to be written out, they are empty
        hashes = [sha256(codes[x]) if codes.get("type") else "" for x in ("type", "definitions")]
        said = tuple(refused + texts)
        return FileVerdict(
            theorems, reply["target"], said, reply["refused"], reply["lean"], *hashes
        )

    def _worker(
        self, fields: dict[str, Any], seconds: float
    ) -> AbstractAsyncContextManager[Worker]:
        """The embedded Lean's image is laid anew for a fresh request; a native Lean is started."""
        anew = fields.get("fresh") is True and self.facts.backend == "native"
        return self.pool.newcomer() if anew else self.pool.worker(seconds)

    async def _ask(
        self, op: str, fields: dict[str, Any], seconds: float, wanted: Wanted = always
    ) -> tuple[Verdict, Reply | None]:
        """A reply with its time, or the inconclusive verdict that its lack amounts to.

        What broke a process once may have been chance (it was killed, memory was short), so all
        but a timeout get one more try, on a fresh worker. A trap is Lean's own and repeats.
        """
        start = time.monotonic()
        for attempt in (1, 2):
            try:
                async with self._worker(fields, seconds) as worker:
                    if not wanted():
                        raise Dropped
                    start = time.monotonic()
                    with lost_if_cancelled(start):
                        reply = await worker.ask(op, fields, seconds)
            except WorkerError as exc:
                verdict = Verdict("inconclusive", one_line(str(exc)), exc.kind)
                if exc.kind == "timeout" or attempt == 2:
                    break
                meter.current().lost += time.monotonic() - start
                meter.current().retries += 1
            except UnicodeEncodeError:
                return Verdict("rejected", "the text is not valid Unicode", "parse"), None
            else:
                cost = float(reply.get("cpu", time.monotonic() - start))
                meter.current().seconds += cost
                if "trap" not in reply:
                    return Verdict("proved", seconds=cost), reply
                kind = "memory" if "memory" in str(reply["trap"]) else "crash"
                reason = f"Lean ran out: {reply['trap']}"
                return Verdict("inconclusive", reason, kind, seconds=cost), None
        cost = time.monotonic() - start
        meter.current().seconds += cost
        return replace(verdict, seconds=cost), None


@contextmanager
def lost_if_cancelled(start: float) -> Iterator[None]:
    try:
        yield
    except asyncio.CancelledError:
        meter.current().lost += time.monotonic() - start
        raise


def whole_verdict(result: FileVerdict, name: str) -> Verdict:
    """Of a file that is to prove one problem: the first theorem at fault, or the problem's own."""
    named = [t for t in result.theorems if t.target]
    if not named:
        return Verdict("rejected", f"the file has no theorem {name}", "statement")
    bad = [t.verdict for t in result.theorems if not t.verdict.proved]
    if not bad and result.errors:
        return Verdict("rejected", f"the file has errors: {result.errors[0]}", "elaboration")
    return bad[0] if bad else named[-1].verdict


def read_verdict(reply: Reply, seconds: float) -> Verdict:
    """A driver's judgement as a value; a request that it could not serve is a rejection."""
    if not reply["ok"]:
        return Verdict(
            "rejected", one_line(reply.get("error", "")), reply.get("kind", ""), seconds=seconds
        )
    return Verdict(
        status=reply["verdict"],
        reason=one_line(reply.get("reason", "")),
        kind=reply.get("kind", ""),
        line=reply.get("line", 0),
        column=reply.get("column", 0),
        axioms=tuple(sorted(reply.get("axioms", ()))),
        uses=tuple(sorted(reply.get("uses", ()))),
        heartbeats=reply.get("heartbeats", 0),
        seconds=seconds,
        failing=Failing.from_dict(reply["failing"]) if reply.get("failing") else None,
    )


def in_original(verdict: Verdict, layout: Layout) -> Verdict:
    """A verdict on the body's one form with its places in the body as it was written.

    (Lemmas are sent as they were laid out.)
    """
    line, column = layout.original(verdict.line, verdict.column)
    failing = verdict.failing
    if failing is not None:
        at = layout.original(failing.line, failing.column)
        failing = Failing(*at, failing.goals)
    return replace(verdict, line=line, column=column, failing=failing)


def goal_shape(reply: dict[str, Any]) -> dict[str, Any]:
    names = (
        "key", "conclusion", "binders", "target", "head", "constants", "definitions", "scoped",
        "intros",
    )  # fmt: skip
    return {name: reply[name] for name in names if name in reply}


def hole_goal(parent: Goal, goal_id: str, hole: dict[str, Any]) -> Goal:
    return Goal.from_dict(
        {
            **goal_shape(hole),
            "id": goal_id,
            "problem": parent.problem,
            "statement": hole["statement"],
            "header": parent.header,
            "depth": parent.depth + 1,
        }
    )


def lemma_prefix(sketch_id: str) -> str:
    """Lemma names from a sketch's path: `add/2.1/3` gives `add_2_1_3_`."""
    return re.sub(r"\W+", "_", sketch_id).strip("_") + "_"


def one_line(text: str, most: int = 400) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"
