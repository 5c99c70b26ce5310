"""What a file that somebody wrote comes to: a candidate for the problem, or why it is none. Pure.

The statement judged is always the trusted one, so of the file's own theorem only the proof counts.
"""

from __future__ import annotations

import re
from typing import Any

from prover.lean import source
from prover.lean.protocol import Reply
from prover.types import Candidate, Goal, Lemma, Place, Split, SplitTheorem, Verdict


def candidate_of(split: Split, goal: Goal, by: str) -> Candidate | Verdict:
    """The file's proof with the lemmas above it, or a rejection with its place in the file."""
    if split.target is None:
        return nothing(split)
    target = split.theorems[split.target]
    if target.error is not None:
        return rejected("parse", target.error.text, target.error.line, target.error.column)
    for lemma in split.theorems[: split.target]:
        if lemma.error is not None and lemma.name in words(target.body):
            said = f"lemma {lemma.name}: {lemma.error.text}"
            return rejected("parse", said, lemma.error.line, lemma.error.column)
    taken = {target.name, *(match["name"] for match in source.theorems(goal.statement))}
    above = [x for x in split.theorems[: split.target] if x.name not in taken and x.error is None]
    for theorem in (*above, target):
        if theorem.sorry:
            said = f"`sorry` in the proof of {theorem.name or 'the example'}"
            return rejected("gate", said, theorem.line, theorem.column)
    lemmas = tuple(Lemma(x.statement, x.body, (x.line, x.column)) for x in above)
    return Candidate(target.body, by, lemmas)


def words(body: str) -> set[str]:
    """What may be a name in it; one in a comment or a string does no harm."""
    return set(re.findall(r"[^\s()\[\]{}⟨⟩,;:@]+", body))


def nothing(split: Split) -> Verdict:
    """Why a file without a theorem has none: the first fault in it."""
    if split.error is not None:
        said = f"there is no theorem in it: {split.error.text}"
        return rejected("parse", said, split.error.line, split.error.column)
    if split.refused:
        first = split.refused[0]
        return rejected("gate", f"`{first.kind}`: {first.text}", first.line, first.column)
    return rejected("parse", "there is no theorem in it", 1, 0)


def rejected(kind: str, reason: str, line: int, column: int) -> Verdict:
    return Verdict("rejected", reason, kind, line, column)


def beginning(verdict: Verdict, lemmas: tuple[Lemma, ...], own: tuple[int, int]) -> tuple[int, int]:
    """Where in a file the body begins that a verdict's place is in: a lemma's, if that failed."""
    for lemma in lemmas:
        if verdict.reason.startswith(f"lemma {source.theorems(lemma.statement)[0]['name']}:"):
            return lemma.at
    return own


def in_code(at: tuple[int, int], line: int, column: int) -> tuple[int, int]:
    """A body's line and column -> those of the code in which it begins at `at`."""
    first = max(line, 1)
    return at[0] + first - 1, column + at[1] if first == 1 else column


def read_split(reply: Reply) -> Split:
    """The driver's reply to `split` as a value."""
    return Split(
        tuple(theorem(data) for data in reply["theorems"]),
        reply["target"],
        tuple(place(data, "why") for data in reply["refused"]),
        tuple(place(data, "text") for data in reply["skipped"]),
        error(reply["error"]),
    )


def theorem(data: dict[str, Any]) -> SplitTheorem:
    return SplitTheorem(**{**data, "error": error(data["error"])})


def error(data: dict[str, Any] | None) -> Place | None:
    return place(data, "text") if data else None


def place(data: dict[str, Any], said: str) -> Place:
    text = " ".join(data[said].split())
    return Place(data["line"], data["column"], text, data.get("kind", ""))
