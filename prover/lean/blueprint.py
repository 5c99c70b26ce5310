"""A sketch as a DAG of lemmas with a main proof, and the body that it becomes. Pure.

A lemma that declares what it rests on, `-- uses: a, b` above its `sorry` or names in its proof, is
proved with just these lemmas as hypotheses; one that declares nothing gets all above it, and one
that declares `-- uses: nothing` stands alone. Single root, no cycle and no node that nothing needs,
as Goedel-Architect (arXiv 2606.06468) asks of a blueprint.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import networkx as nx

from prover.lean import source
from prover.lean.split import words
from prover.types import Goal, SplitTheorem

USES = re.compile(r"--\s*uses:([^\n]*)")
NOTHING = "nothing"
AUTOMATION = {"grind", "simp_all", "omega", "lia", "assumption", "contradiction", "linarith",
              "nlinarith", "trivial", "aesop", "positivity"}  # fmt: skip
"""Tactics that may use any hypothesis without naming it."""


@dataclass(frozen=True)
class Node:
    name: str
    statement: str
    """`theorem NAME binders : type`."""
    uses: tuple[str, ...]
    """The lemmas that its prover gets as hypotheses."""


@dataclass(frozen=True)
class Blueprint:
    nodes: tuple[Node, ...]
    """In an order in which everything stands below what it uses."""
    body: str
    """The main proof."""


def blueprint(lemmas: Sequence[SplitTheorem], body: str) -> Blueprint | str:
    """The lemmas above a proof as a DAG, or why they are none, in one sentence."""
    names = [lemma.name for lemma in lemmas]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        return f"there are two lemmas {twice[0]}"
    nodes = [
        Node(lemma.name, lemma.statement, uses(lemma, names[:index], names))
        for index, lemma in enumerate(lemmas)
    ]
    if unknown := [(n.name, u) for n in nodes for u in n.uses if u not in names]:
        return f"the lemma {unknown[0][0]} uses {unknown[0][1]}, and there is no such lemma"
    return ordered(Blueprint(tuple(nodes), body))


def uses(lemma: SplitTheorem, above: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    declared = USES.search(lemma.body)
    if declared:
        return tuple(u for u in re.findall(source.NAME, declared[1]) if u != NOTHING)
    named = words(lemma.body) & set(names) - {lemma.name}
    return tuple(name for name in names if name in named) if named else tuple(above)


def network(nodes: Iterable[Node]) -> nx.DiGraph[str]:
    """Edges lead from a lemma to those that use it."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for node in nodes:
        graph.add_node(node.name)
        graph.add_edges_from((used, node.name) for used in node.uses)
    return graph


def ordered(plan: Blueprint) -> Blueprint | str:
    """As written where that is possible."""
    graph = network(plan.nodes)
    if not nx.is_directed_acyclic_graph(graph):
        cycle = [a for a, _ in nx.find_cycle(graph)]
        return f"the lemmas {', '.join(cycle)} use one another in a circle"
    written = {node.name: index for index, node in enumerate(plan.nodes)}
    by_name = {node.name: node for node in plan.nodes}
    names = nx.lexicographical_topological_sort(graph, key=written.__getitem__)
    return trimmed(replace(plan, nodes=tuple(by_name[name] for name in names)))


def trimmed(plan: Blueprint) -> Blueprint:
    """Without the lemmas that nothing leads from to the main proof; if it leaves to tactics what
    it uses, or names none at all, every lemma may be needed."""
    said = words(plan.body)
    roots = [node.name for node in plan.nodes if node.name in said]
    if not roots or said & AUTOMATION:
        return plan
    graph = network(plan.nodes)
    needed = set(roots).union(*(nx.ancestors(graph, root) for root in roots))
    return replace(plan, nodes=tuple(node for node in plan.nodes if node.name in needed))


def as_body(plan: Blueprint, goal: Goal) -> str:
    """The main proof behind a row of `have`s, each owed with only its parents in sight.

    The goal's own variables are no business of a lemma's.
    """
    if not plan.nodes:
        return plan.body
    own = [binder.name for binder in reversed(goal.binders)]
    haves, above = [], list[str]()
    for node in plan.nodes:
        hidden = [*(name for name in reversed(above) if name not in node.uses), *own]
        clear = " ".join(f"try clear {name};" for name in hidden)
        haves.append(f"  {have(node.statement)} := by {clear} sorry")
        above.append(node.name)
    return "\n".join(["by", *haves, f"  exact ({plan.body})"])


def have(statement: str) -> str:
    """Its further lines stand well to the right, where they cannot begin another tactic."""
    name = source.theorems(statement)[0]["name"]
    binders, target = source.signature(statement)
    claim = f"∀ {binders}, {target}" if binders else target
    return f"have {name} : {claim}".replace("\n", "\n        ")
