"""`prover models up`, `check` and `families`: the servers of a configuration's models."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from prover import config as configuration
from prover.cli_output import DOWN, OK, data, data_json, display, error, note
from prover.cli_signals import Interrupted, run
from prover.config import ModelConfig
from prover.errors import UserError
from prover.llm import endpoints
from prover.llm.endpoints import Look
from prover.llm.family import families as family_names
from prover.llm.family import load_family
from prover.llm.serving import Server, serving

LOOK_SECONDS = 2.0
"""How often `up` looks whether its servers run."""


def up(config: Path, out: Path | None, as_json: bool, sets: list[str]) -> int:
    """Start the servers that a configuration names and keep them until Ctrl-C or SIGTERM."""
    loaded = configuration.load(config, sets)
    models = {name: model for name, model in loaded.models.items() if model.serve}
    if not models:
        raise UserError(f"{config} names no model with a `serve` section: nothing to start")
    folder = out or Path("runs") / f"models-{loaded.name}"
    try:
        run(keep_up(models, folder / "logs", as_json))
    except Interrupted:
        note("all servers are stopped")
    return OK


async def keep_up(models: Mapping[str, ModelConfig], logs: Path, as_json: bool) -> None:
    with display() as shown:
        async with serving(models, shown.server, logs) as servers:
            shown.still()
            tell(servers, as_json)
            note(f"logs: {logs}; Ctrl-C stops the servers")
            await watch(servers)


def tell(servers: Mapping[str, Server], as_json: bool) -> None:
    rows = [
        {"name": name, "url": server.url, "model": server.model, "log": str(server.log)}
        for name, server in servers.items()
    ]
    if as_json:
        data_json(rows)
        return
    for row in rows:
        data(f"{row['name']} {row['url']} {row['model']}")


async def watch(servers: Mapping[str, Server]) -> None:
    """For ever: what dies is started again."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        for server in servers.values():
            if not server.alive:
                note(f"the server of the model {server.name} ended; it is started again")
                await server.restart()
                note(f"{server.name} {server.url} is back")


def looks(config: Path, sets: Sequence[str] = ()) -> list[Look]:
    """Raises UserError if the configuration names no model."""
    models = configuration.load(config, list(sets)).models
    if not models:
        raise UserError(f"{config} names no models")
    return run(endpoints.look_at_all(models))


def check(config: Path, as_json: bool, sets: list[str]) -> int:
    """Ask every endpoint for one sample; DOWN unless all answer."""
    found = looks(config, sets)
    if as_json:
        data_json([asdict(look) for look in found])
    else:
        for look in found:
            data(f"{look.name:<14} {look.described()}")
    bad = [look for look in found if not look.ok]
    if bad:
        error(f"{len(bad)} of {len(found)} endpoints cannot be used")
    return DOWN if bad else OK


def families(as_json: bool) -> int:
    """Print the prompt formats and reply forms that `models.NAME.family` may be."""
    found = [load_family(name) for name in family_names()]
    if as_json:
        data_json([family.model_dump() for family in found])
        return OK
    for family in found:
        turns = ", correction turns" if family.correction else ""
        data(f"{family.name:<24} {family.role:<11} {family.mode}{turns}")
    return OK
