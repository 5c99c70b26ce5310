"""Why a sketch failed, hole by hole: what a refinement is told, as a value. Pure.

A hole's statement is wrong, its proof too hard, or nothing is known of it, as in Goedel-Architect
(arXiv 2606.06468); here it is read off what happened. It is made when the sketch dies and never
changes, so that a resumed run asks what was asked before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from prover.graph_nodes import NEGATION_PROVED, REFUTER, Diagnosis, GoalNode, SketchNode, Step
from prover.types import Hole

MOST_WAYS = 12
"""Ways of proving that are named for a hole."""

OPENS = re.compile(r"(?:·\s*)?(?:have|obtain|suffices|show|calc|case|next|on_goal|\||·)")
"""How the line begins that says what a hole is for."""
HIDDEN = re.compile(r"(?:try clear \S+; )+")
"""What `lean.blueprint` puts before the `sorry` of a lemma."""


def diagnosis(sketch: SketchNode, goals: Mapping[str, GoalNode]) -> Diagnosis:
    """Of a sketch of which a hole is dead; a goal that two holes owe is told of once."""
    first = {hole.goal: hole for hole in reversed(sketch.holes)}
    holes = sorted(first.values(), key=lambda hole: hole.start)
    steps = tuple(step(sketch.sketch.body, hole, goals[hole.goal]) for hole in holes)
    return Diagnosis(sketch.id, sketch.sketch, steps)


def step(body: str, hole: Hole, node: GoalNode) -> Step:
    text = step_text(body, hole)
    if node.status == "proved":
        return Step(node.goal, text, "proved")
    if node.refuted:
        return Step(node.goal, text, "wrong", node.refuted.replace(NEGATION_PROVED, ""))
    if node.status == "open":
        return Step(node.goal, text, "undecided", "the sketch had failed before it was its turn")
    if node.tried and len(node.undecided) == len(node.tried):
        kinds = ", ".join(f"{count} {kind}" for kind, count in node.inconclusive.most_common())
        return Step(node.goal, text, "undecided", f"no attempt could be judged ({kinds})")
    return Step(node.goal, text, "hard", tried(node), left(node))


def tried(node: GoalNode) -> str:
    """In words: how many proofs, by which ways, and how many sketches."""
    ways = dict.fromkeys(
        by for by, _ in node.tally if not by.startswith(REFUTER) and not by.endswith(":tool")
    )
    if not ways:
        return "the same goal was given up elsewhere"
    named = ", ".join(list(ways)[:MOST_WAYS]) + (", ..." if len(ways) > MOST_WAYS else "")
    plans = len(node.failures) + node.failed_sketches
    taken = f" and {counted(plans, 'sketch', 'es')}" if plans else ""
    return f"{counted(node.attempts, 'proof', 's')}{taken} ({named})"


def counted(count: int, what: str, plural: str) -> str:
    return f"{count} {what}{plural if count != 1 else ''}"


def left(node: GoalNode) -> tuple[str, ...]:
    """The goals at which the last of the models' proofs broke off."""
    verdicts = [verdict for _, verdict in node.answers.values()]
    found = [v.failing.goals for v in verdicts if v.failing is not None and v.failing.goals]
    return found[-1] if found else ()


def step_text(body: str, hole: Hole) -> str:
    """The part of a sketch that a hole proves: from the line that opens it up to its `sorry`."""
    lines = body[: hole.end].split("\n")
    margin = indentation(lines[-1])
    for index in range(len(lines) - 1, -1, -1):
        within = index == len(lines) - 1 or indentation(lines[index]) < margin
        if within and OPENS.match(lines[index].strip()):
            own = indentation(lines[index])
            return HIDDEN.sub("", "\n".join(line[own:] for line in lines[index:]))
    return lines[-1].strip()


def indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
