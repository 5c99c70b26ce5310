"""`prover setup --native`: a lake project whose Mathlib is there, compiled, to be imported.

What is pinned lies in the project: the toolchain in lean-toolchain, the commits of Mathlib and of
its packages in lake-manifest.json. elan fetches the first, lake the sources, and Mathlib's own
`cache` the compiled modules. Each of them leaves alone what is there already.
"""

from __future__ import annotations

import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import Any, BinaryIO, cast

from prover.digest import sha256
from prover.errors import SetupError, UserError
from prover.lean import commands
from prover.lean.embedded import places
from prover.lean.embedded.places import setup_errors

PINS = ("lakefile.toml", "lean-toolchain", "lake-manifest.json")
FILES = (*PINS, "Ready.lean")
STAMP = Path(".lake") / "subgoal-prover.ready"
NEEDED_GB = 12
"""Toolchain and Mathlib, compressed and unpacked: others report 7 GB for `.lake` alone."""
REST_GB = 1
"""Where lake has fetched packages already."""
STEP_SECONDS = 3 * 3600.0
"""Of one step; on a machine for which there is no cache Mathlib is compiled, which takes longer."""
MOST_OUTPUT = 1 << 30
"""Bytes: the cache draws a line for every file."""
PROBE_URL = "https://github.com"
PROBE_SECONDS = 10.0
WHY = {
    "elan": "install it with `curl https://elan.lean-lang.org/elan-init.sh -sSf | sh`",
    "lake": "it comes with elan: put ~/.elan/bin on PATH",
    "lean": "it comes with elan: put ~/.elan/bin on PATH",
    "git": "lake fetches packages with it: install git",
    "curl": "Mathlib's cache is fetched with it: install curl",
}

Tell = Callable[[str], None]
"""Called with a line: the step that begins, or what its program writes."""


@dataclass(frozen=True)
class Step:
    what: str
    argv: tuple[str, ...]


def default_project() -> Path:
    """`lean_project/` of a checkout, else a folder of the user's cache."""
    packaged = places.lean_project()
    checkout = (packaged.parent / "pyproject.toml").is_file()
    return packaged if checkout else places.home() / "mathlib"


def lay(project: Path) -> None:
    """Copy the packaged project to a new or empty folder; one with a lakefile stays as it is.

    Raises UserError for a folder with something else in it, or a project without lean-toolchain.
    """
    if any((project / f"lakefile.{end}").is_file() for end in ("toml", "lean")):
        if not (project / "lean-toolchain").is_file():
            raise UserError(f"{project} has no lean-toolchain: write the Lean it wants into one")
        return
    if project.exists() and (
        not project.is_dir() or {p.name for p in project.iterdir()} - {*FILES}
    ):
        raise UserError(f"{project} is no lake project and not empty: name another folder")
    with setup_errors(f"write the lake project to {project}"):
        project.mkdir(parents=True, exist_ok=True)
        # The lakefile last: it makes the folder a project, so an interrupted copy is begun anew.
        for name in reversed(FILES):
            shutil.copyfile(places.lean_project() / name, project / name)


def toolchain(project: Path) -> str:
    return (project / "lean-toolchain").read_text(encoding="utf-8").strip()


def has_mathlib(project: Path) -> bool:
    """Without Mathlib among its packages there is no cache to be fetched."""
    files = (project / name for name in (*PINS, "lakefile.lean"))
    named = [path.read_text(encoding="utf-8") for path in files if path.is_file()]
    return any("mathlib" in text for text in named)


def lacks(folder: Path) -> list[str]:
    """What this machine lacks for the set-up, each in one sentence with what to do about it."""
    found = [
        f"there is no `{name}` on PATH: {cure}"
        for name, cure in WHY.items()
        if shutil.which(name) is None
    ]
    free = shutil.disk_usage(existing(folder)).free / 1e9
    needed = REST_GB if (folder / ".lake" / "packages").exists() else NEEDED_GB
    if free < needed:
        said = f"{existing(folder)} has {free:.1f} GB free and about {needed} are needed"
        found.append(f"{said}: make room, or name a folder elsewhere with --project")
    if why := unreachable():
        said = f"{PROBE_URL} cannot be reached ({why})"
        found.append(f"{said}: Lean and Mathlib come from there; behind a proxy set HTTPS_PROXY")
    return found


def existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def unreachable() -> str:
    """Why the network cannot be used; empty if it can. Proxies are those of the environment."""
    try:
        request = urllib.request.Request(PROBE_URL, method="HEAD")
        urllib.request.urlopen(request, timeout=PROBE_SECONDS).close()
    except urllib.error.HTTPError:
        return ""  # an answer is an answer
    except urllib.error.URLError as exc:
        return str(exc.reason)
    except OSError as exc:
        return str(exc)
    return ""


def steps(project: Path) -> list[Step]:
    """What makes a project ready, in order. `lake build` is what its own lakefile builds."""
    pin = toolchain(project)
    made = [Step(f"the toolchain {pin}", ("elan", "toolchain", "install", pin))]
    if has_mathlib(project):
        made.append(Step("Mathlib's compiled modules", ("lake", "exe", "cache", "get")))
    return [*made, Step("the project", ("lake", "build"))]


def pins(project: Path) -> str:
    present = (project / name for name in PINS)
    return sha256("\n".join(p.read_text(encoding="utf-8") for p in present if p.is_file()))


def ready(project: Path) -> bool:
    """All steps have been done for what is pinned now."""
    stamp = project / STAMP
    done = stamp.is_file() and stamp.read_text(encoding="utf-8").strip() == pins(project)
    return done and shutil.which("lake") is not None


async def prepare(project: Path, begin: Tell, tell: Tell) -> None:
    """Do all steps. Cancelled or failed, the next call goes on with what is there.

    Raises SetupError with the tool's own last words.
    """
    for step in steps(project):
        begin(f"{step.what}: {' '.join(step.argv)}")
        if not await there(step, project):
            await perform(step, project, tell)
    with setup_errors(f"write {project / STAMP}"):
        (project / STAMP).parent.mkdir(exist_ok=True)
        # lake may have written the manifest of a project that had none, so only now.
        (project / STAMP).write_text(pins(project) + "\n", encoding="utf-8")


async def perform(step: Step, project: Path, tell: Tell) -> None:
    command = " ".join(step.argv)
    lines = Lines(lambda line: tell(f"{command}: {line}"))
    merged = ("sh", "-c", 'exec "$@" 2>&1', "sh", *step.argv)  # lake tells its news on stderr
    sink = cast(BinaryIO, lines)
    done = await commands.run(
        merged, os.environ, project, STEP_SECONDS, sink=sink, most=MOST_OUTPUT
    )
    lines.write(b"\n")
    if done.code != 0:
        why = f"{done.said}: {lines.last}" if lines.last else done.said
        again = "run `prover setup --native` again to go on where it stopped"
        raise SetupError(f"`{command}` in {project} failed ({why[:400]}); {again}")


async def there(step: Step, project: Path) -> bool:
    """elan is asked first: some versions fail for a toolchain that they have."""
    if step.argv[0] != "elan":
        return False
    done = await commands.run(("elan", "toolchain", "list"), os.environ, project, 60.0)
    return step.argv[-1] in done.out.split()


class Lines(RawIOBase):
    """Passes a program's output on, line by line; `last` is the last one that says something."""

    def __init__(self, tell: Tell) -> None:
        self.last = ""
        self._tell = tell
        self._rest = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        *lines, self._rest = (self._rest + bytes(data)).replace(b"\r", b"\n").split(b"\n")
        for line in (raw.decode(errors="replace").strip() for raw in lines):
            if line:
                self.last = line
                self._tell(line)
        return len(data)
