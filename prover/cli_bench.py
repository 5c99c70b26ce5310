"""`prover bench` and `prover compare`: a benchmark's score, and several beside one another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prover import config as configuration
from prover import problems, scoring
from prover.campaign import run_campaign
from prover.cli_output import OK, data, data_json, out
from prover.cli_run import Engine, default_folder, new_run
from prover.compare import Paired, Run, paired, paired_table, read, run_table
from prover.config import RunConfig
from prover.errors import UserError
from prover.graph import ProofGraph
from prover.lean import toolchain
from prover.report_page import write_report
from prover.sampling import run_sampling, sampling_config
from prover.scoring import Ran, curve_table, lines
from prover.store import read_events, write_atomic

RESULT = "bench.json"


def bench(
    suite: str,
    place: Path,
    split: str,
    samples: int,
    folder: Path | None,
    file: Path | None,
    sets: list[str],
    as_json: bool,
) -> int:
    """Run over a benchmark's split; the result is printed and lies in the run's folder."""
    name = "-".join(part for part in ("bench", suite, split) if part)
    config = bench_config(name, place, split, file, sets)
    engine: Engine = run_campaign
    if samples:
        config, engine = sampling_config(config, samples), run_sampling
    layout, found = problems.load_benchmark(suite, place, split)
    found = found[: config.problems.limit]
    folder = folder or default_folder(name)
    new_run(config, found, folder, engine=engine)
    write_report(folder)
    sha256, driver = problems.statements_sha256(found), driver_of(config)
    ran = Ran(suite, layout, split, sha256, config, driver)
    made = scoring.result(ran, list(read_events(folder)))
    write_atomic(folder / RESULT, json.dumps(made, indent=1, ensure_ascii=False) + "\n")
    if as_json:
        data_json(made)
    else:
        describe(made, folder)
    return OK


def bench_config(
    name: str, place: Path, split: str, file: Path | None, sets: Sequence[str]
) -> RunConfig:
    """A score rests on no earlier run unless it is asked to."""
    values = configuration.read(file) if file else {}
    given = {key: values.get(key) for key in ("problems", "search")}
    own, search = (part if isinstance(part, dict) else {} for part in given.values())
    source = {"source": str(place.resolve()), "split": split, "limit": own.get("limit")}
    values.update(name=name, problems=source, search={"store": "run", **search})
    for override in sets:
        configuration.set_key(values, override)
    return configuration.parse(values, str(file or "the configuration"))


def driver_of(config: RunConfig) -> str:
    """Empty for a native Lean, whose project is the user's."""
    found = toolchain.find("embedded") if config.lean.backend == "embedded" else None
    return found.facts().driver_sha256 if found else ""


def describe(made: dict[str, Any], folder: Path) -> None:
    for line in lines(made):
        data(line)
    if any(made["curves"].values()):
        out.print(curve_table(made))
    data(f"{'result':<14} {folder / RESULT}")
    data(f"{'proofs':<14} {folder / 'proofs'}")


def compare(folders: Sequence[Path], as_json: bool) -> int:
    if len(folders) < 2:
        raise UserError("compare wants two runs or more, the baseline first")
    runs = named([ProofGraph.of(read_events(folder)) for folder in folders], folders)
    found = [paired(runs[0], run) for run in runs[1:]]
    if as_json:
        data_json({"runs": [run_json(run) for run in runs], "paired": [asdict(x) for x in found]})
        return OK
    out.print(run_table(runs))
    out.print(paired_table(runs[0].name, found))
    for each in found:
        tell(runs[0], each)
    if len({run.lean for run in runs}) > 1:
        data(f"not the same Lean: {'; '.join(f'{run.name}: {run.lean}' for run in runs)}")
    return OK


def named(graphs: Sequence[ProofGraph], folders: Sequence[Path]) -> list[Run]:
    """By the folder's own name, where these differ."""
    short = [folder.resolve().name for folder in folders]
    names = short if len(set(short)) == len(short) else [str(folder) for folder in folders]
    return [read(name, graph) for name, graph in zip(names, graphs, strict=True)]


def tell(first: Run, each: Paired) -> None:
    """The problems behind the numbers."""
    for who, which in ((first.name, each.only_first), (each.name, each.only_this)):
        if which:
            data(f"only {who} proved: {', '.join(which)}")
    if each.undecided:
        data(f"undecided in {first.name} or {each.name}: {', '.join(each.undecided)}")
    if each.other:
        data(f"not shared, or stated differently: {len(each.other)} problems")


def run_json(run: Run) -> dict[str, Any]:
    return {
        "run": run.name,
        "lean": run.lean,
        "verified": sorted(run.verified),
        "verdicts": run.verdicts,
        **asdict(run.total),
    }
