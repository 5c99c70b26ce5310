"""The two statements that a step of a sketch makes: alone, and with the steps above it given.

DeepSeek-Prover-V2 trains on both (arXiv 2504.21801, section 2.2). What a hole owes is one of them,
or neither where it was given some of the steps; what it is not is derived here, with a proof from
theorems that tier 2 has checked. A derived statement no Lean has seen, and its row says so
(`verified`). Pure text: a step is a named `have` above the hole, where the hole could see it.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from prover.assembly import Part, fill_holes, parts, render, theorem_name
from prover.graph import ProofGraph
from prover.graph_nodes import text_digest
from prover.lean.source import CLOSE, OPEN, mask, signature
from prover.repair import block_end, column
from prover.types import Goal, Hole, Lemma, Sketch

FILE = "hole_forms.jsonl"
ALONE, GIVEN = "alone", "given"
HAVE = re.compile(r"\bhave\s+([^\W\d][\w']*)(?=[\s:({\[])")
UNIVERSES = re.compile(r"theorem\s+\S+\.\{")


@dataclass(frozen=True)
class HoleForm:
    """One row; keys that the rows of `proofs.jsonl` have too mean the same."""

    id: str
    name: str
    form: str
    """`alone`, or `given`: with the steps above it as hypotheses."""
    statement: str
    header: str
    proof: str
    code: str
    steps: str
    """Names of the steps above it, comma-separated."""
    hole: str
    """Name of the theorem that closes the hole in the verified file."""
    sketch: str
    source_problem: str
    source: str
    split: str
    key: str
    """Of what the hole owes, in whichever form."""
    lean_version: str
    verified: bool
    """Tier 2 has checked this very statement; false for one that was derived."""


@dataclass(frozen=True)
class Step:
    """A `have` of a sketch: its name and where it stands in the body."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Place:
    """A hole of a sketch, with the steps above it."""

    goal: Goal
    hole: Hole
    sketch: Sketch
    holes: tuple[Hole, ...]
    """All of the sketch's."""
    above: tuple[Step, ...]

    def within(self, step: Step) -> list[str]:
        """The goals of the holes of a step."""
        return [h.goal for h in self.holes if step.start <= h.start < step.end]


def hole_forms(graph: ProofGraph, problem: str) -> Iterator[HoleForm]:
    """Both forms of every hole in the problem's chosen proof that has steps above it."""
    chosen = parts(graph, problem)
    for part in chosen[:-1]:
        if (place := place_of(graph, part.goal)) is not None:
            yield from both(graph, place, chosen)


def place_of(graph: ProofGraph, goal: Goal) -> Place | None:
    node = graph.parent(goal.id)
    if node is None or UNIVERSES.match(goal.statement):
        return None
    hole = next(hole for hole in node.holes if hole.goal == goal.id)
    above = tuple(steps_above(node.sketch.body, hole))
    return Place(goal, hole, node.sketch, node.holes, above) if above else None


def steps_above(body: str, hole: Hole) -> Iterator[Step]:
    """Those before the hole, in the hole's own block or in one around it."""
    masked = mask(body)
    for match in HAVE.finditer(masked, 0, hole.start):
        end, margin = block_end(masked, match.start(), only=True), column(masked, match.start())
        between = [line for line in masked[end : hole.end].split("\n")[1:] if line.strip()]
        seen = all(len(line) - len(line.lstrip()) >= margin for line in between)
        if between and end <= hole.start and seen:
            yield Step(match[1], match.start(), end)


def both(graph: ProofGraph, place: Place, chosen: Sequence[Part]) -> Iterator[HoleForm]:
    names = {binder.name for binder in place.goal.binders}
    given = [step.name for step in place.above if step.name in names]
    hidden = [step for step in place.above if step.name not in names]
    own = next(part for part in chosen if part.goal.id == place.goal.id)
    as_it_is = Lemma(own.goal.statement, own.body)
    alone = lemma_alone(place, given) if given else as_it_is
    all_given = lemma_given(graph, place, hidden) if hidden else as_it_is
    steps = [goal for step in place.above for goal in place.within(step)]
    for form, lemma in ((ALONE, alone), (GIVEN, all_given)):
        if lemma is None:
            continue
        rests = [place.goal.id, *(steps if form == ALONE and lemma is not as_it_is else ())]
        needed = {name for goal in rests for name in graph.proof_order(goal)}
        below = [t for part in chosen if part.goal.id in needed for t in part.theorems()]
        theorems = below if lemma is as_it_is else [*below, lemma]
        yield row(graph, place, form, lemma, theorems, verified=lemma is as_it_is)


def lemma_alone(place: Place, given: Sequence[str]) -> Lemma | None:
    """Without the hypotheses that are steps: its proof has the steps, then what fills the hole."""
    binders, target = signature(place.goal.statement)
    left = " ".join(group for group in groups(binders) if names_of(group) not in given)
    if any(mentions(f"{left} {target}", name) for name in given):
        return None
    name = f"{theorem_name(place.goal.statement)}_{ALONE}"
    statement = f"theorem {name} {left} : {target}" if left else f"theorem {name} : {target}"
    rows = [filled(place, step) for step in place.above]
    return Lemma(statement, "\n".join(["by", *rows, f"  {place.hole.fill}"]))


def lemma_given(graph: ProofGraph, place: Place, hidden: Sequence[Step]) -> Lemma | None:
    """With the steps that the hole was not shown as hypotheses, which its proof makes no use of."""
    added = []
    for step in hidden:
        goals = [graph.goals[goal].goal for goal in place.within(step)]
        if len(goals) != 1 or UNIVERSES.match(goals[0].statement):
            return None
        added.append(f"({step.name} : {closed(goals[0])})")
    binders, target = signature(place.goal.statement)
    name = f"{theorem_name(place.goal.statement)}_{GIVEN}"
    statement = f"theorem {name} {' '.join([*added, *groups(binders)])} : {target}"
    return Lemma(statement, f"by\n  {place.hole.fill}")


def closed(goal: Goal) -> str:
    binders, target = signature(goal.statement)
    return f"∀ {binders}, {target}" if binders else target


def filled(place: Place, step: Step) -> str:
    """The step as it stands in the finished proof, two blanks from the left."""
    inside = [hole for hole in place.holes if step.start <= hole.start < step.end]
    moved = [
        dataclasses.replace(h, start=h.start - step.start, end=h.end - step.start) for h in inside
    ]
    text = fill_holes(place.sketch.body[step.start : step.end], tuple(moved))
    margin = column(place.sketch.body, step.start)
    first, *rest = text.split("\n")
    return "\n".join(["  " + first, *(" " * 2 + line[margin:] for line in rest)])


def groups(binders: str) -> list[str]:
    """`(a : A) [B a]` -> `(a : A)`, `[B a]`."""
    masked, depth = mask(binders), 0
    found, start = list[str](), 0
    for i, char in enumerate(masked):
        depth += (char in OPEN) - (char in CLOSE)
        if depth == 0 and char in CLOSE:
            found.append(binders[start : i + 1].strip())
            start = i + 1
    return found


def names_of(group: str) -> str:
    return group[1:].partition(":")[0].strip()


def mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(name)}(?![\w'])", text) is not None


def row(
    graph: ProofGraph, place: Place, form: str, lemma: Lemma, theorems: list[Lemma], verified: bool
) -> HoleForm:
    goal, node = place.goal, graph.problems[place.goal.problem]
    header = node.problem.header
    return HoleForm(
        id=text_digest("\n".join([header, form, lemma.statement, lemma.body])),
        name=theorem_name(lemma.statement),
        form=form,
        statement=lemma.statement,
        header=header,
        proof=lemma.body,
        code=render(header, theorems),
        steps=", ".join(step.name for step in place.above),
        hole=theorem_name(goal.statement),
        sketch=place.sketch.body,
        source_problem=node.problem.name,
        source=node.problem.source,
        split=node.problem.split,
        key=goal.key,
        lean_version=node.lean,
        verified=verified,
    )


def dump(rows: Iterable[HoleForm]) -> str:
    """As JSON lines."""
    lines = (json.dumps(dataclasses.asdict(each), ensure_ascii=False) for each in rows)
    return "".join(line + "\n" for line in lines)
