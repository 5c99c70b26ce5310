"""What a model says of rows, token by token: a forward pass for each (extra `train`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prover.data.losses import require
from prover.errors import UserError, boundary
from prover.selecting.facts import Likelihood
from prover.training.loop import answered
from prover.training.rows import Row


def likelihoods(folder: str, rows: Sequence[Row]) -> Iterator[Likelihood | None]:
    """In the order of the rows; None for one too long for the model. Prompt, completion and end
    token are put together as in a training.

    Raises UserError if the folder holds no model, SetupError without the libraries.
    """
    require()
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    device = "cuda" if torch.cuda.is_available() else "cpu"
    with boundary(UserError, f"the model in {folder} cannot be loaded"):
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    model = model.eval().to(device)
    longest = int(getattr(model.config, "max_position_embeddings", 0) or 1 << 30)
    for row in rows:
        prompt = tokenizer(row.prompt)["input_ids"]
        ids, spans = answered(tokenizer, row.completion)
        if not prompt or len(prompt) + len(ids) > longest:
            yield None
            continue
        with torch.no_grad():
            given = torch.tensor([[*prompt, *ids]], device=device)
            logits = model(input_ids=given).logits[0, len(prompt) - 1 : -1].float()
        said = torch.log_softmax(logits, dim=-1)
        chosen = said.gather(1, given[0, len(prompt) :, None])[:, 0]
        yield Likelihood(tuple(chosen.tolist()), tuple(spans))
