"""What a held-out problem must not share with anything that is learnt from; pure.

Two problems are the same if they have one canonical key under one header, or one text once the
header's definitions and the statement's variables are numbered: a definition that is called `g`
instead of `f` makes no other problem, and canonical keys tell the two apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from prover.data.tokens import plain, tokens
from prover.lean import source
from prover.playground.made import Made
from prover.training.rows import Row

DEFINED = re.compile(r"^\s*(?:@\[[^\]]*\]\s*)?(?:def|abbrev|inductive|structure)\s+([\w']+)", re.M)


def alike(header: str, statement: str) -> tuple[str, ...]:
    """Equal for statements that differ in names alone."""
    names = dict.fromkeys(DEFINED.findall(header))
    numbers = {name: f"d{i}" for i, name in enumerate(names)}

    def numbered(token: str) -> str:
        head, dot, rest = token.partition(".")
        return numbers.get(head, head) + dot + rest

    return tuple(map(numbered, [*plain(source.mask(header)), *tokens(statement)]))


def apart(rows: Iterable[Row], held_out: Sequence[Made]) -> tuple[list[Row], int]:
    """Rows without those of a held-out problem, or of a problem that is one; how many went."""
    rows = list(rows)
    keys = {(m.problem.header.strip(), m.key) for m in held_out}
    texts = {alike(m.problem.header, m.problem.statement) for m in held_out}

    def is_held_out(row: Row) -> bool:
        known = (row.header.strip(), row.key) in keys
        return known or alike(row.header, row.statement) in texts

    given = {row.problem for row in rows if row.goal == row.problem and is_held_out(row)}
    kept = [row for row in rows if row.problem not in given and not is_held_out(row)]
    return kept, len(rows) - len(kept)
