"""Where a loop's files lie, and which of its steps are done: what is there says so.

loop.yaml  held_out.jsonl  benchmark.jsonl  lineage.jsonl  rounds.json  rounds.png
round-N/model/  round-N/held-out/  round-N/problems.jsonl  round-N/search/
round-N/rows.jsonl  round-N/recycled.json  round-N/plan.json  round-N/benchmark/
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover.graph import ProofGraph
from prover.looping.steps import Step
from prover.playground.made import Made, parse
from prover.store import is_run, read_events
from prover.tail import glance
from prover.training.settings import RECORD, read_record

CONFIG = "loop.yaml"
HELD_OUT = "held_out.jsonl"
BENCHMARK = "benchmark.jsonl"
LINEAGE = "lineage.jsonl"


@dataclass(frozen=True)
class Round:
    folder: Path
    number: int

    @property
    def model(self) -> Path:
        return self.folder / "model"

    @property
    def held_out(self) -> Path:
        return self.folder / "held-out"

    @property
    def benchmark(self) -> Path:
        return self.folder / "benchmark"

    @property
    def search(self) -> Path:
        return self.folder / "search"

    @property
    def problems(self) -> Path:
        return self.folder / "problems.jsonl"

    @property
    def rows(self) -> Path:
        return self.folder / "rows.jsonl"

    @property
    def recycled(self) -> Path:
        return self.folder / "recycled.json"

    @property
    def chosen(self) -> Path:
        """How the rows of its training were chosen."""
        return self.folder / "chosen.json"

    @property
    def plan(self) -> Path:
        return self.folder / "plan.json"


@dataclass(frozen=True)
class Places:
    folder: Path

    @property
    def held_out(self) -> Path:
        return self.folder / HELD_OUT

    @property
    def benchmark(self) -> Path:
        return self.folder / BENCHMARK

    def round(self, number: int) -> Round:
        return Round(self.folder / f"round-{number}", number)

    def is_done(self, step: Step) -> bool:
        here = self.round(step.round)
        match step.stage:
            case "held-out":
                return self.held_out.exists()
            case "train":
                return (here.model / RECORD).exists() and bool(read_record(here.model)["finished"])
            case "measure":
                return finished(here.held_out)
            case "transfer":
                return finished(here.benchmark)
            case "generate":
                return here.problems.exists()
            case "search":
                return finished(here.search)
            case "recycle":
                return here.recycled.exists()
            case "plan":
                return here.plan.exists()

    def lineage(self) -> list[dict[str, Any]]:
        file = self.folder / LINEAGE
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]


def finished(run: Path) -> bool:
    return is_run(run) and glance(run).finished


def graph_of(run: Path) -> ProofGraph:
    return ProofGraph.of(read_events(run))


def read_made(file: Path) -> list[Made]:
    return parse(file.read_text(encoding="utf-8"), str(file))


def searched(places: Places, before: int) -> Iterator[Round]:
    """The rounds so far whose search is done."""
    for number in range(before):
        if finished((here := places.round(number)).search):
            yield here
