"""The loss of rows that count unequally: sum_i w_i sum_t -log p(y_it) / number of tokens.

With all weights 1 this is the loss of TRL's trainer; then that one is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

WEIGHT = "weight"
IGNORED = -100
"""The label of a token that does not count, as torch and TRL have it."""


def weighted_trainer() -> Any:
    """TRL's trainer with this loss; rows without a weight have 1, as held-out rows have."""
    from trl import SFTTrainer

    class Weighted(SFTTrainer):  # type: ignore[misc]  # the library has no types
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            self.data_collator: Any = collated(self.data_collator)

        def _set_signature_columns_if_needed(self) -> None:
            """Other columns are taken out of the data."""
            super()._set_signature_columns_if_needed()
            if WEIGHT not in self._signature_columns:
                self._signature_columns.append(WEIGHT)

        def compute_loss(
            self,
            model: Any,
            inputs: dict[str, Any],
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            weights = inputs.pop(WEIGHT, None)
            if weights is None:
                return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            labels = inputs["labels"]
            given = {k: v for k, v in inputs.items() if k != "labels"}
            outputs = model(**given, use_cache=False)
            loss = weighed_loss(outputs.logits, labels, weights, num_items_in_batch)
            return (loss, outputs) if return_outputs else loss

    return Weighted


def collated(collate: Callable[[list[dict[str, Any]]], dict[str, Any]]) -> Any:
    def both(examples: list[dict[str, Any]]) -> dict[str, Any]:
        import torch

        found = collate([{k: v for k, v in x.items() if k != WEIGHT} for x in examples])
        if WEIGHT in examples[0]:
            found[WEIGHT] = torch.tensor([x[WEIGHT] for x in examples])
        return found

    return both


def weighed_loss(logits: Any, labels: Any, weights: Any, counted: Any) -> Any:
    """`counted`: the tokens of the whole batch that count; without, those of these rows."""
    from torch.nn.functional import cross_entropy

    wanted = labels[:, 1:]
    losses = cross_entropy(
        logits[:, :-1].float().transpose(1, 2), wanted, ignore_index=IGNORED, reduction="none"
    )
    tokens = (wanted != IGNORED).sum() if counted is None else counted
    return (losses * weights[:, None]).sum() / tokens
