"""What this layer is compared with: the package as published, a process a proof, a plain loop."""

from __future__ import annotations

import statistics
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import load
import psutil
import workload
from ours import MEMORY_MB

from prover.lean.embedded import image, install
from prover.lean.embedded.places import node
from prover.lean.pool import Pool
from prover.lean.process import LeanProcess, ProcessSpec
from prover.lean.toolchain import Installation

HERE = Path(__file__).parent
PUBLISHED_LIMIT = 900.0
PLAIN_MEMORY_MB = 8000.0


async def fresh_processes(spec: ProcessSpec) -> dict[str, float]:
    """A process of ours for each proof of the list: started, asked once, ended."""
    seconds = []
    for proof in workload.proofs():
        start = time.monotonic()
        async with LeanProcess(spec, MEMORY_MB) as process:
            reply = await process.ask("judge", proof.fields, load.LIMIT)
            assert reply.get("verdict") == "proved", (proof.name, reply)
        seconds.append(time.monotonic() - start)
    return {
        "checks": len(seconds),
        "per_second": len(seconds) / sum(seconds),
        "p50_ms": 1000 * statistics.median(seconds),
        "p90_ms": 1000 * load.quantile(seconds, 0.9),
    }


async def plain_loop(installation: Installation, seconds: float) -> dict[str, Any]:
    """Whole texts through a read-eval loop in one process of the same Lean, without an image."""
    script, file = HERE / "plain_loop.cjs", HERE / "plain_loop.lean"
    argv = (str(node()), *image.v8_flags(), str(script), str(installation.root))
    spec = ProcessSpec((*argv, str(file)), {}, None, ready_seconds=600)
    texts = [{"text": x.text, "body": x.fields["body"]} for x in workload.proofs()]
    start = time.monotonic()
    async with Pool(spec, 1, PLAIN_MEMORY_MB) as pool:
        await load.check(pool, {"text": f"{workload.STATEMENT} := {workload.omega(1)['body']}"})
        first_verdict = time.monotonic() - start
        await load.warm(pool, texts)
        sample = await load.steady(pool, texts, 1, seconds)
        return {"first_verdict_s": first_verdict, **sample.figures()}


@contextmanager
def published() -> Iterator[Path]:
    """The package's own folder, unpacked and otherwise untouched."""
    # As published, Lean sees nothing of the machine but /home and /tmp.
    with tempfile.TemporaryDirectory(prefix="lean-published-", dir="/tmp") as name:
        with tarfile.open(install.tarball()) as archive:
            archive.extractall(name, filter="data")
        package = Path(name) / "package"
        with tarfile.open(package / "lean-lib.tar.gz") as archive:
            archive.extractall(package / "lib", filter="data")
        yield package


def library(package: Path) -> Path:
    return next((package / "lib").rglob("Init.olean")).parent


def published_proof(package: Path) -> dict[str, Any]:
    """An omega proof by the published package: one process, one proof."""
    file = package.parent / "proof.lean"
    file.write_text(f"{workload.STATEMENT} := {workload.omega(1)['body']}\n")
    start, peak = time.monotonic(), 0
    process = subprocess.Popen(
        [str(node()), "lean.js", "--json", str(file)],
        cwd=package,
        env={"LEAN_PATH": str(library(package)), "HOME": str(package)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    with process:
        seen = psutil.Process(process.pid)
        while process.poll() is None and time.monotonic() - start < PUBLISHED_LIMIT:
            try:
                peak = max(peak, seen.memory_info().rss)
            except psutil.NoSuchProcess:
                break
            time.sleep(0.25)
        process.kill()
        text = process.stdout.read().decode(errors="replace") if process.stdout else ""
    seconds = time.monotonic() - start
    messages = [line for line in text.splitlines() if '"severity"' in line]
    return {
        "seconds": seconds,
        "per_second": 1 / seconds,
        "peak_resident_mb": peak / 1e6,
        "exit_code": process.returncode,
        "messages": messages[:5],
        "output_tail": text[-300:],
    }
