"""The loss of a row under a model that is named: nats for each token of the answer (extra `train`).

Low: the model knows it already; high: it can make nothing of it, as in selection by in-distribution
probability (GRAPE, arXiv 2502.04194).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prover.errors import SetupError, UserError


def require() -> None:
    """Raise SetupError unless a model can be loaded."""
    missing = [name for name in ("torch", "transformers") if not importlib.util.find_spec(name)]
    if missing:
        raise SetupError(f"--model needs {', '.join(missing)}: pip install '.[train]'")


def texts(shaped: Mapping[str, Any] | None) -> tuple[Any, str]:
    """Question and answer of a row in TRL's shape."""
    if shaped is None:
        return "", ""
    answer = shaped.get("completion", shaped.get("chosen", ""))
    return shaped["prompt"], answer if isinstance(answer, str) else answer[-1]["content"]


def losses(model: str, pairs: Iterable[tuple[Any, str]]) -> Iterator[float | None]:
    """In the order of the pairs; None for one without an answer or too long for the model.

    Raises UserError if the folder holds no model.
    """
    require()
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(model)
        loaded = AutoModelForCausalLM.from_pretrained(model).eval()
    except (OSError, ValueError) as exc:
        raise UserError(f"--model {model} holds no model: {exc}") from exc
    longest = int(getattr(loaded.config, "max_position_embeddings", 0) or 1 << 30)
    for prompt, answer in pairs:
        asked = tokenizer(flat(tokenizer, prompt))["input_ids"]
        said = tokenizer(answer, add_special_tokens=False)["input_ids"]
        if not asked or not said or len(asked) + len(said) > longest:
            yield None
            continue
        ids = torch.tensor([asked + said])
        labels = torch.tensor([[-100] * len(asked) + said])
        with torch.no_grad():
            yield float(loaded(input_ids=ids, labels=labels).loss)


def flat(tokenizer: Any, prompt: Any) -> str:
    """A chat as the model's template has it, or its turns one below the other."""
    if isinstance(prompt, str):
        return prompt
    if tokenizer.chat_template:
        return str(
            tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True)
        )
    return "\n\n".join(turn["content"] for turn in prompt) + "\n\n"
