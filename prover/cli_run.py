"""`prover run`, `resume`, `prove` and what reads a run: campaigns and their results."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prover import config as configuration
from prover import problems
from prover.campaign import Trying, Watch, run_campaign
from prover.cli_lean import without_imports
from prover.cli_output import (
    OK,
    WRONG,
    Display,
    data,
    data_json,
    display,
    error,
    note,
    out,
)
from prover.cli_signals import Interrupted, run
from prover.config import RunConfig
from prover.data import proofs as dataset
from prover.errors import InfrastructureError, UserError
from prover.graph import ProofGraph
from prover.lean import source
from prover.lean.confine import UNCONFINED
from prover.lean.verifier import Verifier
from prover.library import open_library
from prover.model_session import open_models
from prover.proof_keeping import recalled
from prover.proof_store import ProofStore, lean_of
from prover.proposing import Maker
from prover.report import Row, Summary, render_table, summary
from prover.report_ledger import ledger_json, render_ledger
from prover.report_models import asked, render_models
from prover.report_page import write_report
from prover.report_search import at_hand, in_vain, render_goals, render_ways, ways
from prover.scoring import counts, scored
from prover.session import fit, kept_verdicts, open_lean, stored_proofs
from prover.store import RunStore, is_run, proof_path, read_events
from prover.types import Problem

STRICT = "set_option autoImplicit false\n"
"""Without it Lean makes a variable of an unknown name: `Real` would be any type at all."""

Opener = Callable[[], RunStore]
Engine = Callable[
    [
        RunConfig, Sequence[Problem], RunStore, Verifier, Watch, Maker | None, ProofStore | None,
        Trying,
    ],
    Coroutine[Any, Any, ProofGraph],
]  # fmt: skip
"""What does the run: `run_campaign`, or something with its arguments."""


async def campaign(
    config: RunConfig,
    found: Sequence[Problem],
    opener: Opener,
    shown: Display,
    replay: Path | None = None,
    engine: Engine = run_campaign,
) -> ProofGraph:
    """Lean is opened before the run folder is made, so that a failed set-up leaves none."""
    fitted, imports = fit(found, config.lean)
    if config.lean.backend == "native" and not config.lean.confine:
        note(f"warning: {UNCONFINED}")
    shown.expect(len(fitted), config)
    # A run is repeated on what it took from the store, however that has changed since.
    where = "run" if replay and config.search.store == "home" else config.search.store
    known = stored_proofs(where, note)
    with kept_verdicts(config.lean, note) as kept, known as proofs:
        lean = open_lean(config.lean, config.workers(), shown.setup, imports, kept, note)
        async with (
            lean as verifier,
            open_library(verifier, config.search.premises, shown.setup, note, proofs) as library,
        ):
            if proofs and replay and config.search.store == "home":
                before = ProofGraph.of(read_events(replay))
                for proof in recalled(before, lean_of(verifier.facts)):
                    proofs.put(proof)
            with opener() as store:
                models = open_models(
                    config, fitted, verifier.facts, store.path, shown.server, replay, library
                )
                async with models as proposers:
                    watch, trying = shown.campaign, shown.trying
                    return await engine(
                        config, fitted, store, verifier, watch, proposers, proofs, trying
                    )


def execute(
    config: RunConfig,
    found: Sequence[Problem],
    path: Path,
    opener: Opener,
    replay: Path | None = None,
    engine: Engine = run_campaign,
) -> ProofGraph:
    """A campaign with live progress; broken off, it says how to go on."""
    try:
        with display() as shown:
            return run(campaign(config, found, opener, shown, replay, engine))
    except (Interrupted, InfrastructureError):
        if is_run(path):
            again = (
                f"prover resume {path}"
                if engine is run_campaign
                else f"the same command, with --out {path}"
            )
            note(f"resume with: {again}")
        raise


def new_run(
    config: RunConfig,
    found: Sequence[Problem],
    path: Path,
    replay: Path | None = None,
    engine: Engine = run_campaign,
) -> ProofGraph:
    return execute(config, found, path, lambda: RunStore.create(path, config), replay, engine)


def default_folder(name: str) -> Path:
    """`runs/NAME-TIME`, with a number behind it if that is taken."""
    base = Path("runs") / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    numbered = (base.with_name(f"{base.name}-{i}") for i in range(2, 100))
    return next((path for path in (base, *numbered) if not path.exists()), base)


def run_config(path: Path, folder: Path | None, sets: list[str], replay: Path | None = None) -> int:
    config = configuration.load(path, sets)
    found = problems.load(config.problems)
    folder = folder or default_folder(config.name)
    return finish(new_run(config, found, folder, replay), folder)


def resume(folder: Path) -> int:
    with RunStore.resume(folder) as store:
        config, graph = store.config, ProofGraph.of(store.events())
    found = known_problems(config, graph, folder)
    return finish(execute(config, found, folder, lambda: RunStore.resume(folder)), folder)


def known_problems(config: RunConfig, graph: ProofGraph, folder: Path) -> list[Problem]:
    """Those of the configuration, or of the events where these cannot be read any more."""
    known = [node.problem for node in graph.problems.values()]
    try:
        return problems.load(config.problems)
    except UserError:
        if not known:
            raise
        return known


def finish(graph: ProofGraph, folder: Path) -> int:
    """Write what a finished run leaves, and say what it came to and where it lies."""
    page, examples = write_report(folder), dataset.export(folder, folder / "dataset")
    result = summary(graph)
    out.print(render_table(result))
    if (models := render_models(graph)) is not None:
        out.print(models)
    decomposed = [row.problem for row in result.rows if row.only_by_decomposition]
    if decomposed:
        data(f"proved only through a decomposition ({len(decomposed)}): {', '.join(decomposed)}")
    if result.refuted:
        found = "; ".join(f"{row.problem} ({row.refuted})" for row in result.refuted)
        data(f"refuted, false as written ({len(result.refuted)}): {found}")
    data(f"report:  {page}")
    data(f"dataset: {folder / 'dataset' / dataset.FILE} ({examples} rows)")
    return OK


# prove


def prove(statement: str, header: str, folder: Path | None, sets: list[str], as_json: bool) -> int:
    """A campaign of one problem; its verified file on stdout."""
    header = without_imports(header, "--header")
    if "autoImplicit" not in header:
        header = f"{STRICT}{header}"
    problem = as_problem(statement, header)
    values: dict[str, Any] = {"name": "prove", "problems": {"source": "command line"}}
    config = with_overrides(values, sets)
    with folder_or_temporary(folder) as place:
        graph = new_run(config, [problem], place)
        row = summary(graph).rows[0]
        text = proof_text(place, row)
        if folder:
            write_report(folder)
    if as_json:
        data_json({**scored(row), "proof": text})
    elif text:
        data(text.rstrip("\n"))
    if not text:
        error(why_not(row))
    return OK if text else WRONG


def as_problem(text: str, header: str = "") -> Problem:
    """A statement as people type it: a declaration, `(x : Nat) : P x`, or a bare proposition."""
    text, header = text.strip(), header.strip("\n")
    header = f"{header}\n" if header.strip() else ""
    if not text:
        raise UserError("there is nothing to prove: give a statement, for example '1 + 1 = 2'")
    text = re.sub(r"^example\b", "theorem goal", text)
    if source.theorems(text):
        before, informal, name, statement = source.split_problem(text)
        parts = [part.strip("\n") for part in (header, before) if part.strip()]
        return Problem(name, statement, "".join(f"{p}\n" for p in parts), informal=informal)
    bare, _ = source.split_declaration(text)
    signed = f"theorem goal {bare}" if has_binders(bare) else f"theorem goal : ({bare})"
    return Problem("goal", signed, header)


def has_binders(text: str) -> bool:
    """Does a bare statement begin with binders (and then a colon)?"""
    try:
        binders, _ = source.signature(f"theorem goal {text}")
    except UserError:
        return text.startswith(":")
    levels = source.levels(source.mask(binders))
    outside = [c for c, depth in zip(binders, levels, strict=True) if not depth]
    return all(c.isspace() or c in source.OPEN + source.CLOSE for c in outside)


def with_overrides(values: dict[str, Any], sets: list[str]) -> RunConfig:
    for override in sets:
        configuration.set_key(values, override)
    return configuration.parse(values, "the configuration")


@contextmanager
def folder_or_temporary(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="prover-") as made:
        yield Path(made) / "run"


def proof_text(folder: Path, row: Row) -> str:
    if row.verdict != "verified":
        return ""
    return proof_path(folder, row.problem).read_text(encoding="utf-8")


def why_not(row: Row) -> str:
    if row.verdict == "refuted":
        return f"it is false as written: {row.refuted}"
    if row.verdict == "unsupported":
        return f"this Lean cannot read the statement: {row.reason}"
    spent = f"{row.attempts} attempts and {row.seconds:.0f} Lean seconds"
    more = "allow more with --set search.seconds=600 --set search.attempts=2000"
    return f"no proof found in {spent} ({row.verdict}); {more}"


# what reads a run


def status(folder: Path, as_json: bool) -> int:
    graph = ProofGraph.of(read_events(folder))
    result = summary(graph)
    if as_json:
        data_json({**status_json(folder, result), **search_json(graph)})
        return OK
    out.print(render_table(result))
    if (models := render_models(graph)) is not None:
        out.print(models)
    if graph.records:
        out.print(render_ways(graph))
    if (spent_on := render_ledger(graph)) is not None:
        out.print(spent_on)
    if (goals := render_goals(graph)) is not None:
        out.print(goals)
    go_on = f"; go on with: prover resume {folder}"
    data("finished" if result.finished else "not finished" + go_on)
    return OK


def status_json(folder: Path, result: Summary) -> dict[str, Any]:
    return {
        "run": str(folder),
        "finished": result.finished,
        "problems": len(result.rows),
        "supported": len(result.rows) - result.count("unsupported"),
        "proved": result.verified,
        "decomposed": result.decomposed,
        "under_way": result.count("open"),
        "inconclusive": result.count("inconclusive"),
        "refuted": len(result.refuted),
        "disagreements": result.disagreements,
        "contradictions": result.contradictions,
        **counts(result),
        "lean": result.lean,
        "config": result.config_digest,
        "results": [scored_now(row) for row in result.rows],
    }


def search_json(graph: ProofGraph) -> dict[str, Any]:
    return {
        "models": [asdict(row) for row in asked(graph)],
        "ways": [asdict(way) for way in ways(graph)],
        "at_hand": [asdict(goal) for goal in at_hand(graph)],
        "lean_seconds_in_vain": round(in_vain(graph), 1),
        "money": graph.usage().money,
        "ledger": ledger_json(graph),
    }


def scored_now(row: Row) -> dict[str, Any]:
    """In a run under way a problem may be open."""
    return {**scored(row), **({"verdict": "open"} if row.verdict == "open" else {})}


def report(folder: Path) -> int:
    data(str(write_report(folder)))
    return OK
