"""What finished runs leave to make problems from: what was solved, what failed, what was false."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from prover.assembly import standalone, theorem_name, theorem_text
from prover.errors import UserError
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode
from prover.mutating.forms import Mutant, Seed, after_name
from prover.types import Candidate, Lemma, Problem

Families = Mapping[str, tuple[str, int]]
"""By a problem's name: the family it is of, and its level."""

UNKNOWN = ("mutated", 1)


@dataclass
class Seeds:
    solved: list[Seed] = field(default_factory=list)
    failed: list[Seed] = field(default_factory=list)
    refuted: list[Seed] = field(default_factory=list)
    """Problems, and holes of sketches that guessed wrong."""
    lemmas: list[Seed] = field(default_factory=list)
    """Holes of the sketches that verified proofs are made of."""
    holes: list[Seed] = field(default_factory=list)
    """Of the sketches of what failed, but those that are known to be false."""
    brought: list[Mutant] = field(default_factory=list)
    """Lemmas that proofs brought along."""


def seeds(graphs: Sequence[ProofGraph], families: Families | None = None) -> Seeds:
    """Of a problem that stands in several runs, the run that solved it, else the last one."""
    chosen: dict[str, ProofGraph] = {}
    for graph in graphs:
        for name, node in graph.problems.items():
            if node.root and not (name in chosen and solved(chosen[name], name)):
                chosen[name] = graph
    found = Seeds()
    for name, graph in chosen.items():
        add(found, graph, name, (families or {}).get(name, UNKNOWN))
    return found


def solved(graph: ProofGraph, name: str) -> bool:
    node = graph.problems[name]
    sound = not node.contradictions and not node.disagreement
    return sound and graph.problem_state(name) in ("verified", "proved")


def add(found: Seeds, graph: ProofGraph, name: str, place: tuple[str, int]) -> None:
    problem = graph.problems[name]
    root = graph.goals[problem.root]
    if problem.contradictions or problem.disagreement:
        return
    below = [graph.goals[goal] for goal in graph.below(problem.root)[1:]]
    false = [node for node in below if node.refuted]
    found.refuted += [replace(seed(graph, node, place), standing="refuted") for node in false]
    if solved(graph, name):
        found.solved.append(own(seed(graph, root, place), problem.problem))
        parts = [graph.goals[goal] for goal in graph.proof_order(root.goal.id)]
        found.lemmas += [seed(graph, node, place) for node in parts[:-1]]
        found.brought += [each for node in parts for each in brought(node, place)]
    elif root.refuted:
        known = own(seed(graph, root, place), problem.problem)
        found.refuted.append(replace(known, standing="refuted"))
    else:
        found.failed.append(own(seed(graph, root, place), problem.problem))
        likely = [node for node in below if not node.refuted and not guessed(graph, node)]
        found.holes += [seed(graph, node, place) for node in likely]


GUESSES = tuple(f"structural:{way}" for way in ("witness", "left", "right"))


def guessed(graph: ProofGraph, node: GoalNode) -> bool:
    """Was a value put in for a variable, or a side chosen? Most such holes are false."""
    above = graph.parent(node.goal.id)
    return node.status != "proved" and above is not None and above.sketch.by in GUESSES


def own(made: Seed, problem: Problem) -> Seed:
    return replace(made, name=problem.name)


def seed(graph: ProofGraph, node: GoalNode, place: tuple[str, int]) -> Seed:
    name = theorem_name(node.goal.statement) or node.goal.id
    proved = node.status == "proved"
    body, proof = proof_of(graph, node) if proved else ("", "")
    standing = "solved" if proved else "failed"
    return Seed(name, node.goal, standing, *place, body=body, proof=proof)  # type: ignore[arg-type]


def proof_of(graph: ProofGraph, node: GoalNode) -> tuple[str, str]:
    """The body, if it needs no lemma, and the theorems of the whole proof."""
    try:
        whole = standalone(graph, node.goal.id)
    except UserError:  # a proof that was contradicted later
        return "", ""
    theorems = [*whole.lemmas, Lemma(node.goal.statement, whole.body)]
    return "" if whole.lemmas else whole.body, "\n\n".join(map(theorem_text, theorems))


def brought(node: GoalNode, place: tuple[str, int]) -> Iterator[Mutant]:
    """A proof's own lemmas; what a lemma rests on is another one, so it may be open for Lean."""
    if not isinstance(node.proof, Candidate):
        return
    family, level = place
    for lemma in node.proof.lemmas:
        text = after_name(lemma.statement)
        parent = theorem_name(node.goal.statement) or node.goal.id
        yield Mutant("lemma", text, node.goal.header, (parent,), family, level, (lemma.body,))
