"""A model that there is, made ready to be trained: as a whole, or by adapters (LoRA, DoRA).

LoRA: Hu et al. 2021, arXiv 2106.09685. DoRA: Liu et al. 2024, arXiv 2402.09353. A finished
adapter is merged into its base: vLLM serves no DoRA, and a merged model is served like any other.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prover.errors import UserError, boundary
from prover.training.settings import ADAPTER, Method

RANK = 8
"""Of an adapter's matrices; all linear layers have one."""


def load(folder: str, method: Method, device: str) -> tuple[Any, Any]:
    """The base with its adapter, and its tokenizer. Raises UserError if it cannot be read."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    half = device == "cuda" and method != "full"
    with boundary(UserError, f"the model in {folder} cannot be loaded"):
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.bfloat16 if half else torch.float32, local_files_only=True
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return adapted(model, method), tokenizer


def adapted(model: Any, method: Method) -> Any:
    if method == "full":
        return model
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=RANK,
        lora_alpha=2 * RANK,
        target_modules="all-linear",
        use_dora=method == "dora",
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def merged(model: Any, folder: Path) -> Any:
    """The model without adapters; the adapter alone is kept in the folder too."""
    if not hasattr(model, "merge_and_unload"):
        return model
    model.save_pretrained(folder / ADAPTER)
    return model.merge_and_unload()
