"""`prover replay`: a run once more from its events, as a whole, up to a moment, or one problem."""

from __future__ import annotations

import tempfile
from pathlib import Path

from prover.cli_output import OK, WRONG, data, note, out
from prover.errors import UserError
from prover.graph import ProofGraph
from prover.history import history
from prover.replay import recorded, replay
from prover.report import render_table, summary
from prover.report_ledger import render_ledger
from prover.report_search import render_goals
from prover.rerun import rerun
from prover.store import read_config

MOST_SHOWN = 10
"""Of the files that differ."""


def whole(run: Path, folder: Path | None) -> int:
    """Everything again, compared with what the run has."""
    read_config(run)
    made = replay(run, folder or Path(tempfile.mkdtemp(prefix="prover-replay-")))
    note(f"{made.events} events, {len(made.graph.problems)} problems")
    data(f"replayed to {made.out}")
    for name in made.missing[:MOST_SHOWN]:
        note(f"{run} has no {name} yet")
    for said in made.different[:MOST_SHOWN]:
        data(f"different: {said}")
    if (more := len(made.different) - MOST_SHOWN) > 0:
        data(f"and {more} more")
    if made.different:
        return WRONG
    data(f"the same: {made.same} files")
    return OK


def search_again(run: Path) -> int:
    """The search's decisions again, with Lean's recorded answers."""
    events = list(recorded(run))
    made = rerun(read_config(run), events)
    before, now = verified(ProofGraph.of(events)), verified(made.graph)
    data(f"{made.again} of {made.again + made.missed.total()} recorded events led to again")
    if made.missed:
        data(f"not led to: {', '.join(f'{kind} {n}' for kind, n in made.missed.most_common())}")
    if made.others:
        data(f"chosen and not recorded: {made.others}")
    if before == now:
        data(f"the same {len(now)} problems verified")
        return OK
    data(f"verified then and not now: {', '.join(sorted(before - now)) or 'none'}")
    data(f"verified now and not then: {', '.join(sorted(now - before)) or 'none'}")
    return WRONG


def verified(graph: ProofGraph) -> set[str]:
    return {name for name in graph.problems if graph.problem_state(name) == "verified"}


def moment(run: Path, at: int) -> int:
    """What was known after so many events: what was tried, what was open."""
    events = list(recorded(run, at))
    graph = ProofGraph.of(events)
    out.print(render_table(summary(graph)))
    for table in (render_ledger(graph), render_goals(graph)):
        if table is not None:
            out.print(table)
    for line in list(history(events))[-1:]:
        data(line)
    return OK


def one_problem(run: Path, problem: str, at: int | None) -> int:
    """How its search went, a line for each event."""
    events = list(recorded(run, at))
    if problem not in ProofGraph.of(events).problems:
        raise UserError(f"{run} has no problem {problem}; `prover status {run}` names them")
    for line in history(events, problem):
        data(line)
    return OK
