"""`prover library`: theorems from finished runs for later ones, and what these made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from prover import problems
from prover.cli_output import OK, data, data_json, display, note
from prover.cli_signals import run
from prover.config import LeanConfig, LimitsConfig, ProblemsConfig
from prover.digest import sha256
from prover.errors import UserError
from prover.graph import ProofGraph
from prover.growing import growing, kept
from prover.growing.growing import Told
from prover.growing.kept import Library
from prover.growing.uses import Uses, uses
from prover.lean.verifier import Verifier
from prover.session import fit, remembering
from prover.store import is_run, read_config, read_events
from prover.types import Goal, Problem


def grow(runs: Sequence[Path], out: Path, held_out: Path | None, most: int, all_: bool) -> int:
    graphs = [graph_of(folder) for folder in runs]
    lean, limits = read_config(runs[0]).lean, read_config(runs[0]).limits
    asked = problems_of(held_out) if held_out else every_second(graphs)
    with display() as told:
        made = run(grown(lean, limits, graphs, asked, most, all_, told.setup))
    record = kept.write(made, out)
    for entry in made.entries:
        data(f"{entry.statement}\n    {entry.credit or 'not measured'}")
    for reason, count in made.why.items():
        note(f"{count:6} {reason}")
    data(f"{len(made.entries)} theorems: {out}, and {record}")
    return OK


async def grown(
    lean: LeanConfig,
    limits: LimitsConfig,
    graphs: Sequence[ProofGraph],
    asked: Sequence[Problem],
    most: int,
    keep_all: bool,
    told: Told,
) -> Library:
    fitted, imports = fit(asked, lean)
    async with remembering(lean, told, imports, note) as verifier:
        goals = await opened(verifier, fitted)
        return await growing.grow(verifier, graphs, goals, limits.limits(), most, keep_all, told)


async def opened(verifier: Verifier, asked: Sequence[Problem]) -> list[Goal]:
    """Those that this Lean can read."""
    found = [await verifier.open(problem) for problem in asked]
    return [goal for goal in found if isinstance(goal, Goal)]


def graph_of(folder: Path) -> ProofGraph:
    return ProofGraph.of(read_events(folder))


def problems_of(where: Path) -> list[Problem]:
    """Of a run, or of a file of problems. Raises UserError if it is neither."""
    if is_run(where):
        return [node.problem for node in graph_of(where).problems.values()]
    return problems.load(ProblemsConfig(source=str(where)))


def every_second(graphs: Sequence[ProofGraph]) -> list[Problem]:
    """Half of the problems, by the digests of their names: the same half each time."""
    every = {p.problem.name: p.problem for graph in graphs for p in graph.problems.values()}
    return [every[name] for name in sorted(every, key=sha256)[::2]]


def show(file: Path, as_json: bool) -> int:
    library = kept.load(file)
    if as_json:
        data_json([entry.to_dict() for entry in library.entries])
        return OK
    for entry in library.entries:
        data(entry.statement)
    data(f"{len(library.entries)} theorems: {file}")
    return OK


def credit(folder: Path, file: Path | None, as_json: bool) -> int:
    named = str(file or read_config(folder).search.library)
    if not named:
        raise UserError(f"the run {folder} had no library; name one with --library FILE")
    found = uses(graph_of(folder), kept.load(Path(named)))
    if as_json:
        data_json([asdict(each) for each in found])
        return OK
    for each in found:
        data(line(each))
    data(f"{sum(e.in_proofs > 0 for e in found)} of {len(found)} theorems are in verified proofs")
    return OK


def line(each: Uses) -> str:
    return (
        f"{each.name:<16} offered {each.offered:4}, closed {each.closed:3} goals in"
        f" {each.seconds:6.2f} Lean s, in {each.in_proofs:3} verified proofs"
    )
