"""What a row of a data set knows of where it comes from, whatever its kind.

A run is read once, event by event: the graph is the fold, and of what the graph forgets (rejected
bodies, refutations with their proofs) a bounded number for each goal is kept, drawn by what they
say alone. So the same run gives the same rows, and a long one fits into memory.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prover import certificate
from prover.assembly import Part, parts, theorem_name
from prover.config import ModelConfig, RunConfig
from prover.data.proofs import Example, problem_examples, verified_text
from prover.digest import sha256
from prover.errors import UserError
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode, ProblemNode, carrier
from prover.lean import source
from prover.lean.layout import normal
from prover.llm.family import load_family
from prover.llm.messages import Usage
from prover.store import certificate_path, read_config, read_events
from prover.types import Candidate, Event, Sketch, Verdict

KEPT = 16
"""Rejected bodies of one goal that are kept, a draw without regard to their order."""


@dataclass(frozen=True)
class Lineage(Example):
    """The columns that every kind of row has; each kind adds its own."""

    goal: str
    """Its place in the tree: the problem's name, then `/SKETCH.HOLE` for each decomposition."""
    depth: int
    problem_statement: str
    """Of the source problem, which a benchmark may have too."""
    problem_key: str
    license: str
    """Of the source problem, as the one who exports has said."""
    run: str
    """The run's name and, behind `@`, the digest of its configuration."""
    imports: tuple[str, ...]
    """What its Lean had imported beyond core."""
    lemmas: tuple[str, ...]
    """Theorems of `code` that stand above this one."""
    uses: tuple[str, ...]
    """Constants of the library and the header that the proof names, as far as is known."""
    model: str
    """The model that wrote the proof, as its server calls it; empty for no model."""
    sampling: str
    """JSON: family, temperature, top_p, max_tokens, seed of that model; empty for no model."""
    sample: str
    """Which of its answers: `GOAL#MODEL.STAGE.REQUEST.ANSWER`."""
    tokens: int
    """Of prompts and answers, spent on the goal and everything below it."""
    money: float
    """For these, at the prices of the run's configuration."""
    tried: int
    """Attempts on the goal itself that Lean decided."""
    proved: int
    """Of these, those that Lean took."""
    failed_proofs: tuple[str, ...]
    """Bodies that Lean rejected for this goal, at most 16; the next two are one for one with it."""
    failed_errors: tuple[str, ...]
    failed_by: tuple[str, ...]
    tier: int
    """2: its whole file was compiled again and audited; 1: judged by the driver alone; 0: no
    proof."""


@dataclass(frozen=True)
class Attempt:
    candidate: Candidate
    verdict: Verdict


@dataclass(frozen=True)
class Negated:
    """A goal that Lean proved false."""

    statement: str
    candidate: Candidate
    verdict: Verdict
    counterexample: str


@dataclass
class Tried:
    """What became of a goal's attempts."""

    tried: int = 0
    proved: int = 0
    failures: list[tuple[int, str, Attempt]] = field(default_factory=list)
    """A heap whose first is the next to go."""

    def add(self, attempt: Attempt) -> None:
        status = attempt.verdict.status
        if status == "inconclusive":
            return
        self.tried += 1
        self.proved += attempt.verdict.proved
        if status == "rejected" and not attempt.candidate.lemmas:
            text = normal(attempt.candidate.body).text
            entry = (-int(sha256(text)[:15], 16), text, attempt)
            if all(text != other for _, other, _ in self.failures):
                heapq.heappush(self.failures, entry)
            if len(self.failures) > KEPT:
                heapq.heappop(self.failures)

    def rejected(self) -> list[Attempt]:
        """In an order of their own: the same for the same bodies."""
        return [attempt for _, _, attempt in sorted(self.failures, key=lambda e: e[:2])]


@dataclass
class Run:
    """A run as the kinds of rows read it."""

    folder: Path
    config: RunConfig
    graph: ProofGraph
    tried: dict[str, Tried]
    negated: dict[str, Negated]
    license: str = ""

    @property
    def name(self) -> str:
        return f"{self.config.name}@{self.graph.config_digest}"


def read_run(folder: Path, license: str = "") -> Run:
    """Raises UserError if the folder holds no run."""
    run = Run(folder, read_config(folder), ProofGraph(), {}, {}, license)
    for event in read_events(folder):
        run.graph.apply(event)
        note(run, event)
    return run


def note(run: Run, event: Event) -> None:
    """Keep what the graph does not."""
    data = event.data
    if event.type == "attempt":
        candidate = carrier(Candidate, data["candidate"])
        attempt = Attempt(candidate, carrier(Verdict, data["verdict"]))
        run.tried.setdefault(data["goal"], Tried()).add(attempt)
    elif event.type == "refutation":
        verdict = carrier(Verdict, data["verdict"])
        if verdict.proved:
            candidate, values = carrier(Candidate, data["candidate"]), str(data["counterexample"])
            found = Negated(str(data["statement"]), candidate, verdict, values)
            run.negated.setdefault(data["goal"], found)


def verified(run: Run) -> Iterator[tuple[ProblemNode, Part, Lineage]]:
    """Every theorem of every file that tier 2 took, the lemmas that candidates brought too, each
    with the part of the proof that it belongs to.

    Raises UserError if a file or its certificate is missing or was changed.
    """
    for name, node in run.graph.problems.items():
        if run.graph.problem_state(name) != "verified":
            continue
        made = certificate.read(certificate_path(run.folder / node.file))
        owners = [p for p in parts(run.graph, name) for _ in p.theorems()]
        rows = problem_examples(run.graph, node, verified_text(run.folder, node))
        for owner, row in zip(owners, rows, strict=True):
            yield node, owner, lineage(run, node, owner, row, made.imports)


def lineage(run: Run, node: ProblemNode, part: Part, row: Example, imports: list[str]) -> Lineage:
    goal = run.graph.goals[part.goal.id]
    own = row.name == theorem_name(part.goal.statement)
    by = answer(run.graph, goal)
    tried = run.tried.get(goal.goal.id, Tried()) if own else Tried()
    config = run.config.models.get(by.by.partition(":")[0])
    below = run.graph.below(goal.goal.id) if own else []
    spent = sum((run.graph.goals[name].asked for name in below), Usage())
    return Lineage(
        **vars(row),
        goal=goal.goal.id,
        depth=goal.goal.depth,
        problem_statement=node.problem.statement,
        problem_key=run.graph.goals[node.root].goal.key,
        license=run.license,
        run=run.name,
        imports=tuple(imports),
        lemmas=above(row),
        uses=goal.verdict.uses if own and goal.verdict else (),
        model=config.served if config else "",
        sampling=sampling(config) if config else "",
        sample=by.sample,
        **what_it_took(tried, spent),
        tier=2,
    )


def what_it_took(tried: Tried, spent: Usage) -> dict[str, Any]:
    """The columns of a goal's cost in models and of what failed for it."""
    failed = tried.rejected()
    return {
        "tokens": spent.prompt_tokens + spent.completion_tokens,
        "money": round(spent.money, 6),
        "tried": tried.tried,
        "proved": tried.proved,
        "failed_proofs": tuple(a.candidate.body for a in failed),
        "failed_errors": tuple(a.verdict.reason for a in failed),
        "failed_by": tuple(a.candidate.by for a in failed),
    }


def answer(graph: ProofGraph, goal: GoalNode) -> Candidate | Sketch:
    """The candidate, or the sketch, that proved a goal."""
    return (
        goal.proof if isinstance(goal.proof, Candidate) else graph.sketches[str(goal.proof)].sketch
    )


def above(row: Example) -> tuple[str, ...]:
    """Names of the theorems that `code` has between the header and the row's own."""
    own = row.code.rstrip().rfind(row.statement.rstrip())
    begin = len(row.header.strip())
    return tuple(names(row.code[begin:own]))


def names(text: str) -> Iterator[str]:
    for found in source.theorems(text):
        yield text[found.start("name") : found.end("name")]


def sampling(config: ModelConfig) -> str:
    """How a model was asked: the configuration's values, else those of its family."""
    keys = ("temperature", "top_p", "max_tokens")
    try:
        defaults = load_family(config.family).sampling.model_dump()
    except UserError:  # a family of the user's own that has gone
        defaults = {}
    values = {key: getattr(config, key) for key in keys}
    said = {key: defaults.get(key) if value is None else value for key, value in values.items()}
    return json.dumps({"family": config.family, **said, "seed": config.seed})
