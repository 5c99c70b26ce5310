"""The training itself: supervised fine-tuning by TRL, with checkpoints it can go on from.

The loss is that of the completion alone. Prompt and completion have their tokens apart, since a
server sees the prompt alone: a token across the border would never be met there.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from prover.store import write_atomic
from prover.training.rows import Row, family
from prover.training.settings import CHECKPOINTS, LOSSES, Settings
from prover.training.shuffles import shuffles
from prover.training.weighted import weighted_trainer

Progress = Callable[[str, float, float], None]
"""What is under way in words, steps done, steps in all."""

SAVES = 10
"""Checkpoints and measurements on held-out rows in the course of a training."""


def device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def use_cores() -> int:
    """One thread unless OMP_NUM_THREADS says more; returns how many.

    A small model gains little from a second core, and where other processes want it, threads that
    wait for one another make a training ten times slower.
    """
    import torch

    threads = int(os.environ.get("OMP_NUM_THREADS") or 1)
    torch.set_num_threads(threads)
    return threads


Encoded = dict[str, Any]
"""`input_ids`, `completion_mask`, and `weight` where rows differ in it."""


def encoded(rows: Sequence[Row], tokenizer: Any, context: int) -> list[Encoded]:
    """Token ids of each row that fits, a mask of those that count, and the row's weight unless all
    weigh 1.

    An answer longer than a server would let it become is of no use and left out too.
    """
    weighted = any(row.weight != 1 for row in rows)
    longest = family().sampling.max_tokens
    found: list[Encoded] = []
    for row in rows:
        prompt = tokenizer(row.prompt)["input_ids"]
        answer = tokenizer(row.completion, add_special_tokens=False)["input_ids"]
        answer = [*answer, tokenizer.eos_token_id]
        if len(prompt) + len(answer) <= context and len(answer) <= longest:
            mask = [0] * len(prompt) + counted(row, tokenizer, len(answer))
            weight = {"weight": row.weight} if weighted else {}
            found.append({"input_ids": [*prompt, *answer], "completion_mask": mask, **weight})
    return [each for each in found if 1 in each["completion_mask"]]


def counted(row: Row, tokenizer: Any, tokens: int) -> list[int]:
    """For each token of the answer whether it is learnt."""
    if not row.masked:
        return [1] * tokens
    _, spans = answered(tokenizer, row.completion)
    return [int(not any(a < end and start < b for start, end in row.masked)) for a, b in spans]


def answered(tokenizer: Any, completion: str) -> tuple[list[int], list[tuple[int, int]]]:
    """Tokens of a completion and its end, and the characters where they stand: the end has the
    place behind the last."""
    found = tokenizer(completion, add_special_tokens=False, return_offsets_mapping=True)
    spans = [(int(start), int(end)) for start, end in found["offset_mapping"]]
    behind = len(completion), len(completion) + 1
    return [*found["input_ids"], tokenizer.eos_token_id], [*spans, behind]


def fit(
    model: Any,
    tokenizer: Any,
    train: Sequence[Encoded],
    held_out: Sequence[Encoded],
    settings: Settings,
    folder: Path,
    progress: Progress,
) -> tuple[Any, list[dict[str, Any]]]:
    """Train from the last whole checkpoint in the folder, or from the beginning.

    Returns the trained model and its history of losses, which `losses.jsonl` holds too.
    """
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import SFTTrainer

    steps = total_steps(settings, len(train))
    begun = last_checkpoint(folder / CHECKPOINTS)
    with quiet():
        kind = weighted_trainer() if any("weight" in each for each in train) else SFTTrainer
        trainer = kind(
            model=model,
            args=arguments(settings, steps, folder, bool(held_out), begun),
            train_dataset=Dataset.from_list(list(train)),
            eval_dataset=Dataset.from_list(list(held_out)) if held_out else None,
            processing_class=tokenizer,
            callbacks=[
                reporter(folder, progress),
                shuffles(per_epoch(settings, len(train))),
            ],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train(resume_from_checkpoint=begun)
    return trainer.model, write_losses(folder, trainer.state.log_history)


def total_steps(settings: Settings, rows: int) -> int:
    return settings.steps or max(1, round(settings.epochs * per_epoch(settings, rows)))


def per_epoch(settings: Settings, rows: int) -> int:
    """Steps of one pass over the rows."""
    return -(-rows // settings.batch)


def arguments(
    settings: Settings, steps: int, folder: Path, measured: bool, begun: str | None
) -> Any:
    from trl import SFTConfig

    every = max(1, steps // SAVES)
    on_gpu = device() == "cuda"
    return SFTConfig(
        output_dir=str(folder / CHECKPOINTS),
        max_steps=steps,
        per_device_train_batch_size=settings.batch,
        per_device_eval_batch_size=settings.batch,
        learning_rate=settings.peak_rate,
        lr_scheduler_type="cosine",
        warmup_steps=max(1, steps // 20),
        weight_decay=0.1,
        seed=settings.seed,
        data_seed=settings.seed,
        use_cpu=not on_gpu,
        bf16=on_gpu and not settings.random_base,
        dataloader_pin_memory=on_gpu,
        gradient_checkpointing=on_gpu and not settings.random_base,
        train_sampling_strategy="group_by_length",
        completion_only_loss=True,
        max_length=settings.context,
        logging_steps=1,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        eval_strategy="steps" if measured else "no",
        eval_steps=every,
        eval_on_start=measured and not begun,
        report_to=[],
        disable_tqdm=True,
    )


def reporter(folder: Path, progress: Progress) -> Any:
    """Tells how far it is at each step, and writes the losses at each checkpoint."""
    from transformers import TrainerCallback

    class Reporter(TrainerCallback):  # type: ignore[misc]  # the library has no types
        def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            loss = next((x["loss"] for x in reversed(state.log_history) if "loss" in x), None)
            said = f"step {state.global_step} of {state.max_steps}"
            said += f", loss {loss:.3f}" if loss is not None else ""
            progress(said, state.global_step, state.max_steps)

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            write_losses(folder, state.log_history)

    return Reporter()


def write_losses(folder: Path, history: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One line a measurement: `loss` of a step's rows, `held_out_loss` of all held-out rows."""
    names = {"loss": "loss", "eval_loss": "held_out_loss", "learning_rate": "learning_rate"}
    lines = [
        {"step": entry["step"], **{names[k]: entry[k] for k in names if k in entry}}
        for entry in history
        if "loss" in entry or "eval_loss" in entry
    ]
    write_atomic(folder / LOSSES, "".join(json.dumps(line) + "\n" for line in lines))
    return lines


def last_checkpoint(folder: Path) -> str | None:
    """The newest whole one; those that a kill cut off are removed.

    The trainer writes the state last, so a checkpoint whose state can be read is whole.
    """
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    while found:
        newest = found.pop()
        try:
            json.loads((newest / "trainer_state.json").read_text(encoding="utf-8"))
            return str(newest)
        except (OSError, ValueError):
            shutil.rmtree(newest)
    return None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """The libraries' advice and warnings to developers are not for whoever trains."""
    import datasets
    import transformers

    datasets.disable_progress_bars()
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    logging.getLogger("accelerate").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
