"""A hole's own proof in the place of its `sorry`. Pure text; Lean says whether it holds there.

A hole's theorem has the context as binders, so its script runs in the sketch as it is, but for
names that Lean could not give back (`rename_i` in the hole's `fill`). Where something else differs,
the theorem itself goes there, as a `have`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from prover.assembly import theorem_name
from prover.hole_forms import groups, names_of
from prover.lean.source import levels, mask, signature, splice
from prover.llm.prompts import script
from prover.types import Goal, Hole, Lemma

FILL = re.compile(
    r"\((?:by )?(?:rename_i (?P<new>[^;]*); )?exact @(?P<name>[^\s)]+)(?P<given>[^)]*)\)"
)

Way = Callable[[Goal, Hole, str], str | None]
"""A script for a hole's place from its goal and that one's own script; None where there is none."""


def as_it_is(goal: Goal, hole: Hole, own: str) -> str | None:
    """The goal's script, behind a `rename_i` where the context has names that nobody can write."""
    fill = FILL.fullmatch(hole.fill)
    if fill is None or not fill["new"]:
        return own
    binders, given = binder_names(goal.statement), fill["given"].split()
    if len(binders) != len(given):
        return None
    names = dict(zip(given, binders, strict=True))
    return f"rename_i {' '.join(names.get(new, '_') for new in fill['new'].split())}\n{own}"


def as_a_step(goal: Goal, hole: Hole, own: str) -> str | None:
    """The goal's theorem as a `have`, and what would fill the hole if it stood above."""
    fill = FILL.fullmatch(hole.fill)
    if fill is None:
        return None
    new = f"rename_i {fill['new']}\n" if fill["new"] else ""
    step = have(Lemma(goal.statement, "by\n" + indented(own, 2)))
    return f"{step}\n{new}exact @{fill['name']}{fill['given']}"


WAYS: Sequence[Way] = (as_it_is, as_a_step)


def have(lemma: Lemma) -> str:
    """A theorem as a step of another one's proof, under its own name."""
    binders, target = signature(lemma.statement)
    closed = f"∀ {binders}, {target}" if binders else target
    names = " ".join(binder_names(lemma.statement))
    lines = [f"intro {names}"] if names else []
    proof = indented("\n".join([*lines, script(lemma.body)]), 2)
    return f"have {theorem_name(lemma.statement)} : {' '.join(closed.split())} := by\n{proof}"


def binder_names(statement: str) -> list[str]:
    """Of the signature's binders, one by one; `_` for an instance without a name."""
    found = list[str]()
    for group in groups(signature(statement)[0]):
        named = ":" in group or not group.startswith("[")
        found += names_of(group).split() if named else ["_"]
    return found


def indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line if line else line for line in text.split("\n"))


def filled(body: str, fills: Sequence[tuple[Hole, str]]) -> str:
    """The sketch's body with a script in each of these holes."""
    return splice(body, [place(body, hole, text) for hole, text in fills])


def place(body: str, hole: Hole, text: str) -> tuple[int, int, str]:
    """What to replace by what. One line stays in its place; more go into the column that the
    hole has where it begins its line, or below the line that it ends, or into brackets."""
    line = body.rfind("\n", 0, hole.start) + 1
    before, behind = body[line : hole.start], body[hole.end :].partition("\n")[0]
    several, column = "\n" in text, hole.start - line
    below = column_of_tactic(before) + 2
    if hole.fill.startswith("(by "):
        plain = before.rstrip().endswith(":=") and not behind.strip()
        inner = f"by\n{indented(text, below)}" if several else f"by {text}"
        return hole.start, hole.end, inner if plain else f"({inner})"
    first = not before.strip(" ·") and not behind.strip()
    if first:
        return hole.start, hole.end, indented(text, column).lstrip()
    ends = re.search(r"(?:=>|\bby)\s*$", before) and not behind.strip() and balanced(before)
    if ends and several:
        return line + len(before.rstrip()), hole.end, "\n" + indented(text, below)
    if ends or (not several and re.fullmatch(r"\w+", text)):
        return hole.start, hole.end, text
    return hole.start, hole.end, f"({indented(text, column + 1).lstrip()})"


def balanced(text: str) -> bool:
    masked = mask(text) + " "
    return levels(masked)[-1] == 0


def column_of_tactic(before: str) -> int:
    """Of a line's first tactic, behind bullets."""
    match = re.match(r"[ ]*(?:·[ ]+)*", before)
    return match.end() if match else 0
