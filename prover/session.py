"""A Lean ready to judge: found or set up, its processes pooled, all of it gone at the end."""

from __future__ import annotations

import asyncio
import functools
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from prover import proof_store
from prover.config import LeanConfig
from prover.errors import SetupError
from prover.lean import checkers, source, toolchain, verdicts
from prover.lean.cluster import open_cluster
from prover.lean.embedded.places import home, no_progress
from prover.lean.nodes import Tell
from prover.lean.pool import Pool, Workers
from prover.lean.process import ProcessSpec
from prover.lean.reuse import Reuse
from prover.lean.toolchain import Installation, Progress
from prover.lean.verdicts import Verdicts, Warn
from prover.lean.verifier import Verifier
from prover.proof_store import ProofStore
from prover.types import Problem

T = TypeVar("T")

WARM_UP = {
    "header": "def twice : Nat → Nat\n  | 0 => 0\n  | n + 1 => twice n + 2",
    "statement": "theorem warm_up (n : Nat) : twice n = 2 * n",
    "lemmas": [],
    "body": "by\n  induction n with\n  | zero => rfl\n  | succ n ih => simp only [twice]; omega",
    "heartbeats": 20_000,
}
"""A request that calls what most requests call: parser, elaborator, tactics, kernel, audit."""


def print_nothing(text: str) -> None:
    pass


@asynccontextmanager
async def open_lean(
    config: LeanConfig,
    workers: int,
    progress: Progress,
    imports: Iterable[str] = (),
    kept: Verdicts | None = None,
    tell: Tell = print_nothing,
) -> AsyncIterator[Verifier]:
    """Find Lean or set it up, and serve it from at most `workers` processes.

    `imports` are what the headers import (a native Lean reads them once, at its start). Verdicts on
    candidates are taken from `kept` and added to it; without, Lean is asked every time. On a
    cluster, `config` says how many workers, and `tell` hears which machines come and go.
    Raises SetupError if there is no Lean to be had.
    """
    imports = tuple(imports)
    installation = await ensure(config, imports, progress)
    async with serving(installation, config, workers, imports, tell) as pool:
        opinions = functools.partial(checkers.run_all, installation)
        reuse = Reuse(kept, installation.facts(), identity(installation)) if kept else None
        yield Verifier(pool, installation.facts(), opinions, reuse)


def serving(
    installation: Installation,
    config: LeanConfig,
    workers: int,
    imports: tuple[str, ...],
    tell: Tell,
) -> AbstractAsyncContextManager[Workers]:
    if not config.cluster:
        return local_pool(installation, config, workers)
    opening = functools.partial(node_pool, config, imports)
    return open_cluster(config.cluster, config.workers, opening, identity(installation), tell)


@asynccontextmanager
async def local_pool(
    installation: Installation, config: LeanConfig, workers: int
) -> AsyncIterator[Pool]:
    async with (
        compiling(installation),
        Pool(process_spec(installation), workers, config.memory_mb, config.spares) as pool,
    ):
        yield pool


@asynccontextmanager
async def node_pool(
    config: LeanConfig, imports: tuple[str, ...], workers: int
) -> AsyncIterator[tuple[Pool, str]]:
    """On a node of a cluster: its workers, and which Lean they are. Raises SetupError."""
    installation = await ensure(config, imports, no_progress)
    async with local_pool(installation, config, workers) as pool:
        yield pool, identity(installation)


def cache_file() -> Path:
    return home() / verdicts.FILE


def proofs_file() -> Path:
    """The user's proof store; PROVER_PROOFS names another file."""
    named = os.environ.get("PROVER_PROOFS", "")
    return Path(named) if named else home() / proof_store.FILE


@contextmanager
def stored_proofs(where: str, warn: Warn) -> Iterator[ProofStore | None]:
    """The proofs that a run looks up, and adds to (`search.store`).

    A run's own are in memory: its events hold them too, and fill the store again on resuming."""
    if where == "none":
        yield None
        return
    with closing(ProofStore(proofs_file() if where == "home" else None, warn)) as proofs:
        yield proofs


@contextmanager
def kept_verdicts(config: LeanConfig, warn: Warn) -> Iterator[Verdicts | None]:
    """The verdicts that a run may reuse; None if it is to ask every time.

    Those of a native Lean last as long as the process: the libraries of its project may change and
    nothing here would tell.
    """
    if not config.cache:
        yield None
        return
    path = cache_file() if config.backend == "embedded" else None
    with closing(Verdicts(path, warn)) as kept:
        yield kept


@asynccontextmanager
async def remembering(
    config: LeanConfig, progress: Progress, imports: Iterable[str], warn: Warn
) -> AsyncIterator[Verifier]:
    """A Lean of `config`'s size that need not be asked twice, neither now nor in a later command.

    `warn` hears what is wrong with the kept verdicts, and of a cluster's machines.
    Raises SetupError if there is no Lean to be had.
    """
    with kept_verdicts(config, warn) as kept:
        async with open_lean(config, config.processes(), progress, imports, kept, warn) as verifier:
            yield verifier


def identity(installation: Installation) -> str:
    """The image's name is a hash of Lean, its patches, the driver, the host and Node."""
    return installation.image.name if installation.image else str(installation.root)


def process_spec(installation: Installation) -> ProcessSpec:
    argv, env = toolchain.serve_command(installation)
    native = installation.backend == "native"
    return ProcessSpec(
        tuple(argv),
        env,
        cwd=str(installation.root) if native else None,
        ready_seconds=600.0 if native else 60.0,
        shared=tuple(toolchain.lanes_command(installation)),
        warm_up=WARM_UP,
    )


async def ensure(config: LeanConfig, imports: tuple[str, ...], progress: Progress) -> Installation:
    """`toolchain.ensure` in a thread. Cancelled, it waits until the thread has cleaned up."""
    async with in_thread(
        lambda report: toolchain.ensure(
            config.backend, config.project, imports, progress=report, confined=config.confine
        ),
        progress,
    ) as work:
        return await asyncio.shield(work)


@asynccontextmanager
async def compiling(installation: Installation) -> AsyncIterator[None]:
    """Beside the block, compiled code is made if the set-up has made none; its end ends that too.

    Without it starts are slower and nothing else is different, so a failure is no news.
    """
    async with in_thread(
        lambda report: toolchain.ensure_compiled(installation, report), no_progress
    ):
        yield


@asynccontextmanager
async def in_thread(
    act: Callable[[Progress], T], progress: Progress
) -> AsyncIterator[asyncio.Future[T]]:
    """`act` in a thread for as long as the block lasts, or longer until it has cleaned up.

    It is stopped the next time it reports progress.
    """
    stopped = threading.Event()

    def report(stage: str, done: float, total: float) -> None:
        if stopped.is_set():
            raise SetupError("the set-up was interrupted")
        progress(stage, done, total)

    work = asyncio.ensure_future(asyncio.to_thread(act, report))
    try:
        yield work
    finally:
        stopped.set()
        await asyncio.wait({work})
        work.exception()  # retrieved: it was stopped, or ended by itself just now


def fit(problems: Sequence[Problem], config: LeanConfig) -> tuple[list[Problem], list[str]]:
    """The problems with headers that this Lean can take, and what its driver has to import.

    Headers lose their imports, since a driver's are fixed when it starts. The embedded Lean has
    no packages: what only they could give a meaning to goes too.
    """
    if config.backend == "embedded":
        before = toolchain.dialect() if config.dialect == "mathlib" else ""
        return [replace(p, header=embedded_header(p.header, before)) for p in problems], []
    imports = dict.fromkeys(name for p in problems for name in source.imports(p.header))
    fitted = [replace(p, header=source.strip_imports(p.header).lstrip("\n")) for p in problems]
    return fitted, list(imports)


def embedded_header(header: str, dialect: str = "") -> str:
    own = source.strip_imports(source.core_header(header)).lstrip("\n")
    # The dialect has the notations itself, and a second one would make each use ambiguous.
    return f"{dialect}\n{own.removeprefix(source.CORE_NOTATION)}" if dialect else own
