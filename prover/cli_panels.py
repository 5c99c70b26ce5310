"""Under which heading `prover --help` names each command."""

from __future__ import annotations

import typer

PANELS = {
    "To begin with": "setup doctor prove run resume status",
    "Runs": "serve report replay compare cache store library",
    "Proofs and statements": "check recheck audit lint premises repl trace",
    "Benchmarks and data": "bench export recycle",
    "Models": "models train",
    "The flywheel": "loop rounds playground mutate curriculum",
}


def arrange(app: typer.Typer) -> None:
    """Give every command, and every group of commands, its heading."""
    headings = {name: title for title, names in PANELS.items() for name in names.split()}
    for command in app.registered_commands:
        command.rich_help_panel = headings[name_of(command)]
    for group in app.registered_groups:
        group.rich_help_panel = headings[str(group.name)]


def name_of(command: typer.models.CommandInfo) -> str:
    said = command.name or getattr(command.callback, "__name__", "")
    return str(said).replace("_", "-")
