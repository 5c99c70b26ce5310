"""The head of Lean's message, under which messages that say the same of other goals are counted.

For people, who read tables of them: nothing is decided by it.
"""

from __future__ import annotations

import functools
import re

WORDS = 7
"""Of a head: enough for what Lean says first of anything, seldom into the goal behind it."""

CUTS = re.compile(
    r"[:;.](?:\s|$)|\n| case |(?<=\bfailed) (?!to )|(?<=\bgoals) |(?<=\bprogress) "
    r"|(?<=\bproposition) "
)
"""Where what follows is of the goal, or advice."""
QUOTED = re.compile(r"'[^']*'|`[^`]*`")
"""Names and terms, but for a tactic's name at the beginning."""
TACTIC = ("", "Tactic ", "tactic ")
WORD = re.compile(r"[\w`…()-]+")


@functools.lru_cache(maxsize=10_000)
def head(message: str) -> str:
    text = message.strip()
    first = CUTS.split(text, maxsplit=1)[0]
    named = QUOTED.sub(lambda m: m[0] if first[: m.start()] in TACTIC else "…", first)
    words = []
    for word in named.split()[:WORDS]:
        if not WORD.fullmatch(word):
            break
        words.append(word)
    return " ".join(words) or text[:20]
