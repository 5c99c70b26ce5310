"""Verified proofs of a run as training examples: JSON lines and a dataset card.

- A row is a theorem of a file that tier 2 has proved; its text stands in that file word for word.
- `code` compiles by itself: header, what the theorem refers to, the theorem.
- Every row has the same keys and every key one type; "not applicable" is an empty string or 0.
- Two rows never have the same header, statement (its name aside) and proof.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from prover import hole_forms
from prover.assembly import Part, parts, render, theorem_name, theorem_text
from prover.errors import UserError
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode, ProblemNode, text_digest
from prover.store import certificate_path, read_config, read_events, write_atomic
from prover.types import Candidate, Lemma

FILE = "proofs.jsonl"


@dataclass(frozen=True)
class Example:
    """One row; the keys are those of the published Lean proof sets where they mean the same."""

    id: str
    """Digest of header, statement and proof: equal for equal theorems of different runs."""
    name: str
    kind: str
    """`root` for a problem, `lemma` for what its proof is built from."""
    statement: str
    """`theorem NAME binders : type`."""
    header: str
    proof: str
    """The body: one term, without holes."""
    code: str
    """A whole file that ends in this theorem."""
    by: str
    """Who proposed the proof: a prover, or for a decomposed goal the sketch's strategy."""
    sketch_by: str
    """Strategy of the sketch that the lemma is a hole of; empty for a root."""
    sketch: str
    """That sketch's body, with its holes; empty for a root."""
    own_sketch: str
    """The sketch that the goal's own proof came from, with its holes; empty for a direct proof."""
    plan: str
    """What a model wrote beside it, in words: with both, the cold-start form of
    DeepSeek-Prover-V2 (arXiv 2504.21801, section 2.2)."""
    parent: str
    """Name of the theorem that the lemma was made for; empty for a root."""
    source_problem: str
    source: str
    split: str
    informal: str
    """The root's informal statement; empty for a lemma."""
    key: str
    """Canonical key of the goal; empty for a lemma that a candidate brought along."""
    lean_version: str
    axioms: str
    """Comma-separated; for a lemma those of its own proof."""
    attempts: int
    """Spent on the goal and everything below it."""
    lean_seconds: float
    verified: bool
    certificate: str
    """File of the run directory that says what was checked, and how."""


def export(run: Path, out: Path) -> int:
    """Write `proofs.jsonl`, the two forms of holes beside it, and a card; returns the number of
    the former's rows.

    Raises UserError if the run has no events or a verified file is missing or was changed.
    """
    graph = ProofGraph.of(read_events(run))
    rows = list(unique(examples(graph, run)))
    text = "".join(json.dumps(dataclasses.asdict(row), ensure_ascii=False) + "\n" for row in rows)
    write_atomic(out / FILE, text)
    pairs = [row for name in verified(graph) for row in hole_forms.hole_forms(graph, name)]
    write_atomic(out / hole_forms.FILE, hole_forms.dump(pairs))
    write_atomic(out / "README.md", card(graph, rows, read_config(run).name))
    return len(rows)


def verified(graph: ProofGraph) -> list[str]:
    return [name for name in graph.problems if graph.problem_state(name) == "verified"]


def examples(graph: ProofGraph, run: Path) -> Iterator[Example]:
    for name in verified(graph):
        node = graph.problems[name]
        yield from problem_examples(graph, node, verified_text(run, node))


def verified_text(run: Path, node: ProblemNode) -> str:
    try:
        return (run / node.file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise UserError(
            f"the verified file {run / node.file} cannot be read; restore it or run again"
        ) from exc


def problem_examples(graph: ProofGraph, node: ProblemNode, checked: str) -> Iterator[Example]:
    """The rows of one verified problem, in the order of its file."""
    chosen = parts(graph, node.problem.name)
    for part in chosen:
        require_checked(part, checked, node.file)
        needed = set(graph.proof_order(part.goal.id)) - {part.goal.id}
        above = [t for other in chosen if other.goal.id in needed for t in other.theorems()]
        owner = goal_example(graph, node, part, above)
        yield from (brought_example(owner, part.lemmas[: i + 1]) for i in range(len(part.lemmas)))
        yield owner


def require_checked(part: Part, checked: str, file: str) -> None:
    """Raise UserError unless the part's theorems stand in the checked text word for word."""
    for theorem in part.theorems():
        if theorem_text(theorem) not in checked:
            name = theorem_name(theorem.statement)
            raise UserError(f"{file} is not what was verified: it lacks {name}; run again")


def goal_example(graph: ProofGraph, node: ProblemNode, part: Part, above: list[Lemma]) -> Example:
    """The row of a goal; `above` is what its body refers to, in order."""
    goal, problem = graph.goals[part.goal.id], node.problem
    root, sketch = part.goal.id == node.root, graph.parent(part.goal.id)
    below = [graph.goals[name] for name in graph.below(part.goal.id)]
    own = graph.sketches[goal.proof].sketch if isinstance(goal.proof, str) else None
    return Example(
        id=example_id(problem.header, Lemma(part.goal.statement, part.body)),
        name=theorem_name(part.goal.statement),
        kind="root" if root else "lemma",
        statement=part.goal.statement,
        header=problem.header,
        proof=part.body,
        code=render(problem.header, [*above, *part.theorems()]),
        by=proposer(graph, goal),
        sketch_by=sketch.sketch.by if sketch else "",
        sketch=sketch.sketch.body if sketch else "",
        own_sketch=own.body if own else "",
        plan=own.plan if own else "",
        parent=theorem_name(graph.goals[sketch.goal].goal.statement) if sketch else "",
        source_problem=problem.name,
        source=problem.source,
        split=problem.split,
        informal=problem.informal if root else "",
        key=part.goal.key,
        lean_version=node.lean,
        axioms=axioms(graph, node, goal),
        attempts=sum(each.attempts for each in below),
        lean_seconds=round(float(sum(each.seconds for each in below)), 3),
        verified=True,
        certificate=certificate_path(Path(node.file)).as_posix(),
    )


def brought_example(owner: Example, lemmas: tuple[Lemma, ...]) -> Example:
    """The row of the last of the lemmas, which came with the owner's candidate."""
    return dataclasses.replace(
        owner,
        id=example_id(owner.header, lemmas[-1]),
        name=theorem_name(lemmas[-1].statement),
        kind="lemma",
        statement=lemmas[-1].statement,
        proof=lemmas[-1].body,
        code=render(owner.header, lemmas),
        sketch_by="",
        sketch="",
        own_sketch="",
        plan="",
        parent=owner.name,
        informal="",
        key="",
        attempts=0,
        lean_seconds=0.0,
    )


def proposer(graph: ProofGraph, goal: GoalNode) -> str:
    if isinstance(goal.proof, Candidate):
        return goal.proof.by
    return graph.sketches[str(goal.proof)].sketch.by


def axioms(graph: ProofGraph, node: ProblemNode, goal: GoalNode) -> str:
    """Tier 2's audit for the root; for a lemma what its proof and those below it use."""
    if goal.goal.id == node.root and node.assembled is not None:
        return ", ".join(sorted(node.assembled.axioms))
    found: set[str] = set()
    for name in graph.proof_order(goal.goal.id):
        part = graph.goals[name]
        verdict = (
            graph.sketches[part.proof].verdict if isinstance(part.proof, str) else part.verdict
        )
        found.update(verdict.axioms if verdict else ())
    return ", ".join(sorted(found - {"sorryAx"}))


def example_id(header: str, theorem: Lemma) -> str:
    """Equal for theorems that differ in nothing but their name and white space."""
    name = theorem_name(theorem.statement)
    nameless = theorem.statement.replace(name, "_", 1)
    texts = [" ".join(text.split()) for text in (header, nameless)]
    return text_digest("\n".join([*texts, theorem.body.strip()]))


def unique(rows: Iterable[Example]) -> Iterator[Example]:
    """The first row of each id. A root is its own problem, so it is never dropped for a lemma."""
    seen: set[str] = set()
    for row in sorted(rows, key=lambda row: row.kind != "root"):
        if row.id not in seen:
            seen.add(row.id)
            yield row


def card(graph: ProofGraph, rows: list[Example], name: str) -> str:
    """The README of the data set, with the metadata block that the Hugging Face hub reads."""
    about = {
        "pretty_name": f"{name}: verified Lean 4 proofs",
        "tags": ["lean4", "theorem-proving"],
        "task_categories": ["text-generation"],
        "configs": [
            {"config_name": "proofs", "data_files": FILE, "default": True},
            {"config_name": "hole_forms", "data_files": hole_forms.FILE},
        ],
    }
    kinds = Counter(row.kind for row in rows)
    front = yaml.safe_dump(about, sort_keys=False)
    return f"""---
{front}---

# Verified Lean 4 proofs from the run `{name}`

{kinds["root"]} problems and {kinds["lemma"]} lemmas, every one in a file that was compiled again \
from the trusted statement and passed the axiom audit; the certificates lie with the run.

| | |
|---|---|
| Lean | {", ".join(sorted({row.lean_version for row in rows})) or graph.lean or "unknown"} |
| run configuration | `{graph.config_digest}` |
| rows | {len(rows)} in `{FILE}` |

{counts(rows)}
`{hole_forms.FILE}` has holes of sketches whose steps stand one above the other in two forms, \
`alone` and `given` the steps above; where `verified` is false that statement was derived, and no \
Lean has compiled it.

Before training, leave out the splits that you evaluate on.

## Columns

{columns()}
"""


def counts(rows: list[Example]) -> str:
    """A table of rows by source and split."""
    groups = Counter((row.source or "-", row.split or "-", row.kind) for row in rows)
    lines = [f"| {' | '.join(group)} | {count} |" for group, count in sorted(groups.items())]
    return "\n".join(["| source | split | kind | rows |", "|---|---|---|---|", *lines]) + "\n"


def columns() -> str:
    return "\n".join(f"- `{field.name}` ({field.type})" for field in dataclasses.fields(Example))
