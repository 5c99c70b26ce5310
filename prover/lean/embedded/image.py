"""Memory images: the driver elaborated once, saved, and laid over memory at every later start."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover.errors import SetupError
from prover.lean.embedded import compiled
from prover.lean.embedded.driver import locate
from prover.lean.embedded.install import manifest, temporary
from prover.lean.embedded.node import (
    HURRIED_BUDGET,
    at_work,
    node_version,
    v8_flags,
    wait,
    writing,
)
from prover.lean.embedded.places import HOST, Progress, home, setup_errors

EXPECTED_SECONDS = 15.0
"""What a build takes, about."""
KEPT = 3
"""Images kept, so that two checkouts with different drivers do not evict one another."""

Message = dict[str, Any]
"""One message as Lean's `--json` prints it, with `file` and `line` of the driver's own source."""


@dataclass(frozen=True)
class Built:
    """What a build printed; `image` is None if it did not come to an image."""

    image: dict[str, Any] | None
    messages: list[Message]
    printed: list[str]
    """What was printed besides."""


def images() -> Path:
    return home() / "images"


def path(installation: Path, driver: str) -> Path:
    """Where the image of this Lean, driver, host and Node lies, or would lie."""
    data = manifest(installation) or {}
    parts = [json.dumps(data.get("sha256")), node_version(), driver]
    parts += [file.read_text() for file in sorted(HOST.glob("*.cjs"))]
    return images() / hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def exists(folder: Path) -> bool:
    return (folder / "image.json").is_file()


def ensure(installation: Path, driver: str, progress: Progress) -> Path:
    """The image's folder, built if it is not there. The caller holds `install.lock()`.

    Raises SetupError with Lean's first error if the driver does not compile.
    """
    folder = path(installation, driver)
    if not exists(folder):
        with setup_errors(f"build Lean's memory image in {images()}"):
            images().mkdir(parents=True, exist_ok=True)
            with temporary(images()) as target:
                built = build(installation, driver, target, progress)
                check(built)
                (target / "driver.lean").unlink()
                shutil.rmtree(folder, ignore_errors=True)
                os.rename(target, folder)
    os.utime(folder)
    sweep(folder)
    return folder


def check(built: Built) -> None:
    for message in built.messages:
        if message.get("severity") == "error":
            raise SetupError(
                f"the Lean driver does not compile: {message['file']}:{message['line']}:"
                f" {message.get('data')}"
            )
    if not built.image:
        words = " / ".join(built.printed[-20:])[-500:] or "no output"
        raise SetupError(f"Lean ended before its memory image was saved: {words}")


def build(installation: Path, driver: str, target: Path, progress: Progress) -> Built:
    """Compile `driver` and save `memory.bin` and `image.json` in `target`; see all messages."""
    source = target / "driver.lean"
    source.write_text(driver, encoding="utf-8")
    lines: list[dict[str, Any]] = []
    with at_work(command(installation, source, target)) as process:
        reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
        reader.start()
        wait(process, progress, "preparing Lean", EXPECTED_SECONDS)
        reader.join(5)
    built = next((line["built"] for line in lines if "built" in line), None)
    printed = [str(line["printed"]) for line in lines if "printed" in line]
    messages = [_located(line, driver) for line in lines if "severity" in line]
    return Built(built, messages, printed)


def command(installation: Path, source: Path, target: Path) -> list[str]:
    """argv that builds an image in `target` of the driver `source`."""
    found = compiled.exists(installation)
    flags = v8_flags() if found else v8_flags(HURRIED_BUDGET)
    return writing(flags, target, "build_image.cjs", installation, source, target)


def _read(process: subprocess.Popen[bytes], lines: list[dict[str, Any]]) -> None:
    """Collect the JSON lines; the program's own debug lines are no JSON and are passed over."""
    for raw in process.stdout or ():
        text = raw.decode(errors="replace").rstrip("\n")
        try:
            line = json.loads(text)
        except ValueError:
            line = {"printed": text}
        if isinstance(line, dict) and not str(line.get("printed", "")).startswith("[DEBUG:"):
            lines.append(line)


def _located(message: dict[str, Any], driver: str) -> Message:
    line = (message.get("pos") or {}).get("line", 0)
    file, own = locate(driver, line)
    return {**message, "file": file, "line": own}


def sweep(current: Path) -> None:
    """Keep the newest few; a process that serves a removed one holds its file open."""
    found = sorted(images().iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in [folder for folder in found if folder != current][KEPT - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)
