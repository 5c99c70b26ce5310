"""The steps of a loop, each from files to files: broken off, it is begun again or gone on with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from prover import problems as loading
from prover.cli_output import display, note
from prover.cli_run import new_run
from prover.cli_signals import run
from prover.config import ProblemsConfig
from prover.curriculum import failures as analysis
from prover.curriculum.planning import plan as planned
from prover.curriculum.rates import rates
from prover.curriculum.weights import evenly
from prover.digest import sha256
from prover.graph import ProofGraph
from prover.lean.source import rename
from prover.lean.verifier import Verifier
from prover.looping import lineage
from prover.looping.hygiene import apart
from prover.looping.places import LINEAGE, Places, Round, graph_of, read_made, searched
from prover.looping.settings import LoopConfig, Purpose, run_config
from prover.looping.steps import Stage, Step
from prover.mutating.mutate import mutate
from prover.playground.catalogue import FAMILIES
from prover.playground.generate import generate
from prover.playground.made import Cell, Made, dump, identity
from prover.recycling.recycle import recycle
from prover.report_page import write_report
from prover.selecting.choosing import Chosen, chosen
from prover.selecting.facts import known_of
from prover.session import remembering
from prover.store import read_events, write_atomic
from prover.training import rows as training_rows
from prover.training import train as training
from prover.training.rows import Split
from prover.training.settings import RECORD, SCRATCH


@dataclass(frozen=True)
class Here:
    """What every step is given."""

    config: LoopConfig
    places: Places
    step: Step

    @property
    def round(self) -> Round:
        return self.places.round(self.step.round)

    @property
    def model(self) -> Path | None:
        """The round's; round 0 has none."""
        return self.round.model if self.step.round and self.config.trains else None

    def seed(self, what: str) -> int:
        """Of a draw: others in each round and for each purpose."""
        return int(sha256(f"{self.config.seed}/{self.step.round}/{what}")[:8], 16)

    def made(self, file: Path, of: Iterable[Path], **more: Any) -> None:
        entry = lineage.entry(self.places.folder, str(self.step), file, of, **more)
        lineage.append(self.places.folder / LINEAGE, entry)


def cells(config: LoopConfig) -> list[Cell]:
    """Families and levels that problems are drawn from."""
    own = config.playground
    names = own.families or list(FAMILIES)
    return [(name, level) for name in names for level in own.levels if known(name, level)]


def known(name: str, level: int) -> bool:
    return name not in FAMILIES or level <= FAMILIES[name].levels


def with_lean(config: LoopConfig, work: Callable[[Verifier], Any]) -> Any:
    """Something that only asks Lean, with progress; Ctrl-C ends it."""

    async def main() -> Any:
        with display() as shown:
            async with remembering(config.lean, shown.setup, (), note) as verifier:
                return await work(verifier)

    return run(main())


# Problems


def hold_out(here: Here) -> None:
    """Drawn first, and what all later draws avoid; those that are false are no measure."""
    wanted = evenly(here.config.playground.held_out, cells(here.config))
    seed = here.seed("held-out")

    async def work(verifier: Verifier) -> list[Made]:
        found: list[Made] = []
        for extra in range(8):  # the false ones are drawn again
            short = {c: n - sum(m.cell == c for m in found) for c, n in wanted.items()}
            owed = {cell: n for cell, n in short.items() if n > 0}
            if not owed:
                break
            drawn = await generate(verifier, owed, seed + extra, {m.key for m in found})
            found += [m for m in drawn if m.standing != "refuted"]
        return found

    made = renamed(with_lean(here.config, work), "h")
    write_atomic(here.places.held_out, dump(made))
    here.made(here.places.held_out, [])
    note(f"{len(made)} problems are held out")


def renamed(found: Sequence[Made], mark: str) -> list[Made]:
    """Under names that no other round has."""

    def named(number: int, each: Made) -> Made:
        name = f"{each.family}_{mark}_{number}"
        statement = rename(each.problem.statement, name)
        return replace(each, problem=replace(each.problem, name=name, statement=statement))

    return [named(number, each) for number, each in enumerate(found)]


def draw(here: Here) -> None:
    """The round's problems: round 0 evenly over all families, later ones as the plan says."""
    config, places, number = here.config, here.places, here.step.round
    plan = json.loads(places.round(number - 1).plan.read_text()) if number else {}
    drawn = (
        {(c["family"], c["level"]): c["count"] for c in plan["cells"]}
        if plan
        else evenly(config.playground.problems, cells(config))
    )
    mutants = plan.get("mutants", {})
    before = list(searched(places, number))
    avoid = {m.key for m in read_made(places.held_out)} | {
        identity(m) for earlier in before for m in read_made(earlier.problems)
    }

    async def work(verifier: Verifier) -> list[Made]:
        made = await generate(
            verifier, {c: n for c, n in drawn.items() if n}, here.seed("draw"), avoid
        )
        if wanted := sum(mutants.values()):
            graphs = [graph_of(earlier.search) for earlier in before[-1:]]
            families = {m.problem.name: m.cell for m in read_made(before[-1].problems)}
            known = avoid | {m.key for m in made}
            found = await mutate(
                verifier, graphs, wanted, here.seed("mutants"), known, mutants, None, families
            )
            made += found.made
        return made

    made = renamed(with_lean(config, work), f"r{number}")
    write_atomic(here.round.problems, dump(made))
    here.made(here.round.problems, [places.held_out, *(e.problems for e in before)])


# Runs


def search(here: Here) -> None:
    """A false problem that is known to be one is not searched."""
    open_file = here.round.folder / "to_search.jsonl"
    kept = [m for m in read_made(here.round.problems) if m.standing != "refuted"]
    write_atomic(open_file, dump(kept))
    campaign(here, "search", open_file, here.round.search)


def measure(here: Here) -> None:
    campaign(here, "held-out", here.places.held_out, here.round.held_out)


def transfer(here: Here) -> None:
    """On a benchmark, whose problems are nobody's to learn from."""
    benchmark = here.config.benchmark
    assert benchmark is not None
    found = here.places.benchmark
    if not found.exists():
        _, read = loading.load_benchmark(benchmark.suite, Path(benchmark.source), benchmark.split)
        lines = (json.dumps(asdict(problem), ensure_ascii=False) + "\n" for problem in read)
        write_atomic(found, "".join(lines))
    campaign(here, "benchmark", found, here.round.benchmark)


def campaign(here: Here, purpose: Purpose, problems: Path, folder: Path) -> None:
    searches = [earlier.search for earlier in searched(here.places, here.step.round)]
    config = run_config(here.config, here.step.round, purpose, problems, here.model, searches)
    new_run(config, loading.load(ProblemsConfig(source=str(problems))), folder)
    write_report(folder)
    here.made(folder, [problems, *([here.model] if here.model else []), *searches])


# Rows


def recycled(here: Here) -> None:
    """The round's proofs as rows; what gives a held-out problem away is no row."""
    events = list(read_events(here.round.search))
    graph = ProofGraph.of(events)
    limits = here.config.limits.limits()

    async def work(verifier: Verifier) -> Any:
        return await recycle(verifier, graph, limits, prune=here.config.train.prune)

    found = with_lean(here.config, work)
    rows, left = apart(found.rows, read_made(here.places.held_out))
    write_atomic(here.round.rows, training_rows.dump(rows))
    counts = {**asdict(found.counts), "rows": len(rows), "held_out": left}
    write_atomic(here.round.recycled, json.dumps(counts, indent=1) + "\n")
    here.made(here.round.rows, [here.round.search, here.places.held_out])


def plan(here: Here) -> None:
    """What the next round is to generate, and why."""
    made = {m.problem.name: m for m in read_made(here.round.problems)}
    graphs = [graph_of(here.round.search)]
    now, failures = rates(graphs, made), analysis.analyse(graphs, made)
    before = None
    if here.step.round:
        earlier = here.places.round(here.step.round - 1)
        known = {m.problem.name: m for m in read_made(earlier.problems)}
        before = rates([graph_of(earlier.search)], known)
    found = planned(
        now, here.config.playground.problems, here.config.curriculum, cells(here.config), before,
        failures,
    )  # fmt: skip
    for line in found.why:
        note(line)
    text = {**found.as_dict(), "failures": failures.as_dict()}
    write_atomic(here.round.plan, json.dumps(text, indent=1, ensure_ascii=False) + "\n")


# The model


def train(here: Here) -> None:
    """A model from the rows of all rounds before; broken off, its training is gone on with."""
    folder = here.round.model
    if (folder / RECORD).exists():
        with display() as shown:
            training.resume(folder, shown.work)
    else:
        shutil.rmtree(folder, ignore_errors=True)  # cut off before it had begun
        picked = select(here)
        settings = here.config.train.settings(here.config.seed)
        with display() as shown:
            training.start(Split(picked.rows, (), 0), settings, folder, shown.work, picked.record)
    of = [earlier.rows for earlier in searched(here.places, here.step.round)]
    here.made(folder, of, rows=lineage.sha256_of(folder / "rows.jsonl"))


def select(here: Here) -> Chosen:
    """Which rows are learnt from, and why the others are not."""
    before = list(searched(here.places, here.step.round))
    found = [
        row
        for earlier in before
        for row in training_rows.parse(earlier.rows.read_text(), str(earlier.rows))
    ]
    families = {m.problem.name: m.family for e in before for m in read_made(e.problems)}
    last = here.places.round(here.step.round - 1).model
    own = here.config.train
    base = str(last) if last.exists() else "" if own.base == SCRATCH else own.base
    known = known_of((graph_of(e.search) for e in before), families, base)
    picked = chosen(
        own.select, found, known, budget(own.rows_of(here.step.round), found), here.seed("rows")
    )
    write_atomic(here.round.chosen, json.dumps(dict(picked.record), indent=1) + "\n")
    return picked


def budget(wanted: int | None, rows: Sequence[object]) -> int | None:
    """As many as there are is no draw."""
    return wanted if wanted is not None and wanted < len(rows) else None


STAGES: Mapping[Stage, Callable[[Here], None]] = {
    "held-out": hold_out,
    "train": train,
    "measure": measure,
    "transfer": transfer,
    "generate": draw,
    "search": search,
    "recycle": recycled,
    "plan": plan,
}
