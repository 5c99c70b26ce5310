"""What of a tactic proof may be left out, as spans of its text. Pure; whether Lean takes what is
left is Lean's to say, so a span that is no part of a proof costs a check and no more.

Four kinds, from the coarse to the fine, as hierarchical delta debugging has it (Misherghi and Su,
ICSE 2006): alternatives of `first`; tactics of a block or of a `;` or `<;>` chain; hints, places
and options of a tactic; what only wraps another tactic.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from prover.lean.source import CLOSE, OPEN, levels, mask

Span = tuple[int, int]

FIRST = re.compile(r"(?<![\w.])first(?=\s*\|)")
TAKES_HINTS = (
    r"(?<![\w.])(?:simp_all|simp_arith|simpa|simp|dsimp|grind|solve_by_elim|rw|rwa|norm_num)"
    r"(?: \(\w+ := [^()]*\))*(?: only)?"
)
HINTED = re.compile(rf"{TAKES_HINTS}(?P<list> \[)")
NO_HINTS = re.compile(rf"({TAKES_HINTS}) \[\]")
CLAUSES = (
    re.compile(r" at (?:\*|(?:⊢|[\w'✝]+)(?: (?:⊢|[\w'✝]+))*)(?=\s*(?:$|[;)|<\n]))"),
    re.compile(r" generalizing(?: [\w']+)+(?= with|\s*(?:$|[;)|<\n]))"),
    re.compile(r" \(\w+ := [^()]*\)"),
    re.compile(r"(?<=decide) \+\w+|(?<=simp) \+\w+|(?<=grind) \+\w+"),
    re.compile(r"(?<![\w.])try (?=\S)"),
    re.compile(r"(?<=simp) only(?= \[)"),
)
CHAIN = re.compile(r"<;>|;")
HARD = re.compile(r"\n|=>|(?<![\w.])by(?!\w)|:=|(?<!\|)\|(?![|>])")
"""Where a chain of tactics cannot go on."""


@dataclass(frozen=True)
class Unit:
    """A part that may go. Of a separated list it has the separator before it; the first that is
    left of its group has none."""

    spans: tuple[Span, ...]
    separator: Span | None = None
    group: int = -1
    """Equal for the items of one list; -1 for what is no item."""


def without(text: str, units: Sequence[Unit], kept: Collection[Unit]) -> str:
    """The text less the units that are not kept."""
    gone = [unit for unit in units if unit not in kept]
    spans = [span for unit in gone for span in unit.spans]
    spans += [unit.separator for unit in gone if unit.separator]
    groups = defaultdict[int, list[Unit]](list)
    for unit in units:
        groups[unit.group].append(unit)
    for number, items in groups.items():
        left = [unit for unit in items if unit in kept]
        if number >= 0 and left and left[0].separator:
            spans.append(left[0].separator)
    return tidy(cut(text, spans))


def cut(text: str, spans: Sequence[Span]) -> str:
    parts, last = [], 0
    for start, end in sorted(spans):
        parts.append(text[last : max(start, last)])
        last = max(last, end)
    return "".join(parts) + text[last:]


def tidy(text: str) -> str:
    """Without empty lists of hints, blanks at line ends, and lines of nothing else."""
    lines = [line.rstrip() for line in NO_HINTS.sub(r"\1", text).split("\n")]
    return "\n".join(line for line in lines if line)


def alternatives(text: str) -> list[Unit]:
    """Those of each `first`."""
    found = list[Unit]()
    for number, (_, items) in enumerate(firsts(text)):
        ends = [items[0][0], *(end for _, end in items)]
        for i, span in enumerate(items):
            separator = (ends[i], span[0]) if i else None
            found += [Unit((span,), separator, number)] if len(items) > 1 else []
    return found


def firsts(text: str) -> Iterator[tuple[int, list[Span]]]:
    """Where each `first` begins, and its alternatives; one in an alternative of another comes
    after it."""
    masked = mask(text)
    depth = levels(masked)
    for match in FIRST.finditer(masked):
        end = extent(masked, depth, match.start(), margin(masked, match.start()))
        inner = [m.start() for m in FIRST.finditer(masked, match.end(), end)]
        stop = next((at for at in inner if depth[at] == depth[match.start()]), end)
        bars = [
            m.start()
            for m in re.finditer(r"(?<!\|)\|(?![|>])", masked[:stop])
            if m.start() >= match.end() and depth[m.start()] == depth[match.start()]
        ]
        if bars:
            edges = zip(bars, [*bars[1:], end], strict=True)
            yield match.start(), [trimmed(text, bar + 1, to) for bar, to in edges]


def extent(masked: str, depth: Sequence[int], start: int, base: int) -> int:
    """Where the tactic ends that begins here, with all that its lines go on with, which stand
    further right than its column `base`."""
    for at in range(start, len(masked)):
        if masked[at] in CLOSE and depth[at] < depth[start]:
            return at
        if masked[at] == "\n":
            after = re.compile(r"[ ]*").match(masked, at + 1)
            column, head = (after.end() - at - 1, masked[after.end() :][:1]) if after else (0, "")
            if column < base or (column == base and head != "|"):
                return at
    return len(masked)


def margin(masked: str, at: int) -> int:
    """The column of the first tactic of this line, behind bullets."""
    line = masked.rfind("\n", 0, at) + 1
    return columns(masked[line:at] + "x")[-1]


def trimmed(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), start + len(part.rstrip())


def tactics(text: str) -> list[Unit]:
    """Those of each block, and the parts of each chain."""
    found = list[Unit]()
    for items in [*blocks(text), *chains(text)]:
        number = len(found)
        for i, span in enumerate(items):
            separator = (items[i - 1][1], span[0]) if i else None
            found.append(Unit((span,), separator, number))
    return found


def blocks(text: str) -> list[list[Span]]:
    """Tactics that stand one below the other in the same column, with all that hangs from them."""
    masked = mask(text)
    depth = levels(masked)
    stack, done = list[tuple[int, list[Span]]](), list[list[Span]]()
    at = 0
    for line in masked.split("\n"):
        start, at = at, at + len(line) + 1
        if line.strip() in ("", "by") or depth[start]:
            continue
        for column in columns(line):
            while stack and stack[-1][0] > column:
                done.append(stack.pop()[1])
            if not stack or stack[-1][0] != column:
                stack.append((column, []))
            if line[column] != "|":
                end = extent(masked, depth, start + column, column)
                stack[-1][1].append(trimmed(text, start + column, end))
    return [items for items in [*done, *(items for _, items in stack)] if len(items) > 1]


def columns(line: str) -> list[int]:
    """Where tactics begin in a line: behind the blanks, and behind each bullet."""
    found = [len(line) - len(line.lstrip())]
    while bullet := re.compile(r"·[ ]+(?=\S)").match(line, found[-1]):
        found.append(bullet.end())
    return found


def chains(text: str) -> Iterator[list[Span]]:
    """`a; b`, `a <;> b`, in brackets or not."""
    masked = mask(text)
    depth = levels(masked)
    for start, end in segments(masked, depth):
        marks = CHAIN.finditer(masked, start, end)
        inside = [m for m in marks if depth[m.start()] == depth[start]]
        if inside:
            edges = [start, *(x for m in inside for x in m.span()), end]
            pairs = zip(edges[::2], edges[1::2], strict=True)
            yield [trimmed(text, a, b) for a, b in pairs]


def segments(masked: str, depth: Sequence[int]) -> Iterator[Span]:
    """Runs of one bracket depth, brackets within left in, between what no chain goes beyond."""
    starts: list[int] = [0]
    for at, char in enumerate(masked):
        if char in OPEN:
            starts.append(at + 1)
        elif char in CLOSE and len(starts) > 1:
            yield starts.pop(), at
        elif (m := HARD.match(masked, at)) and not splits_cases(masked, starts[-1], m):
            yield starts[-1], at
            starts[-1] = m.end()
        elif depth[at] == 0 and char == "·":
            starts[-1] = at + 1
    yield starts[-1], len(masked)


def splits_cases(masked: str, start: int, mark: re.Match[str]) -> bool:
    """Is this the `|` of a pattern?"""
    before = masked[start : mark.start()]
    return mark.group() == "|" and re.search(r"\b(?:with|obtain|rintro)\b", before) is not None


def clauses(text: str) -> list[Unit]:
    """Hints in brackets, which go with the last of them, `at` and `generalizing`, options."""
    masked = mask(text)
    depth = levels(masked)
    found = [Unit((m.span(),)) for pattern in CLAUSES for m in pattern.finditer(masked)]
    for number, match in enumerate(HINTED.finditer(masked)):
        start = match.end()
        inner = depth[start] if start < len(depth) else 0
        end = next((i for i in range(start, len(masked)) if masked[i] in CLOSE
                    and depth[i] < inner), len(masked))  # fmt: skip
        commas = [i for i in range(start, end) if masked[i] == "," and depth[i] == inner]
        edges = zip([start, *(c + 1 for c in commas)], [*commas, end], strict=True)
        spans = [trimmed(text, a, b) for a, b in edges]
        for i, span in enumerate(spans):
            found.append(Unit((span,), (spans[i - 1][1], span[0]) if i else None, number))
    return found


def wrappings(text: str) -> list[Unit]:
    """`first |` before a single tactic, brackets around a tactic, a bullet."""
    masked = mask(text)
    depth = levels(masked)
    found = [Unit(((start, items[0][0]),)) for start, items in firsts(text) if len(items) == 1]
    for match in re.finditer(r"\(", masked):
        at = match.start()
        before = masked[:at].rstrip()
        end = next((i for i in range(at + 1, len(masked)) if masked[i] == ")"
                    and depth[i] == depth[at]), None)  # fmt: skip
        if end and re.search(r"(?:^|\n|<;>|;|\||=>|\bby|·|\btry)$", before or "\n"):
            found.append(Unit(((at, at + 1), (end, end + 1))))
    return found


KINDS: tuple[Callable[[str], list[Unit]], ...] = (alternatives, tactics, clauses, wrappings)


def only(text: str, ran: Sequence[Span]) -> str:
    """Of each `first` the last alternative that something ran in, where something did: those
    before it failed, and those behind it were not tried."""
    units = alternatives(text)
    groups = defaultdict[int, list[Unit]](list)
    for unit in units:
        groups[unit.group].append(unit)
    kept = list[Unit]()
    for items in groups.values():
        used = [u for u in items if any(holds(u.spans[0], span) for span in ran)]
        kept += used[-1:] or items
    return without(text, units, kept)


def holds(outer: Span, inner: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


CASES = re.compile(r"^[ ]*(?P<head>(?:fun_)?(?:induction|cases)\b[^\n]*)$", re.MULTILINE)
CASE = re.compile(r"\n(?P<margin>[ ]*)(?:\|[^\n|]*=>|·)[ ]?(?P<first>[^\n]*)")


def joined(text: str) -> Iterator[str]:
    """`induction n with | zero => a | succ k ih => b` -> `induction n <;> b`, of bullets too: one
    chain of tactics for all cases, the longest first, which most often does."""
    for head in CASES.finditer(text):
        scripts, at = cases(text, head.end())
        name = re.sub(r" with$", "", head["head"])
        for script in sorted(set(scripts), key=len, reverse=True) if len(scripts) > 1 else []:
            yield f"{text[: head.start('head')]}{name} <;> {script}{text[at:]}"


def cases(text: str, at: int) -> tuple[list[str], int]:
    """The chains of the cases that begin here, and where they end; none unless all are simple."""
    scripts = list[str]()
    while case := CASE.match(text, at):
        more = re.compile(rf"(?:\n{case['margin']} [^\n]*)*").match(text, case.end())
        end = more.end() if more else case.end()
        below = [line for line in text[case.end() : end].split("\n") if line]
        parts = [case["first"].strip(), *(line.strip() for line in below)]
        nested = any(re.match(r"[|·]", part) for part in parts)
        if len({len(line) - len(line.lstrip()) for line in below}) > 1 or nested:
            return [], at
        chain = [f"({part})" if re.search(r"(?<!<);", part) else part for part in parts if part]
        scripts.append(" <;> ".join(chain))
        at = end
    return (scripts if all(scripts) else []), at
