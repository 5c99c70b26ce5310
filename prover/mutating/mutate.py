"""New problems of what runs have solved and failed at: each mutant read, tested and tried by Lean.

What does not elaborate, is known, looks like a mistake or holds by no argument at all is left out;
of the rest some cheap proof is found, or one of the negation, or it stays open.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from prover.digest import sha256
from prover.graph import ProofGraph
from prover.lean.toolchain import dialect
from prover.lean.verifier import Unsupported, Verifier
from prover.lint import goal_findings, text_findings
from prover.mutating.asking import MOST, Proposer, mutants
from prover.mutating.drawing import Turn, batch, shuffled, turns
from prover.mutating.forms import Mutant
from prover.mutating.seeds import Families, Seeds, seeds
from prover.mutating.testing import Said, judged, normal
from prover.playground.made import Made
from prover.types import Goal, Problem

BATCH = 16
"""Mutants that are with Lean at once. Not the number of workers: what is drawn depends on it."""
OUTCOMES = ("refused", "duplicate", "linted", "dull", "unproved", "refuted", "proved", "open")
"""What becomes of a mutant, in the order in which it is found out: it does not elaborate; is known;
has a warning; follows from a hypothesis or by unfolding nothing; was only of use if proved."""
SUFFIX = re.compile(r"_[a-z]+_[0-9a-f]{8}$")
Key = tuple[str, str]
"""A goal's canonical key, and of which header, if it rests on one."""


@dataclass
class Mutated:
    made: list[Made] = field(default_factory=list)
    """Proved or open: problems."""
    refuted: list[Made] = field(default_factory=list)
    """With their counterexamples, so far as they have values."""
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    """By mutator: `proposed`, and each of `OUTCOMES`."""

    def count(self, how: str, outcome: str) -> None:
        of = self.counts.setdefault(how, dict.fromkeys(("proposed", *OUTCOMES), 0))
        of[outcome] += 1


async def mutate(
    verifier: Verifier,
    runs_graphs: Sequence[ProofGraph],
    wanted: int,
    seed: int,
    known: Collection[str] = (),
    share: Mapping[str, float] | None = None,
    propose: Proposer | None = None,
    families: Families | None = None,
) -> Mutated:
    """So many new problems of finished runs, or as many as their problems give.

    `known` are canonical keys that no problem may have; `share` weighs `harder`, `easier`,
    `negation` and `lemma`; `families` has the family and level of problems that have them. Equal
    arguments give equal problems, as far as Lean's wall clock and the model allow.
    Raises InfrastructureError if Lean, or the model, cannot be asked, UserError for an odd share.
    """
    found = seeds(runs_graphs, families)
    proposed = await asked(propose, found, wanted, seed) if propose else []
    going = turns(found, proposed, seed, share)
    made = Mutated()
    work = Round(verifier, made, parents(found), frozenset(known), going)
    while len(made.made) < wanted:
        drawn = batch(going, min(BATCH, 2 * (wanted - len(made.made))))
        if not drawn:
            break
        await work.look(drawn)
    del made.made[wanted:]
    return made


async def asked(propose: Proposer, found: Seeds, wanted: int, seed: int) -> list[Mutant]:
    """A model's statements, of as many solved problems as it takes for a quarter of them all."""
    some = shuffled(found.solved, f"{seed}/proposed")[: max(1, wanted // MOST)]
    answers = await asyncio.gather(*(propose.propose(each) for each in some))
    return [m for one, texts in zip(some, answers, strict=True) for m in mutants(one, texts)]


def parents(found: Seeds) -> set[Key]:
    """What runs had for problems; their steps may become problems."""
    return {key_of(s.goal) for s in (*found.solved, *found.failed)}


def key_of(goal: Goal) -> Key:
    return goal.key, sha256(goal.header) if goal.scoped else ""


@dataclass
class Round:
    """What one batch works on."""

    verifier: Verifier
    made: Mutated
    taken: set[Key]
    known: Collection[str]
    going: Sequence[Turn]

    async def look(self, drawn: Sequence[tuple[Turn, Mutant]]) -> None:
        """All of it read, then what is new of it tried; counted in the order it was drawn in."""
        problems = [problem(mutant) for _, mutant in drawn]
        opened = await asyncio.gather(*(self.verifier.open(p) for p in problems))
        new: list[tuple[Turn, Mutant, Problem, Goal]] = []
        for (turn, mutant), of, goal in zip(drawn, problems, opened, strict=True):
            fault = self.fault(of, goal)
            self.made.count(mutant.how, "proposed")
            if fault or isinstance(goal, Unsupported):
                self.made.count(mutant.how, fault)
            else:
                new.append((turn, mutant, of, goal))
        tried = await asyncio.gather(*(self.tried(m, of, goal) for _, m, of, goal in new))
        for (turn, mutant, _, _), (of, goal, said) in zip(new, tried, strict=True):
            self.made.count(mutant.how, said.outcome)
            if said.standing is not None:
                self.keep(turn, mutant, of, goal, said)

    def fault(self, of: Problem, goal: Goal | Unsupported) -> str:
        """Why it is looked at no further; empty if it is."""
        if isinstance(goal, Unsupported):
            return "refused"
        if key_of(goal) in self.taken or goal.key in self.known:
            return "duplicate"
        self.taken.add(key_of(goal))
        return "linted" if warned(of, goal) else ""

    async def tried(self, mutant: Mutant, of: Problem, goal: Goal) -> tuple[Problem, Goal, Said]:
        of, goal = await normal(self.verifier, of, goal)
        return of, goal, await judged(self.verifier, mutant, goal)

    def keep(self, turn: Turn, mutant: Mutant, of: Problem, goal: Goal, said: Said) -> None:
        assert said.standing is not None
        found = Made(
            undialected(of), mutant.family, mutant.level, mutant.how, mutant.parents, goal.key,
            said.standing, said.proof,
        )  # fmt: skip
        if said.refutation is None:
            turn.kept += 1
            self.made.made.append(found)
            return
        self.made.refuted.append(replace(found, counterexample=said.refutation.counterexample))
        negation = said.refutation.statement.partition(" : ")[2]
        proof = said.refutation.candidate.body
        for other in self.going:
            if other.how == "negated":
                text, parents = f": {negation}", (of.name,)
                denied = replace(mutant, how="negated", text=text, parents=parents, bodies=(proof,))
                other.queue.append(denied)


def problem(mutant: Mutant) -> Problem:
    """Its name says of what it was made, and how; equal statements have equal names."""
    digest = sha256(f"{mutant.header}\n{mutant.text}")[:8]
    stem = SUFFIX.sub("", mutant.parents[0].rpartition(".")[2])
    name = f"{stem}_{mutant.how}_{digest}"
    return Problem(name, f"theorem {name} {mutant.text}", mutant.header, "mutated")


def undialected(of: Problem) -> Problem:
    """Without the dialect before its header: whoever reads the problem puts it there again."""
    return replace(of, header=of.header.removeprefix(dialect()).lstrip("\n"))


def warned(of: Problem, goal: Goal) -> bool:
    found = [*text_findings(of), *goal_findings(of, goal)]
    return any(finding.level != "note" for finding in found) or goal.target in ("True", "False")
