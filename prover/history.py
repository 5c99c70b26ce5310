"""What happened in a run, one line for each event. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from prover.graph import ProofGraph
from prover.graph_nodes import carrier
from prover.types import Candidate, Event, Goal, Sketch, Verdict


def history(events: Iterable[Event], problem: str = "") -> Iterator[str]:
    """Number, seconds into the run, and what happened; of one problem, if that is named.

    The number is that of the moment after it, as `prover replay --at` takes it.
    """
    graph = ProofGraph()
    for number, event in enumerate(events, 1):
        graph.apply(event)
        if not problem or of_problem(graph, event) == problem:
            yield f"{number:>6} {graph.elapsed:>8.1f} s  {told(event)}"


def of_problem(graph: ProofGraph, event: Event) -> str:
    """The problem that an event is about; empty if it is about the run."""
    data = event.data
    if event.type == "problem_added":
        named = data["problem"]
        return str(named["name"] if isinstance(named, dict) else named.name)
    if event.type == "goal_opened":
        return carrier(Goal, data["goal"]).problem
    if goal := data.get("goal"):
        return graph.goals[goal].goal.problem
    return str(data.get("problem", ""))


def told(event: Event) -> str:
    data, kind = event.data, event.type.replace("_", " ")
    return " ".join(part for part in (kind, subject(event), said(data)) if part)


def subject(event: Event) -> str:
    """Which goal or problem, and who proposed what."""
    data = event.data
    if event.type == "problem_added":
        return ""
    if event.type == "goal_opened":
        return carrier(Goal, data["goal"]).id
    by = ""
    if "candidate" in data:
        by = carrier(Candidate, data["candidate"]).by
    elif "sketch" in data:
        by = f"{carrier(Sketch, data['sketch']).by} ({len(data['goals'])} holes)"
    elif "model" in data:
        by = f"{data['model']}:{data['purpose']} {data['how']}"
    by = by or str(data.get("by") or data.get("what") or data.get("stage") or "")
    return " ".join(part for part in (str(data.get("goal") or data.get("problem", "")), by) if part)


def said(data: dict[str, Any]) -> str:
    """What came of it."""
    if "verdict" in data:
        verdict = carrier(Verdict, data["verdict"])
        why = verdict.reason or verdict.kind
        more = f": {why}" if why else ""
        return f"{verdict.status} in {verdict.seconds:.2f} s{more}"
    if "outcome" in data:
        return f"{data['outcome']}{': ' if data['reason'] else ''}{data['reason']}"
    return str(data.get("reason", ""))
