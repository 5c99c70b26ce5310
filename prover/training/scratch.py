"""A small transformer with random weights, and a tokenizer learnt from the rows.

Byte-level BPE (Sennrich et al. 2016, on bytes as in GPT-2), so that every text has tokens and comes
back from them unchanged. The model has Llama's architecture, which every server knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

PAD, EOS = "<pad>", "</s>"
VOCABULARY = 1024
"""Tokens at most: with a few hundred proofs more would each be seen once or twice."""

SHAPE = {
    "hidden_size": 128,
    "intermediate_size": 384,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
}
"""About a million weights: minutes on one core, and more than the project's own proofs can fill."""


def build(texts: Iterable[str], context: int, seed: int) -> tuple[Any, Any]:
    """Model and tokenizer; equal for equal texts and seed."""
    tokenizer = make_tokenizer(texts, context)
    return make_model(tokenizer, context, seed), tokenizer


def make_tokenizer(texts: Iterable[str], context: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[PAD, EOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        pad_token=PAD,
        eos_token=EOS,
        model_max_length=context,
        clean_up_tokenization_spaces=False,
    )


def make_model(tokenizer: Any, context: int, seed: int) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM, set_seed

    set_seed(seed)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            max_position_embeddings=context,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            tie_word_embeddings=True,
            **SHAPE,
        )
    )


def save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Weights, tokenizer and how to stop, as every server reads them."""
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
