"""Where a native Lean's parts lie, as `lake` and `lean` themselves say.

`lake` and elan's `lean` are asked once, before any candidate is seen, since both may download,
compile a lakefile or lock files; what serves candidates is the toolchain's own `lean`, which needs
nothing but its folder and LEAN_PATH and so can live where nothing is writable.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from prover.errors import SetupError
from prover.lean import commands, confine

ASK_SECONDS = 600.0
"""elan may have to fetch the toolchain, lake its packages."""
OWN_ENV = ("PATH", "HOME", "ELAN_HOME", "ELAN_TOOLCHAIN", "TMPDIR", "LANG")
"""What an unconfined Lean gets of our environment."""


@dataclass(frozen=True)
class Parts:
    prefix: Path
    """The toolchain's folder: `bin/lean`, `lib/lean`."""
    lean_path: tuple[Path, ...]
    """Folders of compiled modules, besides the toolchain's own."""
    project: Path | None
    """The lake project, if there is one."""

    @property
    def lean(self) -> Path:
        return self.prefix / "bin" / "lean"

    def readable(self) -> tuple[Path, ...]:
        project = (self.project,) if self.project else ()
        return (self.prefix, *project, *self.lean_path)

    def env(self, confined: bool, *more: Path) -> dict[str, str]:
        """The whole environment of a Lean; `more` are further folders of compiled modules."""
        folders = os.pathsep.join(map(str, (*self.lean_path, *more)))
        path = {"LEAN_PATH": folders} if folders else {}
        if confined:
            own = {"HOME": confine.HOME, "TMPDIR": "/tmp", "LANG": "C.UTF-8"}
        else:
            own = {name: os.environ[name] for name in OWN_ENV if name in os.environ}
        search = f"{self.prefix / 'bin'}{os.pathsep}{own.get('PATH', confine.PATH)}"
        return {**own, "PATH": search, **path}


def program(project: str) -> Path | None:
    """A project needs `lake` for its libraries; without one `lean` alone will do."""
    found = shutil.which("lake" if project else "lean")
    return Path(found) if found else None


def resolve(program: Path, project: Path | None) -> Parts:
    """Ask for the toolchain's folder and the project's LEAN_PATH.

    Raises SetupError with the tool's own last words if it cannot say.
    """
    through = [str(program), "env", "lean"] if project else [str(program)]
    prefix = Path(_answer([*through, "--print-prefix"], project))
    if not (prefix / "bin" / "lean").is_file():
        raise SetupError(f"`lean --print-prefix` says {prefix}, where there is no bin/lean")
    if project is None:
        listed = os.environ.get("LEAN_PATH", "")
    else:
        listed = _answer([str(program), "env", "printenv", "LEAN_PATH"], project)
    base = project or Path.cwd()
    folders = ((base / folder).resolve() for folder in listed.split(os.pathsep) if folder)
    return Parts(prefix, tuple(folder for folder in folders if folder.is_dir()), project)


def _answer(argv: list[str], cwd: Path | None) -> str:
    """The last line of what a command prints; lake may speak of other things before."""
    done = commands.run_now(argv, os.environ, cwd, ASK_SECONDS)
    lines = done.out.strip().splitlines()
    if done.code != 0 or not lines:
        raise SetupError(f"`{' '.join(argv)}` does not say where Lean is ({done.said})")
    return lines[-1].strip()
