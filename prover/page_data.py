"""A run as the data of its page: problems, goals, sketches and every attempt; pure.

The proof graph keeps how many attempts there were, a page shows each one, so a `RunView` folds the
same events once more beside the graph. It knows with which event each part last changed: a page
that is shown while the run goes on is sent what is new to it and nothing else.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from prover.drawing import draw
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode, SketchNode, outcome
from prover.report import LABELS, kinds, row
from prover.store import certificate_path, file_name
from prover.types import Candidate, Event, Verdict

MESSAGE_CHARS = 300
"""Of what Lean said, in the page; all of it is in the events."""

FULL_ROWS = 20_000
"""Later attempts that failed have neither message nor text in the page, which would else be as
large as the events."""

PICTURES = 200
"""Problems whose graph is drawn within the page; the others' pictures are in `graph/`."""

SUCCESS = {
    "attempt": "proved", "sketch": "compiled", "refutation": "refuted", "checked": "checked",
    "assembled": "verified",
}  # fmt: skip
"""What an event's verdict `proved` is called."""

TIER_2 = "tier 2"
"""Who is said to have proposed an assembled file."""


class RunView:
    """A graph, its attempts in rows of numbers, and the texts that these stand for."""

    def __init__(self) -> None:
        self.graph = ProofGraph()
        self.events = 0
        self.rows: list[list[Any]] = []
        """[goal, time, event, by, outcome, message, Lean seconds, line, text, reused]; all but
        time, seconds and line are places in `strings`."""
        self.strings: list[str] = []
        self.problems: dict[str, int] = {}
        """The event with which what the page says of a problem last changed."""
        self.nodes: dict[str, int] = {}
        """The same of goals and sketches."""
        self._places: dict[str, int] = {}
        self._row_events: list[int] = []
        self._string_events: list[int] = []

    @classmethod
    def of(cls, events: Iterable[Event]) -> RunView:
        view = cls()
        for event in events:
            view.apply(event)
        return view

    def apply(self, event: Event) -> None:
        """Add one fact; raises what the graph raises."""
        self.graph.apply(event)
        self.events += 1
        goal, problem = event.data.get("goal"), event.data.get("problem")
        if isinstance(goal, dict):
            goal = goal["id"]
        if isinstance(problem, dict):
            problem = problem["name"]
        if goal:
            self._touch(str(goal), str(event.data.get("sketch_id", "")))
            problem = self.graph.goals[goal].goal.problem
        if problem:
            self.problems[str(problem)] = self.events
        if event.type in SUCCESS:
            self._add_row(event, str(goal or problem))

    def rows_since(self, event: int) -> tuple[list[list[Any]], list[str]]:
        """The rows and the strings that came after an event."""
        first, text = after(self._row_events, event), after(self._string_events, event)
        return self.rows[first:], self.strings[text:]

    def _touch(self, goal: str, sketch: str) -> None:
        """A status changes upward only, so what an event may change is what lies above it."""
        if sketch in self.graph.sketches:
            self.nodes[sketch] = self.events
            self.nodes |= {hole.goal: self.events for hole in self.graph.sketches[sketch].holes}
        self.nodes[goal] = self.events
        while (above := self.graph.parent(goal)) is not None:
            goal = above.goal
            self.nodes[above.id] = self.nodes[goal] = self.events

    def _add_row(self, event: Event, goal: str) -> None:
        data = event.data
        said = data["verdict"]
        verdict = said if isinstance(said, Verdict) else Verdict.from_dict(said)
        what = data.get("candidate") or data.get("sketch") or {}
        by = data.get("by") or what.get("by") or TIER_2
        result = outcome(verdict, SUCCESS[event.type])
        result = verdict.kind or result if result == "rejected" else result
        full = verdict.proved or len(self.rows) < FULL_ROWS
        message = shortened(verdict.reason) if full else ""
        text = str(what.get("body", "")) if full else ""
        texts = [self._place(part) for part in (goal, event.type, by, result, message, text)]
        time = round(self.graph.elapsed, 2)
        self._row_events.append(self.events)
        self.rows.append(
            [texts[0], time, *texts[1:5], round(verdict.seconds, 3), verdict.line, texts[5],
             self._place(verdict.reused)]
        )  # fmt: skip

    def _place(self, text: str) -> int:
        if text not in self._places:
            self._places[text] = len(self.strings)
            self.strings.append(text)
            self._string_events.append(self.events)
        return self._places[text]


def after(events: list[int], event: int) -> int:
    """The first place whose entry is above `event`; entries never fall."""
    return bisect_right(events, event)


def shortened(text: str) -> str:
    return text if len(text) <= MESSAGE_CHARS else text[: MESSAGE_CHARS - 1].rstrip() + "…"


Proof = Callable[[str], str]
"""The Lean file of a problem, empty if it has none."""


def page_data(view: RunView, proof: Proof, since: int = 0) -> dict[str, Any]:
    """What a page that knows the first `since` events is still to be told; all of it for 0."""
    graph = view.graph
    rows, strings = view.rows_since(since)
    order = {name: number for number, name in enumerate(graph.problems)}
    drawn = [name for name in order if has_sketches(graph, name)][:PICTURES]
    changed = [name for name, event in view.problems.items() if event > since]
    nodes = [name for name, event in view.nodes.items() if event > since]
    return {
        "events": view.events,
        "finished": graph.finished,
        "elapsed": round(graph.elapsed, 2),
        "problems": {
            name: problem_data(graph, name, proof(name), name in drawn)
            for name in sorted(changed, key=order.__getitem__)
        },
        "goals": {name: goal_data(graph.goals[name]) for name in nodes if name in graph.goals},
        "sketches": {
            name: sketch_data(graph.sketches[name]) for name in nodes if name in graph.sketches
        },
        "rows": rows,
        "strings": strings,
    }


def has_sketches(graph: ProofGraph, problem: str) -> bool:
    """Without any, its graph is one box."""
    root = graph.problems[problem].root
    return bool(root) and bool(graph.sketches_of(root))


def problem_data(graph: ProofGraph, problem: str, proof: str, drawn: bool) -> dict[str, Any]:
    node, told = graph.problems[problem], row(graph, problem)
    return {
        "id": file_name(problem),
        "statement": node.problem.statement,
        "header": node.problem.header.strip(),
        "informal": node.problem.informal,
        "source": node.problem.source,
        "root": node.root,
        "verdict": told.verdict,
        "label": LABELS[told.verdict],
        "by": told.refuted or told.by,
        "decomposed": told.only_by_decomposition,
        "attempts": told.attempts,
        "sketches": told.sketches,
        "seconds": round(told.seconds, 3),
        "inconclusive": kinds(told.inconclusive),
        "reason": told.reason,
        "verified_at": None if told.verified_at is None else round(told.verified_at, 2),
        "proof": proof,
        "files": files(graph, problem),
        "picture": draw(graph, problem, styled=False) if drawn else "",
    }


def files(graph: ProofGraph, problem: str) -> list[tuple[str, str]]:
    """Of a problem, beside the page: what each is, and where."""
    node, told, found = graph.problems[problem], row(graph, problem), []
    if node.file and (told.verdict == "verified" or told.disagreement):
        found += [("quarantined file" if told.disagreement else "Lean file", node.file)]
        found += [("certificate", certificate_path(Path(node.file)).as_posix())]
    if node.root:
        found += [("graph", f"graph/{file_name(problem)}.svg")]
    return found


def goal_data(node: GoalNode) -> dict[str, Any]:
    witness = node.proof
    return {
        "problem": node.goal.problem,
        "statement": node.goal.statement,
        "target": node.goal.target,
        "status": node.status,
        "refuted": node.refuted,
        "sketch": witness if isinstance(witness, str) else "",
        "proof": proof_data(witness) if isinstance(witness, Candidate) else None,
        "attempts": node.attempts,
        "seconds": round(node.seconds, 3),
    }


def proof_data(candidate: Candidate) -> dict[str, Any]:
    lemmas = "".join(f"{lemma.statement} := {lemma.body}\n\n" for lemma in candidate.lemmas)
    return {"by": candidate.by, "text": lemmas + candidate.body}


def sketch_data(node: SketchNode) -> dict[str, Any]:
    return {
        "goal": node.goal,
        "by": node.sketch.by,
        "text": node.sketch.body,
        "plan": node.sketch.plan,
        "status": node.status,
        "holes": list(dict.fromkeys(hole.goal for hole in node.holes)),
    }
