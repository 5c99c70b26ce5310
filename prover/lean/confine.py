"""Confinement of a native Lean by bubblewrap: the command line, and whether it works here.

What bubblewrap's options do is in its manual, bwrap(1). A candidate may run code while it is
elaborated (see docs/confinement.md), so a native Lean is started where it can harm nothing: no
network, no other process, nothing writable but memory, of the disk only what it needs.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from prover.errors import SetupError
from prover.lean import commands

EMBEDDED = "wasm, no mounts, node permission model"
BUBBLEWRAP = "bubblewrap"
NONE = "none"
"""What an installation says of its confinement, and certificates after it."""

SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/nix/store")
"""What a dynamically linked program needs; those that exist are bound, read-only."""
HOME = "/home/lean"
PATH = "/usr/bin:/bin"

UNSHARE = ("user", "ipc", "pid", "net", "uts", "cgroup-try")
PROBE_SECONDS = 10.0
OTHERWISE = "set lean.confine=false to run candidates unconfined, which every certificate will say"
UNCONFINED = (
    "native Lean runs unconfined (lean.confine=false): a candidate can run programs, read your"
    " files and use the network; every certificate says so"
)


def command(
    bwrap: Path,
    argv: Sequence[str],
    env: Mapping[str, str],
    cwd: Path | str,
    readable: Iterable[Path] = (),
    writable: Iterable[Path] = (),
) -> list[str]:
    """`argv` as bubblewrap runs it, in a file system of its own, with exactly `env`.

    Every path keeps its name. `cwd` must be inside what is bound, or `/tmp`. Pure: nothing is
    looked at, a folder that is not there shows when bubblewrap starts.
    """
    return [
        str(bwrap),
        *(f"--unshare-{kind}" for kind in UNSHARE),
        *("--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *_each("--ro-bind-try", SYSTEM),
        *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", HOME),
        *_each("--ro-bind", _outermost(readable)),  # after /tmp: they may lie in it
        *_each("--bind", writable),
        *("--remount-ro", "/", "--chdir", str(cwd), "--clearenv"),
        *(word for name, value in env.items() for word in ("--setenv", name, value)),
        *("--", *argv),
    ]


def _each(option: str, paths: Iterable[Path | str]) -> list[str]:
    return [word for path in paths for word in (option, str(path), str(path))]


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """Sorted, without what lies inside another one: a folder is bound once."""
    kept: list[Path] = []
    for path in sorted(set(paths)):
        if not any(path.is_relative_to(other) for other in kept):
            kept.append(path)
    return kept


def find() -> tuple[Path | None, str]:
    """(bwrap, empty) if candidates can be confined here, else (None, why not)."""
    found = shutil.which("bwrap")
    if found is None:
        return None, "there is no `bwrap` on PATH"
    probe = command(Path(found), ["true"], {"PATH": PATH}, "/tmp")
    done = commands.run_now(probe, {}, None, PROBE_SECONDS)
    return (Path(found), "") if done.code == 0 else (None, f"`bwrap` does not work ({done.said})")


def require() -> Path:
    """Where bubblewrap is. Raises SetupError if nothing can be confined by it."""
    bwrap, trouble = find()
    if bwrap is None:
        cure = "let it make user namespaces" if "work" in trouble else "install bubblewrap"
        said = f"native Lean is confined by bubblewrap and {trouble}"
        raise SetupError(f"{said}; {cure}, or {OTHERWISE}")
    return bwrap
