"""Which rows of a data set stay, and for what reason each of the others goes. Pure.

A row is judged by its mark, a few numbers and texts, so that all marks fit into memory where the
rows do not. The filters go over them one after the other, and a later one sees only what the
earlier ones have left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prover.data.kinds import STRATA, TEXT, stratum
from prover.data.overlap import Overlap
from prover.data.tokens import grams, tokens
from prover.errors import SetupError
from prover.training.rows import NEVER_TRAINED

PERMUTATIONS = 128
"""Of a MinHash, datasketch's default: the standard error of a similarity is 0.09 at most."""
SHINGLE = 3
"""Tokens that count as one for near duplicates."""


@dataclass(frozen=True)
class Mark:
    """What the selection knows of a row."""

    id: str
    unit: str
    """Rows that stay or go together when they are too many: all steps of one proof."""
    goal: str
    """Equal for rows of one canonical goal under one header."""
    statement: str
    key: str
    problem: str
    problem_statement: str
    problem_key: str
    split: str
    length: int
    """Characters of what is to be learnt."""
    weight: int
    """Characters of the whole proof that it is from."""
    stratum: str
    loss: float | None = None
    """Nats for each token, under the model that was named."""


@dataclass(frozen=True)
class Wanted:
    """What is asked for; the defaults leave out doubles and the split `test` alone."""

    per_statement: int = 4
    """Shortest proofs of one canonical goal that stay; 0 keeps all."""
    longest: int = 0
    """Characters; 0 is no limit."""
    near: float = 0.0
    """Jaccard similarity of statements from which on they are near duplicates; 0 looks for none."""
    strata: tuple[str, ...] = STRATA
    lowest_loss: float | None = None
    highest_loss: float | None = None
    overlap: Overlap | None = field(default=None, compare=False)


def mark(row: Mapping[str, Any], kind: str) -> Mark:
    proof, tried = str(row["proof"]), int(row["tried"])
    goal = str(row["key"]) or " ".join(tokens(str(row["statement"])))
    return Mark(
        id=str(row["id"]),
        unit=str(row.get("proof_id", row["id"])),
        goal=f"{str(row['header']).strip()}\n{goal}",
        statement=str(row["statement"]),
        key=str(row["key"]),
        problem=f"{row['run']}/{row['source_problem']}",
        problem_statement=str(row["problem_statement"]),
        problem_key=str(row["problem_key"]),
        split=str(row["split"]),
        length=len(str(row[TEXT[kind]])),
        weight=len(proof),
        stratum=stratum(int(row["proved"]) / tried) if tried else "",
    )


Filter = Callable[[Sequence[Mark], Wanted], Iterator[int]]
"""Places, among these marks, of those that go."""


def held_back(marks: Sequence[Mark], wanted: Wanted) -> Iterator[int]:
    return (i for i, m in enumerate(marks) if m.split == NEVER_TRAINED)


def benchmark(marks: Sequence[Mark], wanted: Wanted) -> Iterator[int]:
    """A lemma goes with its problem: it is a part of the benchmark's proof."""
    if wanted.overlap is None:
        return
    known: dict[tuple[str, str], bool] = {}

    def given_away(statement: str, key: str) -> bool:
        if (statement, key) not in known:
            known[statement, key] = bool(wanted.overlap and wanted.overlap.why(statement, key))
        return known[statement, key]

    for i, m in enumerate(marks):
        if given_away(m.problem_statement, m.problem_key) or given_away(m.statement, m.key):
            yield i


def too_long(marks: Sequence[Mark], wanted: Wanted) -> Iterator[int]:
    return (i for i, m in enumerate(marks) if wanted.longest and m.length > wanted.longest)


def difficulty(marks: Sequence[Mark], wanted: Wanted) -> Iterator[int]:
    """Of a row whose goal nothing was tried on, a lemma that came with a proof, nothing is known:
    it stays only if every stratum does."""
    every = set(wanted.strata) >= set(STRATA)
    return (i for i, m in enumerate(marks) if not every and m.stratum not in wanted.strata)


def loss(marks: Sequence[Mark], wanted: Wanted) -> Iterator[int]:
    """What the model knows already, and what it cannot make anything of."""
    for i, m in enumerate(marks):
        low = wanted.lowest_loss is not None and m.loss is not None and m.loss < wanted.lowest_loss
        high = (
            wanted.highest_loss is not None and m.loss is not None and m.loss > wanted.highest_loss
        )
        if low or high:
            yield i


def exact(marks: Sequence[Mark], wanted: Wanted) -> Iterator[int]:
    seen: set[str] = set()
    for i, m in enumerate(marks):
        if m.id in seen:
            yield i
        seen.add(m.id)


def longer(marks: Sequence[Mark], wanted: Wanted) -> Iterator[int]:
    """All but the shortest proofs of a canonical goal; of equally long ones the first stay."""
    if not wanted.per_statement:
        return
    units: dict[str, dict[str, tuple[int, int, int]]] = defaultdict(dict)
    for i, m in enumerate(marks):
        units[m.goal].setdefault(m.unit, (m.weight, m.length, i))
    kept = {
        goal: set(sorted(found, key=found.__getitem__)[: wanted.per_statement])
        for goal, found in units.items()
    }
    yield from (i for i, m in enumerate(marks) if m.unit not in kept[m.goal])


def near(marks: Sequence[Mark], wanted: Wanted) -> Iterator[int]:
    """Rows of statements that are nearly one met before, by MinHash over their tokens (datasketch).

    Raises SetupError without that library.
    """
    if not wanted.near:
        return
    try:
        from datasketch import MinHash, MinHashLSH
    except ImportError as exc:
        raise SetupError("--near needs datasketch: pip install '.[data]'") from exc
    index = MinHashLSH(threshold=wanted.near, num_perm=PERMUTATIONS)
    hashes: dict[str, Any] = {}
    goes: dict[str, bool] = {}
    for i, m in enumerate(marks):
        if m.goal not in goes:
            made = MinHash(num_perm=PERMUTATIONS)
            made.update_batch([" ".join(gram).encode() for gram in shingles(m.statement)])
            alike = [hashes[name].jaccard(made) for name in index.query(made)]
            goes[m.goal] = any(each >= wanted.near for each in alike)
            if not goes[m.goal]:
                hashes[m.goal] = made
                index.insert(m.goal, made)
        if goes[m.goal]:
            yield i


def shingles(statement: str) -> set[tuple[str, ...]]:
    found = tokens(statement)
    return grams(found, SHINGLE) or {found}


FILTERS: dict[str, Filter] = {
    "of a benchmark's split `test`": held_back,
    "gives a benchmark's statement away": benchmark,
    "too long": too_long,
    "of another difficulty": difficulty,
    "exact duplicate": exact,
    "over the cap for its goal, where the shortest stay": longer,
    "near duplicate of another statement": near,
    "loss out of bounds": loss,
}
"""By the reason that a card gives; in the order in which they are asked."""


def select(marks: Sequence[Mark], wanted: Wanted) -> dict[int, str]:
    """The reason for each place whose row goes."""
    dropped: dict[int, str] = {}
    for reason, chosen in FILTERS.items():
        places = [i for i in range(len(marks)) if i not in dropped]
        rest = [marks[i] for i in places]
        dropped.update({places[i]: reason for i in chosen(rest, wanted)})
    return dropped


def counted(dropped: Iterable[str]) -> dict[str, int]:
    """Every reason with its number, those without any too."""
    reasons = list(dropped)
    return {reason: reasons.count(reason) for reason in FILTERS}
