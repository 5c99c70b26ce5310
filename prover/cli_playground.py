"""`prover playground`: problems made by families, and how various they are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from prover.cli_output import OK, Display, data, data_json, display, note, out
from prover.cli_signals import run
from prover.config import LeanConfig
from prover.curriculum.weights import evenly
from prover.errors import UserError
from prover.playground.catalogue import FAMILIES, family
from prover.playground.diversity import report as diversity
from prover.playground.generate import Tally, generate
from prover.playground.made import Cell, Made, dump, parse
from prover.problems import read_text
from prover.session import open_lean
from prover.store import write_atomic

COLUMNS = ("drawn", "refused", "duplicates", "held_out", "trivial", "lost")


def make(
    count: int,
    per_family: int,
    families: str,
    levels: str,
    seed: int,
    file: Path,
    settle: bool,
    known: Sequence[Path],
    config: LeanConfig,
    as_json: bool,
) -> int:
    wanted = shares(count, per_family, cells(families, levels))
    held = sorted({made.key for place in known for made in read(place)})
    terms = {"seed": seed, "settle": settle, "known": held, "wanted": sorted(map(name_of, wanted))}
    with display() as shown:
        book = Book(file, terms, sum(wanted.values()), shown)
        run(filled(book, wanted, seed, held, settle, config, shown, bool(count)))
    if as_json:
        data_json({"file": str(file), "problems": len(book.made), "cells": book.cells})
    else:
        out.print(summary(book.cells))
        data(f"{len(book.made)} problems: {file}")
    for cell in book.dry:
        note(f"{cell} ran dry at {book.cells[cell]['kept']}: nothing new in a long row of draws")
    return OK


def cells(families: str, levels: str) -> list[Cell]:
    """Every family and level that is meant. Raises UserError for what there is none of."""
    chosen = (
        [family(name.strip()) for name in families.split(",")] if families else FAMILIES.values()
    )
    low, _, high = levels.partition("-")
    try:
        least, most = int(low), int(high or low)
    except ValueError:
        raise UserError(f"--levels wants a range such as 1-3, not {levels!r}") from None
    found = [(f.name, k) for f in chosen for k in range(least, min(most, f.levels) + 1) if k > 0]
    if not found:
        raise UserError(f"no family has levels {levels}: `prover playground families` lists them")
    return found


def shares(count: int, per_family: int, chosen: Sequence[Cell]) -> dict[Cell, int]:
    """Even shares; what is left over goes to the first ones."""
    if bool(count) == bool(per_family):
        raise UserError("give either --count or --per-family")
    if count:
        return evenly(count, chosen)
    found: dict[Cell, int] = {}
    for name in dict.fromkeys(name for name, _ in chosen):
        found |= evenly(per_family, [cell for cell in chosen if cell[0] == name])
    return found


def name_of(cell: Cell) -> str:
    return f"{cell[0]} {cell[1]}"


class Book:
    """The file that is written, and beside it the counts of what became of the draws.

    What a stopped command has written stays, and the same command goes on behind it.
    """

    def __init__(self, file: Path, terms: dict[str, Any], total: int, shown: Display) -> None:
        """Raises UserError for a file that another command has made."""
        self.file, self.counts = file, file.with_name(f"{file.name}.counts.json")
        self.terms, self.total, self._shown = terms, total, shown
        self.made: list[Made] = []
        self.cells: dict[str, dict[str, Any]] = {}
        self.dry: list[str] = []
        self._before: dict[str, dict[str, Any]] = {}
        self._tally: dict[str, Tally] = {}
        if file.exists():
            self._go_on()
        file.parent.mkdir(parents=True, exist_ok=True)

    def _go_on(self) -> None:
        before = json.loads(read_text(self.counts)) if self.counts.exists() else {}
        if before.get("terms") != self.terms:
            raise UserError(f"{self.file} is there and was made otherwise: give another --out")
        text = read_text(self.file)
        whole = text[: text.rfind("\n") + 1]
        if whole != text:  # the last line was cut off in the middle
            write_atomic(self.file, whole)
        self.made = parse(whole, str(self.file))
        self.cells = self._before = before["cells"]

    def begin(self) -> None:
        """Another round of draws begins, whose tallies begin at nothing."""
        self._before = {name: dict(cell) for name, cell in self.cells.items()}

    def told(self, cell: Cell, made: Sequence[Made], tally: Tally) -> None:
        self.made += made
        with self.file.open("a", encoding="utf-8", newline="") as file:
            file.write(dump(made))
        name = name_of(cell)
        self.cells[name] = added(self._before.get(name, {}), tally)
        if tally.dry and name not in self.dry:
            self.dry.append(name)
        write_atomic(self.counts, json.dumps({"terms": self.terms, "cells": self.cells}) + "\n")
        said = f"{len(self.made)} of {self.total} problems, {name}"
        self._shown.work(said, len(self.made), self.total)


def added(before: Mapping[str, Any], tally: Tally) -> dict[str, Any]:
    """A tally on top of what was counted before; what was kept is in the tally already."""
    now: dict[str, Any] = {key: value for key, value in asdict(tally).items() if key in COLUMNS}
    found = {key: before.get(key, 0) + value for key, value in now.items()}
    lint = Counter(before.get("lint", {})) + tally.lint
    return {**found, "lint": dict(lint), **tally.standings, "kept": tally.kept}


async def filled(
    book: Book,
    wanted: dict[Cell, int],
    seed: int,
    known: Sequence[str],
    settle: bool,
    config: LeanConfig,
    shown: Display,
    top_up: bool,
) -> None:
    """With `top_up`, what families run dry of is made up for by the others."""
    async with open_lean(config, config.workers or 1, shown.setup) as verifier:
        while True:
            book.begin()
            made = await generate(verifier, wanted, seed, known, settle, book.told, book.made)
            missing = sum(wanted.values()) - len(made)
            alive = [cell for cell in wanted if name_of(cell) not in book.dry]
            if not (top_up and missing and alive):
                return
            reached = Counter(each.cell for each in made)
            extra = evenly(missing, alive)
            wanted = {cell: reached[cell] + extra.get(cell, 0) for cell in wanted}


def read(place: Path) -> list[Made]:
    if not place.is_file():
        raise UserError(f"{place} is no file of the playground")
    return parse(read_text(place), str(place))


def summary(found: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table(header_style="bold")
    heads = ("drawn", "refused", "duplicates", "held out", "trivial", "lost", "lint", "refuted",
             "proved", "open")  # fmt: skip
    table.add_column("family")
    for head in ("level", *heads):
        table.add_column(head, justify="right", overflow="fold")
    for name, cell in [*found.items(), ("all ", total(found.values()))]:
        lint = ", ".join(f"{rule} {n}" for rule, n in sorted(cell.get("lint", {}).items()))
        row = [str(cell.get(key, 0)) for key in COLUMNS]
        ends = [str(cell.get(key, 0)) for key in ("refuted", "proved", "open")]
        table.add_row(*name.split(" "), *row, lint or "0", *ends)
    return table


def total(rows: Any) -> dict[str, Any]:
    numbers: Counter[str] = Counter()
    lint: Counter[str] = Counter()
    for cell in rows:
        numbers.update({key: n for key, n in cell.items() if key != "lint"})
        lint.update(cell.get("lint", {}))
    return {**numbers, "lint": dict(lint)}


def report(files: Sequence[Path], as_json: bool) -> int:
    found = diversity({str(place): read(place) for place in files})
    if as_json:
        data_json(found)
        return OK
    for name, each in found["files"].items():
        data(name)
        for line in described(each):
            data(f"  {line}")
    if found["overlap"]:
        out.print(overlap_table(found["overlap"]))
    return OK


def described(each: Mapping[str, Any]) -> list[str]:
    tokens, proofs = each["tokens"], each["proofs"]
    lines = [
        f"{each['problems']} problems, {each['distinct_goals']} distinct goals, {each['shapes']}"
        f" shapes, {each['distinct_headers']} headers, {each['constants']} constants",
        f"standing: {listed(each['standing'])}",
        f"hypotheses: {listed(each['hypotheses'])}",
        f"quantifiers in one another: {listed(each['quantifier_depth'])}",
        f"tokens of a statement: {listed(tokens)}",
        f"entropy over families: {each['entropy_bits']} of {each['most_entropy_bits']} bits",
    ]
    if proofs["count"]:
        lines.append(f"proofs: {proofs['count']}, {proofs['distinct']} distinct, characters "
                     f"{listed(proofs['characters'])}; {listed(proofs['tactics'])}")  # fmt: skip
    for name, of in each["families"].items():
        rest = {key: of[key] for key in ("proved", "refuted", "open") if key in of}
        lines.append(f"{name}: {of['problems']} problems, {of['shapes']} shapes, {listed(rest)}")
    return lines


def listed(found: Mapping[Any, Any]) -> str:
    return ", ".join(f"{key} {value:g}" for key, value in found.items()) or "none"


def overlap_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(header_style="bold")
    for head in ("of", "also in", "problems", "keys", "shapes", "ten tokens", "of how many"):
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(row["of"], row["in"], *(str(row[key]) for key in (
            "problems", "keys", "shapes", "ten_tokens", "total")))  # fmt: skip
    return table


def families(as_json: bool) -> int:
    if as_json:
        data_json({f.name: {"levels": f.levels, "about": f.about} for f in FAMILIES.values()})
        return OK
    table = Table(header_style="bold")
    for head in ("family", "levels", "what it draws and what the level turns"):
        table.add_column(head, overflow="fold")
    for each in FAMILIES.values():
        table.add_row(each.name, f"1-{each.levels}", each.about)
    out.print(table)
    return OK
