"""Merge an adapter into its base model: `merge.py BASE ADAPTER TARGET`.

A script of its own, since it loads a whole model and since the Python that has peft may be vLLM's.
Imports nothing of this package.
"""

from __future__ import annotations

import sys

NO_PEFT = 9


def merge(base: str, adapter: str, target: str) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(base, dtype="auto")
    model = PeftModel.from_pretrained(model, adapter).merge_and_unload()
    model.save_pretrained(target)
    AutoTokenizer.from_pretrained(base).save_pretrained(target)


if __name__ == "__main__":
    try:
        merge(*sys.argv[1:4])
    except ImportError as exc:
        print(exc)
        sys.exit(NO_PEFT)
