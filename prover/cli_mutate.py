"""`prover mutate`: new problems of what runs have solved and failed at, as a file of problems."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from rich.table import Table

from prover import config as configuration
from prover.cli_output import OK, WRONG, Display, data, data_json, display, error, note, out
from prover.cli_signals import run
from prover.config import RunConfig
from prover.errors import UserError
from prover.graph import ProofGraph
from prover.llm.family import load_family
from prover.model_session import open_client
from prover.mutating.asking import ModelProposer, Proposer
from prover.mutating.drawing import shares
from prover.mutating.mutate import OUTCOMES, Mutated, mutate
from prover.playground import made
from prover.playground.made import Made
from prover.session import remembering
from prover.store import read_config, read_events


def write(
    runs: Sequence[Path],
    count: int,
    file: Path,
    seed: int,
    problems: Sequence[Path],
    share: Sequence[str],
    refuted: Path | None,
    model: tuple[Path, str] | None,
    as_json: bool,
) -> int:
    """WRONG if nothing could be made."""
    weights = read_shares(share) if share else None
    given = [each for path in problems for each in made.parse(read(path), str(path))]
    graphs = [ProofGraph.of(read_events(folder)) for folder in runs]
    config = read_config(runs[0])
    asked = (configuration.load(model[0]), model[1]) if model else None
    with display() as shown:
        found = run(mutated(config, graphs, count, seed, given, weights, asked, file, shown))
    save(file, found.made)
    if refuted is not None:
        save(refuted, found.refuted)
    tell(found, file, as_json)
    if not found.made:
        error("nothing came of it: the runs have no problem that a mutator can do with")
    return OK if found.made else WRONG


def read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise UserError(f"cannot read {path}: {exc}") from exc


def save(path: Path, found: Sequence[Made]) -> None:
    try:
        path.write_text(made.dump(found), encoding="utf-8")
    except OSError as exc:
        raise UserError(f"cannot write {path}: {exc.strerror or exc}") from exc


def read_shares(texts: Sequence[str]) -> dict[str, float]:
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        try:
            found[name] = float(value)
        except ValueError as exc:
            raise UserError(f"--share wants KIND=NUMBER, not {text!r}") from exc
    shares(found)  # raises for a kind that there is not
    return found


async def mutated(
    config: RunConfig,
    graphs: Sequence[ProofGraph],
    count: int,
    seed: int,
    given: Sequence[Made],
    share: Mapping[str, float] | None,
    asked: tuple[RunConfig, str] | None,
    file: Path,
    shown: Display,
) -> Mutated:
    families = {each.problem.name: each.cell for each in given}
    known = {each.key for each in given if each.key}
    async with (
        remembering(config.lean, shown.setup, (), note) as verifier,
        proposer(asked, file, shown) as propose,
    ):
        return await mutate(verifier, graphs, count, seed, known, share, propose, families)


@asynccontextmanager
async def proposer(
    asked: tuple[RunConfig, str] | None, file: Path, shown: Display
) -> AsyncIterator[Proposer | None]:
    """A configuration's model, its server started if it has one; what that writes goes beside
    `file`. Raises UserError if the configuration has no such model."""
    if asked is None:
        yield None
        return
    config, name = asked
    if name not in config.models:
        known = ", ".join(config.models) or "none"
        raise UserError(f"the configuration has no model {name}; it has {known}")
    model = config.models[name]
    async with AsyncExitStack() as stack:
        folder = file.parent / f"{file.stem}-model"
        client = await open_client(stack, {name: model}, folder, shown.server, None)
        yield ModelProposer(name, model, load_family(model.family), client)


def tell(found: Mutated, file: Path, as_json: bool) -> None:
    standing = [each.standing for each in found.made]
    if as_json:
        data_json({"file": str(file), "problems": len(standing), "counts": found.counts})
        return
    columns = ("proposed", *OUTCOMES)
    table = Table(header_style="bold")
    table.add_column("mutator")
    for column in columns:
        table.add_column(column, justify="right")
    for how, counts in found.counts.items():
        table.add_row(how, *(str(counts[column] or "") for column in columns))
    out.print(table)
    proved = standing.count("proved")
    data(f"problems: {file} ({len(standing)}: {proved} proved, {len(standing) - proved} open)")
