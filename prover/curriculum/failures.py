"""What a round failed at: where, about what, with which errors, and at which goals. Pure.

A problem that several runs tried counts as proved if one of them proved it; false ones and those
that Lean could not read count as neither proved nor failed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from prover.curriculum.odds import Odds, contrasted
from prover.curriculum.rates import cell_of, resisting
from prover.diagnosis import counted
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode
from prover.playground.made import Cell, Made

SHOWN = 12
"""Rows of a table for people; `as_dict` has all."""
STATEMENT = 90
"""Characters of a statement in a table."""
NAMED = 4
"""Names in a sentence."""
MARKED = 2.0
"""Standard deviations that a sentence is worth."""
FEW, TWICE = 10, 2.0
"""Attempts below which an error is no matter, and how many times as common it is to be."""
NOTABLE = 1.0
"""Standard deviations from which a difference is shown; with many names some are chance."""


@dataclass
class CellCount:
    cell: Cell
    tried: int = 0
    proved: int = 0
    refuted: int = 0
    attempts: int = 0
    seconds: float = 0.0
    """Lean seconds, and those of them on problems that stayed unproved."""
    in_vain: float = 0.0


@dataclass(frozen=True)
class Resisting:
    """A goal that a sketch of an unproved problem left, tried in vain."""

    statement: str
    """On one line, without `theorem` and its name."""
    goal: str
    problems: tuple[str, ...]
    """In whose sketches it stands."""
    attempts: int
    hard: bool
    """A sketch is dead of it."""


@dataclass(frozen=True)
class ErrorCount:
    error: str
    """The head of Lean's message, behind the verdict's kind if that is not elaboration."""
    attempts: int
    """On unproved problems."""
    problems: int
    """Unproved ones that had it."""
    share: float
    """Of all rejected attempts on unproved problems."""
    share_of_proved: float
    """The same of problems that were proved in the end: what is no worse there is no cause."""


@dataclass(frozen=True)
class Failures:
    cells: tuple[CellCount, ...]
    constants: tuple[Odds, ...]
    """By what statements speak of: how many unproved and proved problems do."""
    unmet: tuple[tuple[str, int], ...]
    """Constants of unproved problems that no proved goal and no proof has, and in how many."""
    errors: tuple[ErrorCount, ...]
    """Those of most rejected attempts on unproved problems first."""
    undecided: dict[str, int]
    """Attempts on unproved problems of which Lean could say nothing, by kind."""
    sketches: dict[str, int]
    """Of unproved problems: that compiled, that did not, dead of a false or of a hard goal."""
    resisting: tuple[Resisting, ...]
    unproved: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def tables(self) -> list[tuple[str, list[str], list[list[str]]]]:
        """Title, headings and rows, for people."""
        proved = sum(each.proved for each in self.cells)
        share = [f"of {len(self.unproved)} unproved", f"of {proved} proved", "z"]
        made = [
            ("where attempts were in vain", ["family", "level", *COLUMNS], self.cell_rows()),
            ("unproved problems speak more of", ["constant", *share], odds_rows(self.constants)),
            (
                "of what no proof has spoken yet",
                ["constant", share[0]],
                [[name, str(count)] for name, count in self.unmet[:SHOWN]],
            ),
            (
                "rejected attempts on unproved problems",
                ["error", "attempts", "problems", "%", "% of proved"],
                [error_row(each) for each in self.errors[:SHOWN]],
            ),
            ("goals that resisted", ["goal", "attempts", "in"], self.resisting_rows()),
        ]
        return [table for table in made if table[2]]

    def cell_rows(self) -> list[list[str]]:
        """Where anything failed, the dearest first."""
        failed = [each for each in self.cells if each.tried > each.proved or each.refuted]
        return [cell_row(each) for each in sorted(failed, key=lambda e: (-e.in_vain, e.cell))]

    def resisting_rows(self) -> list[list[str]]:
        return [
            [shortened(each.statement), str(each.attempts), ", ".join(each.problems)]
            for each in self.resisting[:SHOWN]
        ]

    def notes(self) -> list[str]:
        """What is no table."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.undecided.items())
        said = [f"attempts on unproved problems without a verdict: {kinds}"] if kinds else []
        if self.sketches:
            parts = ", ".join(f"{count} {what}" for what, count in self.sketches.items())
            said.append(f"sketches of unproved problems: {parts}")
        return said

    def why(self) -> list[str]:
        """What stands out, in sentences."""
        return why(self)

    def lines(self) -> list[str]:
        """The tables as text."""
        lines: list[str] = []
        for title, headings, rows in self.tables():
            widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
            lines += ["", title]
            for row in (headings, *rows):
                text = "  ".join(part.ljust(width) for part, width in zip(row, widths, strict=True))
                lines.append(f"  {text}".rstrip())
        return [*lines[1:], *self.notes()]


COLUMNS = ["unproved", "of", "false", "Lean s", "in vain"]


def cell_row(each: CellCount) -> list[str]:
    family, level = each.cell
    numbers = [each.tried - each.proved, each.tried, each.refuted]
    spent = [f"{each.seconds:.1f}", f"{each.in_vain:.1f}"]
    return [family, str(level) if level else "", *map(str, numbers), *spent]


def error_row(each: ErrorCount) -> list[str]:
    shares = [f"{100 * each.share:.0f}", f"{100 * each.share_of_proved:.0f}"]
    return [each.error, str(each.attempts), str(each.problems), *shares]


def shortened(text: str) -> str:
    """A statement's end says what is to be proved, so its beginning goes."""
    return text if len(text) <= STATEMENT else f"…{text[1 - STATEMENT :]}"


def odds_rows(found: Sequence[Odds]) -> list[list[str]]:
    shown = [each for each in found if each.z >= NOTABLE][:SHOWN]
    return [[each.name, str(each.here), str(each.there), f"{each.z:.1f}"] for each in shown]


def why(found: Failures) -> list[str]:
    if not found.unproved:
        return []
    proved = sum(each.proved for each in found.cells)
    said, total = [], len(found.unproved)
    marked = [each for each in found.constants if each.z >= MARKED][:NAMED]
    if marked:
        named = ", ".join(
            f"{e.name} ({e.here} of {total}, of proved ones {e.there} of {proved})" for e in marked
        )
        said.append(f"more common in unproved statements: {named}")
    if found.unmet:
        names = ", ".join(name for name, _ in found.unmet[:NAMED])
        more = f" and {len(found.unmet) - NAMED} more" if len(found.unmet) > NAMED else ""
        said.append(f"unproved problems speak of {names}{more}, and no proof does")
    worse = [e for e in found.errors if e.attempts >= FEW and e.share >= TWICE * e.share_of_proved]
    if worse:
        named = ", ".join(f"{e.error} ({e.attempts})" for e in worse[:NAMED])
        said.append(f"errors at least twice as common on unproved problems: {named}")
    elif found.errors:
        said.append("unproved problems meet the same errors as proved ones, only more of them")
    shared = [each for each in found.resisting if len(each.problems) > 1]
    if shared:
        first = shared[0]
        said.append(
            f"{counted(len(shared), 'goal', 's')} resisted in more than one problem, first"
            f" {shortened(first.statement)}, in {', '.join(first.problems[:NAMED])}"
        )
    return said


@dataclass
class Looked:
    """A problem by its canonical key, over all runs."""

    cell: Cell
    name: str
    proved: bool = False
    refuted: bool = False
    constants: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)
    """Of its proved goals: what their proofs rest on, and what they speak of."""
    errors: Counter[str] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)
    sketches: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        return not self.proved and not self.refuted


def analyse(graphs: Sequence[ProofGraph], made: Mapping[str, Made]) -> Failures:
    """Of finished runs, with what the playground says of problems by their names."""
    looked: dict[str, Looked] = {}
    for graph in graphs:
        for problem, node in graph.problems.items():
            if node.root and (node.outcome or graph.goals[node.root].status == "proved"):
                goal = graph.goals[node.root].goal
                cell = cell_of(graph, problem, made)
                look(looked.setdefault(goal.key or goal.id, Looked(cell, problem)), graph, problem)
    failed = [each for each in looked.values() if each.failed]
    proved = [each for each in looked.values() if each.proved]
    return Failures(
        cells=tuple(cells(looked.values())),
        constants=tuple(contrasted([e.constants for e in failed], [e.constants for e in proved])),
        unmet=tuple(unmet(failed, looked.values())),
        errors=tuple(errors(failed, proved)),
        undecided=summed(each.undecided for each in failed),
        sketches=summed(each.sketches for each in failed),
        resisting=tuple(resisting_goals(graphs, {each.name for each in failed})),
        unproved=tuple(each.name for each in failed),
    )


def look(each: Looked, graph: ProofGraph, problem: str) -> None:
    """Add what one run tells of a problem."""
    node = graph.problems[problem]
    root = graph.goals[node.root]
    each.proved |= root.status == "proved" and not node.contradictions
    each.refuted |= bool(root.refuted)
    each.constants |= spoken_of(root)
    each.attempts += node.attempts
    each.seconds += node.seconds
    for name in graph.below(node.root):
        goal = graph.goals[name]
        each.undecided += goal.inconclusive
        for (_, kind, head), count in goal.rejections.items():
            each.errors[head if kind == "elaboration" else f"{kind}: {head}"] += count
        if goal.status == "proved":
            each.uses |= spoken_of(goal) | set(goal.verdict.uses if goal.verdict else ())
        each.sketches += sketches_of(graph, goal)


def spoken_of(node: GoalNode) -> set[str]:
    """Constants of a statement, but for instances, which follow from types."""
    return {name for name in node.goal.constants if not is_instance(name)}


def is_instance(name: str) -> bool:
    return name.rpartition(".")[2].startswith("inst")


def sketches_of(graph: ProofGraph, goal: GoalNode) -> Counter[str]:
    found: Counter[str] = Counter()
    found["compiled"] = len(graph.sketches_of(goal.goal.id))
    found["did not compile"] = goal.failed_sketches
    for failure in goal.failures:
        outcomes = {step.outcome for step in failure.steps}
        found["dead of a false goal" if "wrong" in outcomes else "dead of a hard goal"] += 1
    return +found


def cells(looked: Iterable[Looked]) -> list[CellCount]:
    found: dict[Cell, CellCount] = {}
    for each in looked:
        count = found.setdefault(each.cell, CellCount(each.cell))
        count.tried += not each.refuted
        count.proved += each.proved
        count.refuted += each.refuted
        count.attempts += each.attempts
        count.seconds += each.seconds
        count.in_vain += each.seconds * each.failed
    return sorted(found.values(), key=lambda c: c.cell)


def unmet(failed: Sequence[Looked], looked: Iterable[Looked]) -> list[tuple[str, int]]:
    met = {name for each in looked for name in each.uses}
    counts = Counter(name for each in failed for name in each.constants - met)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def errors(failed: Sequence[Looked], proved: Sequence[Looked]) -> Iterator[ErrorCount]:
    here, there = (summed(each.errors for each in them) for them in (failed, proved))
    all_here, all_there = sum(here.values()), sum(there.values())
    for error, count in here.items():
        problems = sum(error in each.errors for each in failed)
        beside = there.get(error, 0) / max(all_there, 1)
        yield ErrorCount(error, count, problems, count / all_here, beside)


def summed(counts: Iterable[Counter[str]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(total.most_common())


def resisting_goals(graphs: Sequence[ProofGraph], failed: set[str]) -> Iterator[Resisting]:
    """Pooled by canonical key, those in most problems first, then those tried most."""
    found: dict[str, list[tuple[str, GoalNode, bool]]] = {}
    for graph in graphs:
        hard = {
            step.goal.id
            for node in graph.goals.values()
            for failure in node.failures
            for step in failure.steps
            if step.outcome == "hard"
        }
        for problem in failed & graph.problems.keys():
            for name in resisting(graph, problem):
                node = graph.goals[name]
                found.setdefault(node.goal.key or name, []).append((problem, node, name in hard))
    pooled = [
        Resisting(
            " ".join(nodes[0][1].goal.statement.split()[2:]),
            nodes[0][1].goal.id,
            tuple(sorted({problem for problem, _, _ in nodes})),
            sum(node.attempts for _, node, _ in nodes),
            any(hard for _, _, hard in nodes),
        )
        for nodes in found.values()
    ]
    yield from sorted(pooled, key=lambda r: (-len(r.problems), -r.attempts, r.goal))
