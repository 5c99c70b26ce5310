"""A training from rows to a folder that a server can serve."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Any

import yaml

from prover.digest import sha256
from prover.errors import UserError
from prover.store import write_atomic
from prover.training import finetune, loop, picture, rows, scratch
from prover.training.rows import Split
from prover.training.settings import (
    CHECKPOINTS,
    ROWS,
    Settings,
    read_record,
    require,
    settings_of,
    versions,
    write_record,
)

MODEL = "model.yaml"


def start(
    found: Split,
    settings: Settings,
    folder: Path,
    progress: loop.Progress,
    selection: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Train on the rows; returns the record. Raises UserError or SetupError before any work.

    `selection`: how the rows were chosen (`selecting.choosing.Chosen.record`), for the record.
    """
    settings.checked()
    require()
    if not found.train:
        raise UserError("there is nothing to learn from: no training row is left")
    if folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder} is not empty: name another folder, or go on with --resume")
    text = rows.dump([*found.train, *found.held_out])
    write_atomic(folder / ROWS, text)
    begun = {"settings": asdict(settings), "left_out": found.left_out, "finished": False}
    chosen = {"selection": dict(selection)} if selection else {}
    write_record(folder, **begun, rows_sha256=sha256(text), **chosen)
    return run(found, settings, folder, progress)


def resume(folder: Path, progress: loop.Progress) -> dict[str, Any]:
    """Go on with a training that was stopped, with the rows and settings that it began with."""
    record = read_record(folder)
    require()
    if record["finished"]:
        raise UserError(f"the training in {folder} is finished")
    every = rows.parse((folder / ROWS).read_text(encoding="utf-8"), str(folder / ROWS))
    train = tuple(row for row in every if not row.held_out)
    held_out = tuple(row for row in every if row.held_out)
    found = Split(train, held_out, int(record["left_out"]))
    return run(found, settings_of(record).checked(), folder, progress)


def run(found: Split, settings: Settings, folder: Path, progress: loop.Progress) -> dict[str, Any]:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    began = time.monotonic()
    progress("loading the libraries", 0, 0)
    threads, device = loop.use_cores(), loop.device()
    model, tokenizer = prepared(found, settings, device)
    train = loop.encoded(found.train, tokenizer, settings.context)
    held_out = loop.encoded(found.held_out, tokenizer, settings.context)
    if not train:
        raise UserError(f"no row fits into {settings.context} tokens")
    facts = {
        "device": device,
        "threads": threads,
        "parameters": sum(p.numel() for p in model.parameters()),
        "trainable": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "vocabulary": len(tokenizer),
        "rows": {"train": len(train), "held_out": len(held_out)},
        "too_long": len(found.train) + len(found.held_out) - len(train) - len(held_out),
        "versions": versions(),
        "python": sys.version.split()[0],
    }
    write_record(folder, **facts)
    model, losses = loop.fit(model, tokenizer, train, held_out, settings, folder, progress)
    progress("writing the model", 0, 0)
    scratch.save(finetune.merged(model, folder), tokenizer, folder)
    corrections = any(row.failed for row in found.train)
    last_pass = loop.per_epoch(settings, len(train))
    return finish(
        folder, settings.context, corrections, losses, last_pass, time.monotonic() - began
    )


def prepared(found: Split, settings: Settings, device: str) -> tuple[Any, Any]:
    """Model and tokenizer, from scratch (held-out rows unseen by the tokenizer too) or a base."""
    if settings.random_base:
        texts = [row.prompt + row.completion for row in found.train]
        return scratch.build(texts, settings.context, settings.seed)
    from transformers import set_seed

    set_seed(settings.seed)  # an adapter begins with random numbers
    return finetune.load(settings.base, settings.method, device)


def finish(
    folder: Path,
    context: int,
    corrections: bool,
    losses: list[dict[str, Any]],
    last_pass: int,
    seconds: float,
) -> dict[str, Any]:
    """The last checkpoints go: the folder is the model's now, with what is known of it.

    `last_pass` is how many steps see every row once: a single one has the loss of its rows alone.
    """
    picture.draw(losses, folder / "losses.png")
    write_atomic(folder / MODEL, snippet(folder, context, corrections))
    shutil.rmtree(folder / CHECKPOINTS)
    held_out = [line["held_out_loss"] for line in losses if "held_out_loss" in line]
    train = [line["loss"] for line in losses if "loss" in line]
    return write_record(
        folder,
        finished=True,
        steps=losses[-1]["step"],
        loss={"first": train[0], "last": fmean(train[-last_pass:])},
        held_out_loss={"first": held_out[0], "last": held_out[-1]} if held_out else None,
        seconds=round(seconds, 1),
        memory_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        gpu_memory_mb=gpu_memory_mb(),
    )


def gpu_memory_mb() -> int:
    import torch

    return round(torch.cuda.max_memory_allocated() / 2**20) if torch.cuda.is_available() else 0


def snippet(folder: Path, context: int, corrections: bool) -> str:
    """What a run's configuration needs to ask this model first, and the portfolio after it."""
    return yaml.safe_dump(
        {
            "models": {"tiny": section(folder, context, corrections)},
            "prover": ["tiny", "portfolio"],
        },
        sort_keys=False,
    )


def section(folder: Path, context: int, corrections: bool) -> dict[str, Any]:
    """A model that has seen no correction is asked for none."""
    serve = {"model": str(folder.resolve()), "max_model_len": context}
    effort = {} if corrections else {"effort": {"corrections": 0}}
    return {"family": rows.FAMILY, "serve": serve, **effort}
