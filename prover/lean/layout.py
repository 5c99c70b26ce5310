"""A proof body in the one form in which it is sent to Lean, and the way back to what was written.

Lean's parser compares columns with one another and asks whether blanks or a line end stand between
two tokens; it counts neither. So comments become as many blanks, blanks at the end of a line and
blank lines go, and lines move sideways only where no comparison of columns can come out otherwise:
all by the same number, or, below a first line that is just `by`, all of the others, as long as they
stay further right than it. Where a comment might be something else the body stays as it is: with a
string, a name in `«»` or a doc comment in it, and after a mark that may be part of a longer token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from prover.lean.source import blank, block_end

MARK = re.compile(r'--|/-|["«\t\r]')
SPLIT_CHAR = re.compile(r"' *\n[ \n]*'")
"""Less blanks could make this a character literal."""
BY_INDENT = 2


@dataclass(frozen=True)
class Layout:
    """A body in its one form. Lines count from 1, columns from 0 in code points, as Lean counts."""

    text: str
    rows: tuple[tuple[int, int], ...]
    """For each line of the text: its line in the original, and how much further right it is there.
    """
    end: tuple[int, int]
    """Where the original ends: what is missing is missing there."""

    def original(self, line: int, column: int) -> tuple[int, int]:
        """The place in the original of a place in the text; line 0 is no place and stays."""
        if line < 1:
            return line, column
        last = len(self.text) - self.text.rfind("\n") - 1
        if (line, column) >= (len(self.rows), last):
            return self.end
        number, shift = self.rows[line - 1]
        return number, max(0, column + shift)


def normal(body: str) -> Layout:
    """The body's one form: equal for bodies that differ in comments and layout only.

    Not for all that do: a change of indentation within the body is kept, since it may matter.
    """
    lines = body.split("\n")
    end = len(lines), len(lines[-1])
    plain = uncommented(body)
    if plain is None:
        return Layout(body, tuple((i, 0) for i in range(1, len(lines) + 1)), end)
    kept = [(i, line) for i, line in enumerate(plain.split("\n"), 1) if line]
    moves = shifts([line for _, line in kept])
    moved = [moved_by(line, move) for (_, line), move in zip(kept, moves, strict=True)]
    rows = tuple((i, -move) for (i, _), move in zip(kept, moves, strict=True))
    return Layout("\n".join(moved), rows, end)


def in_place(body: str) -> str:
    """The body without comments and blanks at line ends, each token where it was."""
    plain = uncommented(body)
    return body if plain is None else plain


def uncommented(body: str) -> str | None:
    """Comments and blanks at line ends left out, each token where it was; None if in doubt."""
    parts, last = [], 0
    while match := MARK.search(body, last):
        start = match.start()
        end = comment_end(body, start)
        if end is None or not (start == last or body[start - 1] in " \n"):
            return None
        parts += [body[last:start], blank(body[start:end])]
        last = end
    plain = "".join(parts) + body[last:]
    if SPLIT_CHAR.search(plain):
        return None
    return "\n".join(line.rstrip(" ") for line in plain.split("\n"))


def comment_end(body: str, start: int) -> int | None:
    """Where the comment ends that begins here; None if none does, or one that is no blank."""
    if body.startswith("--", start):
        end = body.find("\n", start)
        return len(body) if end < 0 else end
    if not body.startswith("/-", start) or body.startswith(("/--", "/-!"), start):
        return None
    end = block_end(body + "\n", start)
    return end if end <= len(body) else None


def shifts(lines: list[str]) -> list[int]:
    """By how much each line moves to the right (mostly less than 0)."""
    indents = [len(line) - len(line.lstrip(" ")) for line in lines]
    left = min(indents, default=0)
    rest = min(indents[1:], default=0)
    if lines and lines[0].lstrip(" ") == "by" and rest > indents[0]:
        return [-left, *[BY_INDENT - rest] * len(indents[1:])]
    return [-left] * len(lines)


def moved_by(line: str, move: int) -> str:
    return " " * move + line if move >= 0 else line[-move:]
