"""The models of a run, ready to be asked: servers started, answers recorded, all of it gone at
the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from prover.config import ModelConfig, RunConfig
from prover.decomposers import Decomposer, Structural
from prover.errors import UserError
from prover.lean import toolchain
from prover.library import Library
from prover.llm.client import Client, OpenAIClient
from prover.llm.family import Family, load_family
from prover.llm.record import SAMPLES, Record, Recorded
from prover.llm.serving import Progress, serving
from prover.models import ModelProposer, Told
from prover.premises import none_found
from prover.proposing import Hooks, Maker, Proposers, model_free, portfolio, steps
from prover.provers import Prover
from prover.types import LeanFacts, Problem

CORE = """This is Lean 4 with its core library only: there is no Mathlib. Tactics that are there: \
omega, simp, simp_all, grind, decide, rfl, exact, apply, intro, constructor, cases, rcases, \
induction, obtain, refine, have, show, calc, conv, rw, split, exists, ext, funext, contradiction, \
by_cases, exact_mod_cast, ac_rfl, bv_decide."""
DIALECT = """Mathlib's lemmas are not there, but some of its tactics are, as far as core Lean can \
do their work: ring, linarith, nlinarith, norm_num, positivity, use, push_neg, by_contra, \
contrapose, interval_cases, tauto, gcongr, field_simp, and the notations ℕ, ℤ, ℚ."""
MATHLIB = """import Mathlib
import Aesop

set_option maxHeartbeats 400000

open BigOperators Real Nat Topology Rat

"""
"""What the published provers saw before every theorem; they are shown it in the dialect's place."""


def told(config: RunConfig, facts: LeanFacts) -> Told:
    """A native Lean imports what it has, and headers say so."""
    if facts.backend != "embedded":
        return Told()
    if config.lean.dialect == "none":
        return Told(CORE)
    return Told(f"{CORE} {DIALECT}", toolchain.dialect(), MATHLIB)


@asynccontextmanager
async def open_models(
    config: RunConfig,
    problems: Sequence[Problem],
    facts: LeanFacts,
    folder: Path,
    progress: Progress,
    replay: Path | None = None,
    library: Library | None = None,
) -> AsyncIterator[Maker]:
    """What makes the run's proposers. What models are asked is recorded in the run's `folder`.

    With `replay`, the folder of another run, its record answers and no model is asked.
    Raises SetupError or UserError if a server does not come up or the configuration does not fit.
    """
    used = config.used_models()
    if not used:
        yield lambda hooks: model_free(config, library.find if library else none_found)
        return
    families = {name: load_family(model.family) for name, model in used.items()}
    check_roles(config, families)
    async with AsyncExitStack() as stack:
        client = await open_client(stack, used, folder, progress, replay)
        record = stack.enter_context(Record(folder / SAMPLES))
        informal = {p.name: p.informal for p in problems if p.informal}
        yield make_proposers(
            config, families, record, client, told(config, facts), informal, library
        )


def make_proposers(
    config: RunConfig,
    families: Mapping[str, Family],
    record: Record,
    client: Client | None,
    told: Told | None = None,
    informal: Mapping[str, str] | None = None,
    library: Library | None = None,
) -> Maker:
    """The proposers that a configuration names, in its order; `client` is asked for what the
    record does not hold."""

    retrieve = library.find if library else none_found
    notes = library.notes if library else None

    def make(hooks: Hooks) -> Proposers:
        recorded = Recorded(record, client, hooks.book)
        models = {
            name: ModelProposer(
                name,
                config.models[name],
                family,
                recorded,
                told,
                informal,
                hooks.check,
                notes,
                hooks.shown,
            )  # fmt: skip
            for name, family in families.items()
        }
        provers: dict[str, Prover] = {"portfolio": portfolio(config, retrieve), **models}
        decomposers: dict[str, Decomposer] = {"structural": Structural(retrieve), **models}
        return Proposers(
            [*(provers[name] for name in config.prover), *steps(config)],
            [decomposers[name] for name in config.decomposer if name != "none"],
        )

    return make


def check_roles(config: RunConfig, families: Mapping[str, Family]) -> None:
    for key, names, roles in (
        ("prover", config.prover, ("prover", "tactic")),
        ("decomposer", config.decomposer, ("decomposer",)),
    ):
        for name in names:
            if name in families and families[name].role not in roles:
                raise UserError(
                    f"{key}: the family {families[name].name} of the model {name} is one for a"
                    f" {families[name].role}; `prover models families` says which is for what"
                )


async def open_client(
    stack: AsyncExitStack,
    models: Mapping[str, ModelConfig],
    folder: Path,
    progress: Progress,
    replay: Path | None,
) -> Client:
    """The models themselves, or the record of the run to replay."""
    if replay is not None:
        return Recorded(stack.enter_context(Record(replay / SAMPLES, writable=False)), None)
    servers = await stack.enter_async_context(serving(models, progress, folder / "logs"))
    urls = {n: [servers[n].url] if n in servers else model.urls for n, model in models.items()}
    revive = {name: server.restart for name, server in servers.items()}
    return await stack.enter_async_context(OpenAIClient(models, urls, revive))
