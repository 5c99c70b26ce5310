"""LoRA and DoRA adapters as peft saves them, and merging one into its base model.

A DoRA adapter (Liu et al. 2024, arXiv:2402.09353) scales directions by learned magnitudes; vLLM
does not serve it, so it is merged, by peft in a process of its own.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.digest import sha256
from prover.errors import SetupError, UserError
from prover.llm import guard

CONFIG = "adapter_config.json"
NO_PEFT = 9
"""The exit code of `merge.py` where peft or what it needs is missing."""


@dataclass(frozen=True)
class Adapter:
    folder: Path
    rank: int
    dora: bool


def read(name: str, folder: str | Path) -> Adapter:
    """Raises UserError if there is no adapter."""
    path = Path(folder).resolve()
    try:
        data = json.loads((path / CONFIG).read_text())
        return Adapter(path, int(data["r"]), bool(data.get("use_dora")))
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise UserError(
            f"the adapter {name!r} in {folder} cannot be read, {CONFIG} is missing or broken: {exc}"
        ) from exc


async def merged(base: str, adapter: Adapter, name: str, folder: Path, program: str) -> Path:
    """The base model with the adapter merged into it, made unless it is there already.

    `program` is the vLLM whose Python may have peft where ours has not. Raises SetupError.
    """
    target = folder / f"{name}-{identity(base, adapter)}"
    if target.is_dir():
        return target
    partial = target.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    script = str(Path(__file__).with_name("merge.py"))
    argv = [python(program), "-P", script, base, str(adapter.folder), str(partial)]
    code, said = await finish(argv)
    if code == NO_PEFT:
        raise SetupError(
            f"the DoRA adapter {name!r} has to be merged into its base model, and that needs peft:"
            f" pip install '.[train]' ({said})"
        )
    if code:
        raise SetupError(f"the adapter {name!r} could not be merged into {base}: {said}")
    os.replace(partial, target)
    return target


def identity(base: str, adapter: Adapter) -> str:
    """Changes with the adapter's files, so that a merged model is never an older one's."""
    files = sorted(path for path in adapter.folder.iterdir() if path.is_file())
    facts = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return sha256(json.dumps([base, str(adapter.folder), facts]))[:12]


def python(program: str) -> str:
    """An interpreter that has peft if there is one: ours, or the one beside vLLM."""
    beside = Path(program).with_name("python")
    if importlib.util.find_spec("peft") is None and beside.is_file():
        return str(beside)
    return sys.executable


async def finish(argv: Sequence[str]) -> tuple[int, str]:
    """Exit code and last line of a command that ends with us, whatever ends us."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", guard.__file__, "1", *argv,
        stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.STDOUT, start_new_session=True,
        env={**os.environ, "HF_HUB_DISABLE_TELEMETRY": "1"},
    )  # fmt: skip
    assert process.stdin and process.stdout
    try:
        out = await process.stdout.read()
    finally:
        process.stdin.close()
        await process.wait()
    lines = out.decode(errors="replace").split("\n")
    return process.returncode or 0, next((x.strip() for x in reversed(lines) if x.strip()), "")
