"""A statement as tokens that do not depend on names: what near duplicates and overlaps count by."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.errors import UserError
from prover.lean import source

TOKEN = re.compile(r"[^\W\d][\w.'!?₀-₉]*|\d+(?:\.\d+)?|[^\s\w]")
BINDER = re.compile(r"[({⦃\[]\s*([^(){}\[\]⦃⦄:]+?)\s*:(?!=)")
QUANTIFIED = re.compile(r"[∀∃λ]\s*([^,:∈<>≤≥=(]+?)\s*[,:∈<>≤≥=]")
PUNCTUATION = frozenset("(){}[]⦃⦄⟨⟩,:;.")
"""Left out: every statement has the same."""


def tokens(statement: str) -> tuple[str, ...]:
    """Without the theorem's name and punctuation; what it binds is numbered as it first occurs."""
    text = bare(source.mask(statement))
    bound = {name for pattern in (BINDER, QUANTIFIED) for found in pattern.findall(text)
             for name in found.split()}  # fmt: skip
    numbers: dict[str, str] = {}
    return tuple(renamed(token, bound, numbers) for token in plain(text))


def bare(statement: str) -> str:
    try:
        return " : ".join(source.signature(statement))
    except UserError:  # no `:` in it; nothing is lost
        return statement


def plain(text: str) -> Iterator[str]:
    return (token for token in TOKEN.findall(text) if token not in PUNCTUATION)


def renamed(token: str, bound: set[str], numbers: dict[str, str]) -> str:
    head, dot, rest = token.partition(".")
    if head not in bound:
        return token
    return numbers.setdefault(head, f"v{len(numbers)}") + dot + rest


def grams(found: tuple[str, ...], size: int) -> set[tuple[str, ...]]:
    return {found[i : i + size] for i in range(len(found) - size + 1)}
