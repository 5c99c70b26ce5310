"""The steps that decided whether a proof would be found, as pairs of a better and a worse tactic.

Pivotal token search (Phi-4, arXiv 2412.08905, section 4.3) estimates p(success | prefix) by
rollouts and makes preference pairs where one token changes it much. Here the tokens are tactics,
and a rollout tries some of the portfolio's cheapest scripts on each goal of a state: p is the
product over the goals of pass@k, the chance that one of so many drawn closes it. A pair has the
state, the step of a proof that Lean took, and another tactic there that leads to less.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from prover.data.shapes import asked_of
from prover.errors import InfrastructureError
from prover.graph import ProofGraph
from prover.graph_nodes import text_digest
from prover.lean.verifier import Verifier
from prover.llm.family import load_family
from prover.llm.prompts import Asked, first_request, opening_state
from prover.passk import Count, pass_at
from prover.provers import scripts_for
from prover.recycling.asking import Asking, Spent
from prover.recycling.units import blocks, chains
from prover.scripts import body
from prover.steps import steps as single_tactics
from prover.training.rows import Row
from prover.types import Candidate, Goal, Limits, Sketch

FAMILY = "bfs-prover-v2"
"""Whose question a state is, as in the data sets of steps."""
GAP = 0.2
ROLLOUTS = 8
"""Scripts tried on a goal."""
DRAWN = 4
"""Of these, those that a search would have time for."""
OTHERS = 4
"""Other tactics tried in a state."""
PAIRS = 2
"""Of one step."""
MOST_GOALS = 4
"""A state with more is not looked at."""
TRACE_SECONDS = 20.0
STRUCTURED = re.compile(r"((?:fun_)?(?:induction|cases)\b[^\n]*?) with\n")


@dataclass(frozen=True)
class Pair:
    """TRL's `prompt`, `chosen`, `rejected`, and where they come from."""

    id: str
    prompt: str
    chosen: str
    rejected: str
    state: str
    """The goals, as Lean prints them."""
    p_before: float
    p_chosen: float
    p_rejected: float
    problem: str
    goal: str
    key: str
    split: str
    by: str
    header: str
    statement: str
    prefix: str
    """The proof above the step."""


@dataclass
class Pivots:
    pairs: list[Pair] = field(default_factory=list)
    proofs: int = 0
    """With a step that can be looked at."""
    steps: int = 0
    pivotal: int = 0
    """Steps that raised p by the gap or more."""
    checks: int = 0
    lean_seconds: float = 0.0
    cut_off: bool = False


@dataclass(frozen=True)
class Step:
    prefix: str
    """The body above the tactic."""
    tactic: str
    margin: str
    """Blanks before it."""

    @property
    def whole(self) -> str:
        return self.prefix + self.margin + self.tactic


async def pivots(
    verifier: Verifier,
    graph: ProofGraph,
    proofs: Sequence[Row],
    limits: Limits,
    most_checks: int,
    gap: float = GAP,
) -> Pivots:
    """The pairs of these proofs. Raises InfrastructureError if Lean cannot be asked."""
    searching = Searching(Asking(verifier, most_checks), limits, gap)
    for row in sorted(proofs, key=lambda row: row.by.count("+whole"), reverse=True):
        try:
            await searching.proof(graph.goals[row.goal].goal, row)
        except Spent:
            searching.found.cut_off = True
            break
    found = searching.found
    found.checks = searching.asking.checks
    found.lean_seconds = round(searching.asking.seconds, 2)
    return found


class Searching:
    def __init__(self, asking: Asking, limits: Limits, gap: float) -> None:
        self.asking, self._limits, self._gap = asking, limits, gap
        self.found = Pivots()
        self._closing: dict[tuple[str, str], float] = {}
        self._seen: set[tuple[str, str]] = set()

    async def proof(self, goal: Goal, row: Row) -> None:
        taken = list(steps(row.body))
        if not taken or (goal.header, f"{goal.key}:{row.body}") in self._seen:
            return
        self._seen.add((goal.header, f"{goal.key}:{row.body}"))
        self.found.proofs += 1
        state: Sequence[Goal] = [goal]
        for step in taken:
            self.found.steps += 1
            before, after = await self._p(state), await self._after(goal, step.whole)
            if after is None:
                return
            p = await self._p(after)
            if p - before >= self._gap and len(state) == 1:
                self.found.pivotal += 1
                await self._pairs(goal, row, step, state[0], (before, p))
            state = after

    async def _pairs(
        self, goal: Goal, row: Row, step: Step, state: Goal, p: tuple[float, float]
    ) -> None:
        worse = list[tuple[bool, float, str]]()
        for tactic in others(state, step.tactic):
            after = await self._after(goal, step.prefix + step.margin + tactic)
            other = 0.0 if after is None else await self._p(after)
            if p[1] - other >= self._gap:
                worse.append((after is None, other, tactic))
        for _, other, tactic in sorted(worse)[:PAIRS]:  # those that Lean took first
            self.found.pairs.append(pair(row, step, state, tactic, (*p, other)))

    async def _after(self, goal: Goal, text: str) -> list[Goal] | None:
        """The goals that the last tactic leaves; None if it fails or there are too many."""
        count = await self._left(goal, text)
        if count is None or count > MOST_GOALS:
            return None
        if not count:
            return []
        holes = Sketch(text + "\n  · sorry" * count, "pivots")
        self.asking.book()
        name = f"{goal.id}/{text_digest(text)}"
        made = await self.asking.verifier.sketch(goal, holes, name, self._limits)
        self.asking.took(made.verdict.seconds)
        return list(made.goals) if made.verdict.proved and len(made.goals) == count else None

    async def _left(self, goal: Goal, text: str) -> int | None:
        self.asking.book()
        fields = {
            "header": goal.header,
            "statement": goal.statement,
            "lemmas": [],
            "body": text,
            "heartbeats": self._limits.heartbeats,
        }
        try:
            reply = await self.asking.verifier.tell("trace", fields, TRACE_SECONDS)
        except InfrastructureError:  # too much for a trace; if Lean is down the next question says
            return None
        self.asking.took(float(reply.get("cpu", 0.0)))
        ends = [step for step in reply["steps"] if step["end"] == len(text) and not step["depth"]]
        return len(ends[-1]["after"]) if ends and ends[-1]["after"] is not None else None

    async def _p(self, state: Sequence[Goal]) -> float:
        return math.prod([await self._closed(goal) for goal in state])

    async def _closed(self, goal: Goal) -> float:
        """The chance that scripts drawn among the cheapest close it."""
        known = goal.header, goal.key
        if known not in self._closing:
            tried = sorted(scripts_for(goal), key=lambda script: script.cost)[:ROLLOUTS]
            won = 0
            for script in tried:
                candidate = Candidate(body(goal, script.text), script.name)
                won += (await self.asking.judge(goal, candidate, self._limits)).proved
            self._closing[known] = pass_at(Count(len(tried), won), min(DRAWN, len(tried)))
        return self._closing[known]


def steps(text: str) -> Iterator[Step]:
    """The tactics of the outermost block that leave something to do, and of a chain or of cases
    what comes first."""
    if not text.startswith("by\n"):
        return
    outer = min(blocks(text), key=lambda items: items[0], default=[])
    tops = outer if outer and outer[0][0] == start(text) else [(start(text), len(text))]
    heads = {items[0][0]: items[0][1] for items in chains(text)}
    for number, (first, last) in enumerate(tops):
        tactic = text[first:last]
        if found := STRUCTURED.match(tactic):
            tactic = found[1]
        elif first in heads and heads[first] < last:
            tactic = text[first : heads[first]]
        elif number == len(tops) - 1:
            return
        margin = text[text.rfind("\n", 0, first) + 1 : first]
        yield Step(text[: first - len(margin)], tactic, margin)


def start(text: str) -> int:
    """Where the first tactic begins."""
    return len(text) - len(text[2:].lstrip())


def others(state: Goal, tactic: str) -> list[str]:
    """Other tactics for a state: those of the search, and how scripts of several steps begin."""
    begun = (script.text.split("\n")[0] for script in scripts_for(state) if "\n" in script.text)
    found = dict.fromkeys([*(text for _, text in single_tactics(state)), *begun])
    return [text for text in found if text != tactic][:OTHERS]


def pair(row: Row, step: Step, state: Goal, tactic: str, p: tuple[float, float, float]) -> Pair:
    shown = opening_state(state)
    asked = Asked("", row.statement, row.header, "", shown)
    prompt = asked_of(first_request(load_family(FAMILY), asked))
    return Pair(
        text_digest("\n".join([row.header, row.statement, step.whole, tactic])),
        str(prompt),
        step.tactic,
        tactic,
        shown,
        round(p[0], 4),
        round(p[1], 4),
        round(p[2], 4),
        row.problem,
        row.goal,
        row.key,
        row.split,
        row.by,
        row.header,
        row.statement,
        step.prefix,
    )


def dump(pairs: Iterable[Pair]) -> str:
    """As JSON lines."""
    return "".join(json.dumps(dataclasses.asdict(p), ensure_ascii=False) + "\n" for p in pairs)


def told(found: Pivots) -> str:
    said = (
        f"{len(found.pairs)} pairs of {found.pivotal} pivotal steps among {found.steps}, in"
        f" {found.proofs} proofs; {found.checks} checks, {found.lean_seconds:.0f} s of Lean"
    )
    return said + (" (cut off by --checks)" if found.cut_off else "")
