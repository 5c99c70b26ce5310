"""What came of each way to prove goals in earlier runs, for a run that begins where they ended."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from prover.graph import ProofGraph
from prover.graph_nodes import Record, Records
from prover.store import read_events


def experience(runs: Iterable[str]) -> Records:
    """The records of these runs, added up. Raises UserError for a folder that holds no run."""
    found: Records = {}
    for run in runs:
        for way, record in ProofGraph.of(read_events(Path(run))).records.items():
            found[way] = found.get(way, Record()) + record
    return found
