"""Memory images: the driver elaborated once, saved, and laid over memory at every later start."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from prover.errors import SetupError
from prover.lean.embedded.driver import locate
from prover.lean.embedded.install import manifest, temporary
from prover.lean.embedded.places import HOST, Progress, home, node, setup_errors

FIRST_SECONDS = 45.0
"""What a build takes, about, which compiles all code itself."""
NEXT_SECONDS = 15.0
"""What one takes that finds compiled code."""
TIMEOUT_SECONDS = 600.0
STACK_SHARE = 0.6
"""How much of the process's stack V8 may use: passing its own limit is a trap that the host
catches, passing the system's is a crash."""
STACK_MOST_KB = 12_000
"""V8's stack must be full before Lean's 16 MiB stack in linear memory is."""
THREAD_MARGIN_MB = 192 / 1024
"""What Node keeps of a thread's stack for itself; the rest is V8's."""
TIERING_BUDGET = 1_000_000
"""Bytes of code, about, that a function runs before V8 optimises it."""
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


@cache
def node_version() -> str:
    """Node's version: another V8 takes no compiled code back, so a new image is built for it."""
    with setup_errors("start Node"):
        out = subprocess.run([node(), "--version"], capture_output=True, text=True, check=False)
    return out.stdout.strip()


def v8_flags() -> list[str]:
    """The same for whoever compiles code and whoever takes it back."""
    return [
        # A function's code is validated when it is first called: most never are.
        "--wasm-lazy-validation",
        # The only way to keep compiled code (host/code.cjs).
        "--allow-natives-syntax",
        f"--wasm-tiering-budget={TIERING_BUDGET}",
        f"--stack-size={stack_kb()}",
    ]


def stack_kb() -> int:
    """KiB of V8's stack; its default of 984 ends many an honest `decide`."""
    soft, _ = resource.getrlimit(resource.RLIMIT_STACK)
    most = STACK_MOST_KB if soft == resource.RLIM_INFINITY else int(soft / 1024 * STACK_SHARE)
    return min(most, STACK_MOST_KB)


def exists(installation: Path, folder: Path) -> bool:
    """Whether the image is there, and the compiled code without which a start is slow."""
    return (folder / "image.json").is_file() and code_file(installation).is_file()


def code_file(installation: Path) -> Path:
    """As in host/code.cjs."""
    return installation / f"code-{node_version()}.bin"


def ensure(installation: Path, driver: str, progress: Progress) -> Path:
    """The image's folder, built if it is not there. The caller holds `install.lock()`.

    Raises SetupError with Lean's first error if the driver does not compile.
    """
    folder = path(installation, driver)
    if not exists(installation, folder):
        with setup_errors(f"build Lean's memory image in {images()}"):
            images().mkdir(parents=True, exist_ok=True)
            with temporary(images()) as target:
                built = build(installation, driver, target, progress)
                check(built)
                (target / "driver.lean").unlink()
                code = code_file(installation)
                if (target / code.name).is_file():
                    os.replace(target / code.name, code)
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
    with _process(command(installation, source, target)) as process:
        reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
        reader.start()
        _wait(
            process, progress, NEXT_SECONDS if code_file(installation).exists() else FIRST_SECONDS
        )
        reader.join(5)
    built = next((line["built"] for line in lines if "built" in line), None)
    printed = [str(line["printed"]) for line in lines if "printed" in line]
    messages = [_located(line, driver) for line in lines if "severity" in line]
    return Built(built, messages, printed)


def command(installation: Path, source: Path, target: Path) -> list[str]:
    """Node may read what it needs, write the image, and do nothing else."""
    return [
        *(str(node()), *v8_flags(), "--permission"),
        *(f"--allow-fs-read={folder}" for folder in (installation, HOST, target)),
        f"--allow-fs-write={target}",
        *(str(HOST / "build_image.cjs"), str(installation), str(source), str(target)),
    ]


@contextmanager
def _process(argv: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        argv, env={}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()


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


def _wait(process: subprocess.Popen[bytes], progress: Progress, expected: float) -> None:
    start = time.monotonic()
    while process.poll() is None:
        elapsed = time.monotonic() - start
        if elapsed > TIMEOUT_SECONDS:
            raise SetupError(
                f"Lean's memory image was not ready after {TIMEOUT_SECONDS:.0f} s;"
                " run `prover setup` again when the machine is less busy"
            )
        progress("preparing Lean", min(elapsed, expected * 0.99), expected)
        time.sleep(0.1)
    progress("preparing Lean", expected, expected)


def _located(message: dict[str, Any], driver: str) -> Message:
    line = (message.get("pos") or {}).get("line", 0)
    file, own = locate(driver, line)
    return {**message, "file": file, "line": own}


def sweep(current: Path) -> None:
    """Keep the newest few; a process that serves a removed one holds its file open."""
    found = sorted(images().iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in [folder for folder in found if folder != current][KEPT - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)
