"""Conjectures put to Lean, many in one request: read, refuted on small values, proved.

What is learnt is an event before it counts (`conjecture_pool`), so that a run that is resumed goes
on where it was. A conjecture counts as proved on tier 1's word alone, judged as a theorem of its
own; what a bulk request says only tells which are worth that.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from prover.conjecture_pool import Claim, Entry, Pool, named, nearby, theory
from prover.conjecture_shapes import shapes
from prover.conjectures import SIZES, Theory, evaluation, read_table, tables
from prover.digest import sha256
from prover.graph import ProofGraph
from prover.inductive_proofs import alone, alternatives, closed, part_of, together, ways
from prover.lean.verifier import Compiled
from prover.refuting import trials
from prover.scripts import body
from prover.types import Candidate, Goal, Lemma, Sketch, Verdict

NAME = "conjectures"
SORRY = "sorry"
MOST_SECONDS = 2.5
"""Lean seconds for the values of one header's terms: the larger ones are left out then."""
MOST_BULK_SECONDS = 4.0
"""Lean seconds after which no more conjectures of a goal are looked at for now."""
MOST_AT_ONCE = 4
"""Conjectures that one request tries to prove: they share its heartbeats."""
ROUNDS = 3
"""What is proved in one may be used in the next."""

Said = Goal | bool
"""What is left of a line's `sorry`; True if nothing is, False if Lean does not say."""


@dataclass(frozen=True)
class Lean:
    """What a campaign lends: Lean's word, and the run's events."""

    judge: Callable[[Goal, Candidate], Awaitable[Verdict]]
    """On any statement; who asks books it."""
    compile: Callable[[str, Sketch], Awaitable[Compiled]]
    """On a goal of the search, and booked to it."""
    emit: Callable[..., None]


class Pooling:
    def __init__(self, lean: Lean, pool: Pool, graph: ProofGraph) -> None:
        self._lean, self.pool, self._graph = lean, pool, graph
        self._turn = asyncio.Lock()

    async def fill(self, goal: Goal, explore: bool) -> list[Entry]:
        """Think of conjectures for a goal and find out about them; those that may help with it,
        the proved ones first. `explore`: also of equations between its functions, which is dear.
        Two goals at a time would ask Lean the same."""
        async with self._turn:
            self.recall(goal)
            if goal.id not in self.pool.thought:
                await self._read(goal, shapes(goal), explored=False)
            if explore and theory(goal) not in self.pool.explored:
                await self._read(goal, await self._equations(goal), explored=True)
            await self._prove(goal, MOST_BULK_SECONDS - await self._refute(goal))
        return self.pool.near(goal)

    def recall(self, goal: Goal) -> None:
        """Take up lemmas that other sketches of this run owed, and that are proved."""
        for lemma, proof in nearby(self._graph, goal):
            if (known := named(lemma)).id not in self.pool.entries:
                found = [{"claim": asdict(Claim(closed(lemma), "lemma")), "goal": asdict(known)}]
                self._lean.emit("conjectured", goal=goal.id, found=found, explored=False, all=False)
                self._tell(goal, known.id, "proved", Verdict("proved"), proof)

    def shown(self, goal: Goal, model: str) -> list[str]:
        """Statements of what is proved, for a model that is asked for this goal: once and for all,
        so that a resumed run asks what was asked before."""
        if (goal.id, model) not in self.pool.shown:
            self.recall(goal)
            names = [e.name for e in self.pool.proved(goal)]
            self._lean.emit("lemmas_shown", goal=goal.id, model=model, names=names)
        entries = self.pool.entries
        return [entries[name].goal.statement for name in self.pool.shown[goal.id, model]]

    def _tell(
        self, goal: Goal, name: str, status: str, verdict: Verdict, proof: Candidate | None = None
    ) -> None:
        made, said = proof and asdict(proof), asdict(verdict)
        event = {"name": name, "status": status, "candidate": made, "verdict": said}
        self._lean.emit("conjecture", goal=goal.id, **event)

    # Thinking of them

    async def _equations(self, goal: Goal) -> list[Claim]:
        """Between the functions that a goal rests on: found out once for all such goals."""
        explored, spent = Theory(goal), 0.0
        for size in SIZES if explored.variables else ():
            for table, terms in tables(explored, explored.round(size)):
                if spent < MOST_SECONDS:
                    asked = Candidate(evaluation(table), NAME)
                    verdict = await self._lean.judge(goal, asked)
                    self._lean.emit("checked", goal=goal.id, by=NAME, verdict=asdict(verdict))
                    spent += verdict.seconds
                    shown = verdict.failing.goals if verdict.failing else ()
                    explored.learn(read_table(shown[0], terms) if shown else {})
        return [Claim(c.statement, "equation") for c in explored.conjectures]

    async def _read(self, goal: Goal, claims: Sequence[Claim], explored: bool) -> None:
        """Keep those that are Lean, and neither true by definition nor the goal itself."""
        lines = [
            f"try (have it : {c.statement} := (by {'' if c.of else alone(goal)}"
            f"first | (intros; rfl) | {SORRY}); clear it)"
            for c in claims
        ]
        said, _ = await self._bulk(goal, lines)
        read = [(c, named(g)) for c, g in zip(claims, said, strict=True) if isinstance(g, Goal)]
        found = [
            {"claim": asdict(in_place(c, g)), "goal": asdict(g)}
            for c, g in read
            if g.key and (g.key != goal.key or c.proof)
        ]
        event: dict[str, Any] = {"found": found, "explored": explored, "all": not explored}
        self._lean.emit("conjectured", goal=goal.id, **event)

    async def _bulk(
        self, goal: Goal, lines: Sequence[str], given: Sequence[str] = ()
    ) -> tuple[list[Said], float]:
        """What Lean says of lines with a `sorry` each, behind what is given, and Lean seconds.

        Where one line spoils the request, by its heartbeats perhaps, the halves are asked."""
        if not lines:
            return [], 0.0
        text = body(goal, "\n".join([*given, *lines, SORRY]))
        compiled = await self._lean.compile(goal.id, Sketch(text, NAME))
        spent = compiled.verdict.seconds
        if compiled.verdict.proved:
            holes = zip(compiled.holes, compiled.goals, strict=True)
            left = {hole.start: of for hole, of in holes}
            starts = [match.start() for match in re.finditer(SORRY, text)]
            return [left.get(start, True) for start in starts[len(given) : -1]], spent
        if len(lines) == 1:
            return [False], spent
        half = len(lines) // 2
        first, one = await self._bulk(goal, lines[:half], given)
        second, two = await self._bulk(goal, lines[half:], given)
        return [*first, *second], spent + one + two

    # Finding out about them

    def _untried(self, goal: Goal) -> list[Entry]:
        found = [e for e in self.pool.near(goal) if e.status == "open" and not e.tries]
        return [replace(e, goal=replace(e.goal, header=goal.header)) for e in found]

    async def _refute(self, goal: Goal) -> float:
        """Bounded testing of all of them in one request; Lean seconds."""
        guessed = [e for e in self._untried(goal) if not e.claim.of]
        tests = [(e, found[0].candidate.body) for e in guessed if (found := trials(e.goal))]
        lines = [
            f"have no : ¬ ({closed(e.goal)}) := by\n{alternatives([test[3:], SORRY])}\nclear no"
            for e, test in tests
        ]
        said, spent = await self._bulk(goal, lines)
        for (entry, _), false in zip(tests, said, strict=True):
            if false is True:
                self._tell(goal, entry.name, "refuted", Verdict("proved"))
        return spent

    async def _prove(self, goal: Goal, room: float) -> None:
        """In rounds: what one proves the next may use."""
        left, before = self._untried(goal), -1
        for _ in range(ROUNDS):
            known = self.pool.proved(goal)
            if len(known) == before:
                break
            before = len(known)
            for at in range(0, len(left), MOST_AT_ONCE):
                if room > 0:
                    room -= await self._round(goal, left[at : at + MOST_AT_ONCE], known)
            left = [e for e in left if self.pool.entries[e.name].status == "open"]
        for entry in left:
            self._tell(goal, entry.name, "open", Verdict("rejected"))

    async def _round(self, goal: Goal, tried: Sequence[Entry], known: Sequence[Entry]) -> float:
        """Have some proved, knowing what is proved; Lean seconds."""
        hide = alone(goal)
        given = [f"have {e.name} : {closed(e.goal)} := by {hide}{SORRY}" for e in known]
        lines = []
        for e in tried:
            intro = "".join(f"intro {b.name}; " for b in e.goal.binders)
            tries = alternatives([*proofs(e), SORRY])
            lines.append(
                f"have it : {closed(e.goal)} := by\n  {hide}{intro}skip\n{tries}\nclear it"
            )
        said, spent = await self._bulk(goal, lines, given)
        for entry, nothing_left in zip(tried, said, strict=True):
            if nothing_left is True:
                spent += await self._confirm(goal, entry, known)
        return spent

    async def _confirm(self, goal: Goal, entry: Entry, known: Sequence[Entry]) -> float:
        """Tier 1's word on what a bulk request took for proved, as a theorem of its own."""
        lemmas = dict.fromkeys(lemma for e in known for lemma in e.lemmas)
        given = [f"have {e.name} := @{e.name}" for e in known]
        tactics = "\n".join([*given, alternatives(proofs(entry), margin=0)])
        found = Candidate(body(entry.goal, tactics), NAME, tuple(lemmas))
        verdict = await self._lean.judge(entry.goal, found)
        if verdict.proved:
            self._tell(goal, entry.name, "proved", verdict, found)
        else:
            self._lean.emit("checked", goal=goal.id, by=NAME, verdict=asdict(verdict))
        return verdict.seconds

    async def joint(self, goal: Goal, open: Sequence[Entry]) -> None:
        """Try to prove what needs one another by one induction."""
        found = together([e.goal for e in open])
        if found is None:
            return
        statement, script = found
        pair = f"joint_{sha256(statement)[:8]}"
        own = replace(open[0].goal, id=pair, statement=f"theorem {pair} : {statement}")
        own = replace(own, header=goal.header)
        by = Candidate(f"by\n{script}", NAME)
        verdict = await self._lean.judge(own, by)
        self._lean.emit("checked", goal=goal.id, by=NAME, verdict=asdict(verdict))
        for place, entry in enumerate(open if verdict.proved else ()):
            text = part_of(entry.goal, pair, place, len(open))
            proof = Candidate(text, NAME, (Lemma(own.statement, by.body),))
            said = await self._lean.judge(replace(entry.goal, header=goal.header), proof)
            self._tell(goal, entry.name, "proved" if said.proved else "open", said, proof)


def proofs(entry: Entry) -> list[str]:
    own = [entry.claim.proof] if entry.claim.proof else []
    return [*own, *ways(entry.goal)]


def in_place(claim: Claim, goal: Goal) -> Claim:
    """A fact of a goal's context is used at that context's own variables and hypotheses."""
    names = " ".join(b.name for b in goal.binders)
    return replace(claim, instance=names) if claim.of else claim
