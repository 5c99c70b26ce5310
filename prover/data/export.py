"""Runs to a data set on disk: rows are written to a spool, marked, selected, and written again in
the form that was asked for. Never more than a batch of rows is in memory."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

from prover.data import card, columns, losses, overlap, shapes
from prover.data.card import Facts
from prover.data.kinds import KINDS, STRATA, stratum
from prover.data.lineage import Lineage, Run, read_run
from prover.data.overlap import Benchmark, Overlap
from prover.data.selection import Mark, Wanted, counted, mark, select
from prover.data.tracing import StepRow, canonical_keys, steps
from prover.errors import UserError
from prover.lean.verifier import Verifier
from prover.llm.family import Family, family_text, load_family
from prover.store import json_line, write_atomic
from prover.types import Problem

ROWS = "rows.jsonl"
SHAPED = "train.parquet"
FAMILY = "family.yaml"
"""Whose questions a trainer's format asks: a check needs nothing but the export."""

Fitted = Callable[[Sequence[Problem]], Sequence[Problem]]
"""Problems with the headers that this Lean can take."""


@dataclass(frozen=True)
class Order:
    """What a data set is to be."""

    runs: tuple[Path, ...]
    kind: str
    shape: str
    out: Path
    family: str = ""
    license: str = ""
    decontaminate: tuple[Path, ...] = ()
    wanted: Wanted = Wanted()
    model: str = ""
    """A folder with weights, whose loss on each row counts."""

    @property
    def row(self) -> type[Lineage]:
        return StepRow if self.kind == "steps" else KINDS[self.kind][0]

    @property
    def needs_lean(self) -> bool:
        return self.kind == "steps" or bool(self.decontaminate)

    def checked(self) -> Family:
        """The family whose questions are asked. Raises UserError, or SetupError for a library
        that is missing, before any work."""
        kinds = [*KINDS, "steps"]
        if self.kind not in kinds:
            raise UserError(f"--kind wants {', '.join(kinds)}, not {self.kind!r}")
        if self.shape not in shapes.FORMATS:
            raise UserError(f"--format wants {', '.join(shapes.FORMATS)}, not {self.shape!r}")
        if strange := sorted(set(self.wanted.strata) - set(STRATA)):
            raise UserError(f"--difficulty knows {', '.join(STRATA)}, not {strange[0]!r}")
        if self.out.exists() and (not self.out.is_dir() or any(self.out.iterdir())):
            raise UserError(f"{self.out} is not empty: name a new folder for the data set")
        family = load_family(self.family or shapes.FAMILIES.get(self.kind, shapes.DEFAULT))
        shapes.check(self.kind, self.shape, family)
        if self.shape != "jsonl":
            columns.require()
        if self.model:
            losses.require()
        return family


async def export(order: Order, verifier: Verifier | None, fitted: Fitted) -> Facts:
    """Write the data set; `verifier` is there where the order needs Lean.

    Raises UserError for what cannot be read, and as the verifier does.
    """
    family = order.checked()
    wanted, found = await decontaminating(order, verifier, fitted)
    order = replace(order, wanted=wanted)
    with tempfile.TemporaryFile() as spool:
        marks, facts = [], begun(order, family, found)
        async for row in every(order, verifier):
            spool.write(json_line(asdict(row)))
            marks.append(mark(asdict(row), order.kind))
            facts.runs += [row.run] if row.run not in facts.runs else []
        dropped = select(marks, wanted)
        if order.model:
            dropped = losses_too(order, family, marks, dropped, spool)
        facts.dropped = counted(dropped.values())
        write(order, family, facts, lambda: kept(spool, dropped))
    return facts


async def decontaminating(
    order: Order, verifier: Verifier | None, fitted: Fitted
) -> tuple[Wanted, list[dict[str, Any]]]:
    """What is wanted, with the benchmarks that were named, and what they have."""
    if not order.decontaminate or verifier is None:
        return order.wanted, []
    found: list[Benchmark] = [overlap.read(place) for place in order.decontaminate]
    said, keys = [], set[str]()
    for each in found:
        known = await canonical_keys(verifier, fitted(each.problems))
        keys |= set(known)
        said.append({"name": each.name, "statements": len(each.problems), "readable": len(known),
                     "unread": each.unread})  # fmt: skip
    problems = [problem for each in found for problem in each.problems]
    return replace(order.wanted, overlap=Overlap(problems, keys)), said


def begun(order: Order, family: Family, found: list[dict[str, Any]]) -> Facts:
    named = [field.name for field in dataclasses.fields(Wanted) if field.name != "overlap"]
    settings = {name: getattr(order.wanted, name) for name in named}
    asked = family.name if order.shape in shapes.SHAPED and order.shape != "stepwise" else ""
    settings["strata"] = list(order.wanted.strata)
    if order.model:
        settings["model"] = Path(order.model).name
    return Facts(order.kind, order.shape, asked, [], order.license, settings, benchmarks=found)


async def every(order: Order, verifier: Verifier | None) -> AsyncIterator[Lineage]:
    """The rows of all runs, one run after the other."""
    pool: dict[tuple[str, str], Any] = {}
    for folder in order.runs:
        run = read_run(folder, order.license)
        if order.kind == "steps":
            assert verifier is not None  # the order needs Lean
            async for step in steps(run, verifier):
                yield step
        elif order.kind == "prompts":
            pooled(pool, run)
        else:
            for row in KINDS[order.kind][1](run):
                yield row
    for row in pool.values():
        yield row


def pooled(pool: dict[tuple[str, str], Any], run: Run) -> None:
    """One row for a canonical goal, with the attempts of all runs."""
    for row in KINDS["prompts"][1](run):
        name = row.header.strip(), row.key or row.statement
        before = pool.get(name)
        if before is not None:
            tried, proved = before.tried + row.tried, before.proved + row.proved
            rate = proved / tried
            row = replace(before, tried=tried, proved=proved, pass_rate=round(rate, 4),
                          stratum=stratum(rate))  # fmt: skip
        pool[name] = row


def kept(spool: IO[bytes], dropped: dict[int, str]) -> Iterator[dict[str, Any]]:
    spool.seek(0)
    for index, line in enumerate(spool):
        if index not in dropped:
            yield json.loads(line)


def losses_too(
    order: Order, family: Family, marks: list[Mark], dropped: dict[int, str], spool: IO[bytes]
) -> dict[int, str]:
    """With what the model's loss leaves out of the rows that are left."""
    places = [i for i in range(len(marks)) if i not in dropped]
    shapes.check(order.kind, "trl", family)
    texts = (losses.texts(shapes.shaped(row, order.kind, "trl", family))
             for row in kept(spool, dropped))  # fmt: skip
    for place, loss in zip(places, losses.losses(order.model, texts), strict=True):
        marks[place] = replace(marks[place], loss=loss)
    return select(marks, order.wanted)


def write(
    order: Order, family: Family, facts: Facts, rows: Callable[[], Iterator[dict[str, Any]]]
) -> None:
    """All files of the data set; the checksums come last."""
    order.out.mkdir(parents=True, exist_ok=True)
    names = [card.CARD, card.MANIFEST]
    types = columns.columns(order.row)
    if order.shape == "hf":
        data = f"data/{order.kind}/train-00000-of-00001.parquet"
        columns.write(order.out / data, told(rows(), facts), types)
        text = card.croissant(facts, order.row, data, card.file_sha256(order.out / data))
        write_atomic(order.out / card.CROISSANT, text)
        names += [data, card.CROISSANT]
    elif order.shape == "jsonl":
        data = f"{order.kind}.jsonl"
        write_lines(order.out / data, told(rows(), facts))
        names.append(data)
    else:
        data = SHAPED
        fits = fitting(rows, order, family, facts)
        write_lines(order.out / ROWS, told(fits(), facts))
        shaped = rendered(fits(), order.kind, order.shape, family)
        columns.write(order.out / data, shaped, {})
        asked = order.family or shapes.FAMILIES.get(order.kind, shapes.DEFAULT)
        write_atomic(order.out / FAMILY, family_text(asked)[1])
        names += [data, ROWS, FAMILY]
    write_atomic(order.out / card.CARD, card.card(facts, order.row, data))
    write_atomic(order.out / card.MANIFEST, facts.manifest())
    write_atomic(order.out / card.CHECKSUMS, card.checksums(order.out, names))


def told(rows: Iterator[dict[str, Any]], facts: Facts) -> Iterator[dict[str, Any]]:
    """The rows, counted on their way."""
    for row in rows:
        facts.rows += 1
        facts.groups[row["source"] or "-", row["split"] or "-", row["kind"]] += 1
        facts.lean.add(str(row["lean_version"]))
        facts.tiers[int(row["tier"])] += 1
        yield row


def fitting(
    rows: Callable[[], Iterator[dict[str, Any]]], order: Order, family: Family, facts: Facts
) -> Callable[[], Iterator[dict[str, Any]]]:
    """The rows without those that the shape has no room for, which are counted."""

    stepwise = order.shape == "stepwise"
    lacking = {row["proof_id"] for row in rows() if shapes.rests(row)} if stepwise else set()

    def room(row: dict[str, Any]) -> bool:
        if stepwise:
            return row["proof_id"] not in lacking
        return shapes.shaped(row, order.kind, order.shape, family) is not None

    left_out = sum(not room(row) for row in rows())
    facts.dropped[shapes.NO_ROOM] = left_out
    return lambda: (row for row in rows() if room(row))


def rendered(
    rows: Iterator[dict[str, Any]], kind: str, shape: str, family: Family
) -> Iterator[dict[str, Any]]:
    """What the trainer reads, from the rows that say where it comes from."""
    if shape == "stepwise":
        yield from shapes.stepwise(rows)
        return
    for index, row in enumerate(rows):
        made = shapes.shaped(row, kind, shape, family)
        if made is not None:
            if "extra_info" in made:
                made["extra_info"]["index"] = index
            yield made


def write_lines(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    """JSON lines, put in their place as a whole."""
    with atomic(path) as file:
        for row in rows:
            file.write(json_line(row))


@contextmanager
def atomic(path: Path) -> Iterator[IO[bytes]]:
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        try:
            yield file
            file.flush()
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
