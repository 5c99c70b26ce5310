"""The order of rows in an epoch, the same again where a training goes on in the middle of one.

Trainer draws an epoch's order from torch's random numbers when the epoch begins, but what a
checkpoint keeps of them is how they stood when it was written: resumed in the middle of an epoch it
would shuffle anew and go on with rows that were seen already. So a checkpoint keeps, in the state
that is written last, how they stood when its epoch began as well.
"""

from __future__ import annotations

from typing import Any

NAME = "Shuffles"


def shuffles(steps_per_epoch: int) -> Any:
    import torch
    from transformers import TrainerCallback
    from transformers.trainer_callback import ExportableState

    def numbers() -> str:
        return bytes(torch.get_rng_state().tolist()).hex()

    class Shuffles(TrainerCallback, ExportableState):  # type: ignore[misc]  # no types there
        epoch = ""

        def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            """The first of a resumed training may be an epoch that had begun before."""
            kept = state.stateful_callbacks.get(NAME, {}).get("attributes", {})
            if state.global_step and not self.epoch and kept:
                within = state.global_step % steps_per_epoch
                text = kept["epoch" if within else "now"]
                torch.set_rng_state(torch.tensor(list(bytes.fromhex(text)), dtype=torch.uint8))
            self.epoch = numbers()

        def state(self) -> dict[str, Any]:
            return {"args": {}, "attributes": {"epoch": self.epoch, "now": numbers()}}

    return Shuffles()
