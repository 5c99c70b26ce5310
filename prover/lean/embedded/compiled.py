"""The code that V8 has compiled of lean.wasm, kept for later starts (host/code.cjs).

Lean is usable without it, only slower at each start, so it is made when there is an image and
whoever waits for Lean has it. One file, put in place at once; the caller's lock keeps two makers
apart, and who is cut off leaves none.
"""

from __future__ import annotations

import os
from pathlib import Path

from prover.errors import SetupError
from prover.lean.embedded.install import temporary
from prover.lean.embedded.node import at_work, node_version, v8_flags, wait, writing
from prover.lean.embedded.places import Progress, setup_errors

EXPECTED_SECONDS = 30.0
"""What making it takes, about."""
LOWEST_PRIORITY = 19
"""For `nice`: nobody waits for it."""


def file(installation: Path) -> Path:
    """As in host/code.cjs."""
    return installation / f"code-{node_version()}.bin"


def exists(installation: Path) -> bool:
    return file(installation).is_file()


def ensure(installation: Path, image: Path, progress: Progress) -> None:
    """Ask the image's Lean a bit of everything and keep the code, unless there is some.

    The caller holds `install.lock()`. Raises SetupError, and whatever `progress` raises to stop it.
    """
    if exists(installation):
        return
    kept = file(installation)
    with (
        setup_errors(f"keep compiled code in {installation}"),
        temporary(installation.parent) as target,
    ):
        argv = writing(v8_flags(), target, "keep_code.cjs", installation, image, target)
        with at_work(argv) as process:
            os.setpriority(os.PRIO_PROCESS, process.pid, LOWEST_PRIORITY)
            wait(process, progress, "compiling Lean", EXPECTED_SECONDS)
        if process.returncode != 0:
            raise SetupError("Lean ended before its compiled code was kept")
        os.replace(target / kept.name, kept)
