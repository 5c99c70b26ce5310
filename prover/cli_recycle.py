"""`prover recycle`: training rows of finished runs, each proof as short as Lean allows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prover import certificate
from prover.cli_output import OK, data, display, note
from prover.cli_signals import run
from prover.errors import UserError
from prover.graph import ProofGraph
from prover.lean.toolchain import Progress
from prover.recycling import pivots
from prover.recycling.pivots import Pivots
from prover.recycling.recycle import Recycled, recycle
from prover.session import remembering
from prover.store import certificate_path, read_config, read_events, write_atomic
from prover.training import rows


@dataclass(frozen=True)
class Order:
    runs: tuple[Path, ...]
    out: Path
    prune: bool
    most: int
    """Checks for each run."""
    processes: int | None
    pivots: Path | None
    gap: float


@dataclass(frozen=True)
class Found:
    rows: tuple[Recycled, ...]
    pairs: tuple[Pivots, ...]


def begin(order: Order) -> int:
    """The file's name on stdout, what became of the proofs on stderr."""
    if not order.runs:
        raise UserError("name the runs to recycle, for example: prover recycle runs/demo")
    with display() as shown:
        found = run(everything(order, shown.setup))
    write_atomic(order.out, rows.dump(row for each in found.rows for row in each.rows))
    for path, made in zip(order.runs, found.rows, strict=True):
        note(f"{path}: {told(made)}")
    data(str(order.out))
    if order.pivots is not None:
        write_atomic(order.pivots, pivots.dump([p for each in found.pairs for p in each.pairs]))
        for path, pairs in zip(order.runs, found.pairs, strict=True):
            note(f"{path}: {pivots.told(pairs)}")
        data(str(order.pivots))
    return OK


async def everything(order: Order, progress: Progress) -> Found:
    """One run after the other, each in a Lean of its own."""
    made, pairs = list[Recycled](), list[Pivots]()
    for path in order.runs:
        config, events = read_config(path), list(read_events(path))
        graph, limits = ProofGraph.of(events), config.limits.limits()
        lean = config.lean.model_copy(update={"workers": order.processes or config.lean.workers})
        async with remembering(lean, progress, imports(path, graph), note) as verifier:
            failures = rows.failures(events)
            found = await recycle(verifier, graph, limits, failures, order.most, order.prune)
            made.append(found)
            if order.pivots is not None:
                proofs = [row for row in found.rows if not row.failed]
                pairs.append(
                    await pivots.pivots(verifier, graph, proofs, limits, order.most, order.gap)
                )
    return Found(tuple(made), tuple(pairs))


def imports(path: Path, graph: ProofGraph) -> list[str]:
    """What the run's Lean had imported, as its certificates say."""
    found: dict[str, None] = {}
    for name, node in graph.problems.items():
        if graph.problem_state(name) == "verified":
            paper = certificate.read(path / certificate_path(Path(node.file)))
            found |= dict.fromkeys(paper.imports)
    return list(found)


def told(found: Recycled) -> str:
    c, kept = found.counts, sum(1 for row in found.rows if not row.failed)
    mean = (f"{total / kept:.0f}" for total in (c.characters_before, c.characters_after) if kept)
    parts = [
        f"{kept} proofs, {len(found.rows) - kept} corrections",
        f"{c.whole} of {c.composed} that rest on lemmas made whole",
        f"{c.pruned} shortened, {' -> '.join(mean) or 'no'} characters in the mean",
        f"{c.checks} checks, {c.lean_seconds:.0f} s of Lean",
    ]
    return "; ".join(parts + ([f"{c.cut_off} cut off by --checks"] if c.cut_off else []))
