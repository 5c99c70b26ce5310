"""Failed proofs as sketches: what Lean took stays, what it refused becomes a hole. Pure text.

A cut puts `sorry` for the failing tactic and all that follows it in its block; what stands behind
the block stays, in its columns. So the longest prefix that Lean took is kept (DeepSeek-Prover-V1.5,
arXiv 2408.08152, 3.2), and of a structured proof all parts but the one that fails, as in APOLLO
(arXiv 2505.05758) and ProofAug (arXiv 2501.18310). Whether the rest compiles is Lean's to say; if
it fails elsewhere the next round cuts there.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from prover.graph_nodes import STEPS
from prover.lean.source import levels, mask
from prover.types import Candidate, Failing, Goal, Sketch, Verdict

ROUNDS = 2
"""Cuts of one proof, one after the other, at most."""
MOST_GROWTH = 2.0
"""What a script of automation leaves may be so many times as long as the goal, as text; more is no
progress."""
BY = ("truncate:", "repair:")
"""How the makers of cut proofs begin: nothing stands behind the cut, or something does."""
MADE = (*BY, STEPS)
"""How the makers of sketches begin that stand apart in the search."""

WHOLE = re.compile(r"(?:<;>|\ball_goals|\bany_goals|\brepeat'?|\btry|\bfirst\s*\|?)\s*\(?\s*$")
"""What makes a tactic run on several goals, or on none: a hole behind it is none."""
ITEMS = re.compile(r"\b(?:rw|rwa|erw|simp_rw|rewrite)\s*\[[^\[\]]*$")
CASES = re.compile(r"(?:induction|cases)\b[^|]*\bwith\b")
CASE = re.compile(r"^([ ]*)\|", re.MULTILINE)
OTHERS = "| _ => sorry"
AT = re.compile(r"\](\s+at\b[^\n;<|)]*[^\n;<|)\s])")
TYPED = re.compile(r"(?:have|replace|obtain|suffices)\b")
HEADER = re.compile(r"\s*(?:by\b|=>|·|:=)")
ALTERNATIVE = re.compile(r"\|[^|\n;]*=>")
SEPARATOR = re.compile(r"(?:·|;|=>|\bby\b|<;>|:=)\s*")
BINDER = "∃∀λΣ"


@dataclass(frozen=True)
class Cut:
    """A failed proof with a part of it replaced."""

    body: str
    start: int
    """Offset in the old body: what comes before is as it was."""
    end: int
    """Offset in the old body: what comes from here on is as it was."""
    goals: tuple[str, ...] | None
    """What the new holes owe, as Lean printed it; None if that is not known."""
    kept: bool
    """Something stands behind the replaced part."""


def cut(body: str, verdict: Verdict) -> Cut | None:
    """Put holes where the proof failed; None if there is no telling where or nothing is kept."""
    masked = mask(body)
    at = offset(body, verdict.line, verdict.column)
    if verdict.status != "rejected" or at is None:
        return None
    failing = verdict.failing
    if verdict.kind == "parse":
        made = misread(body, masked, unparsed(masked, at))
    elif failing is None:
        return None
    elif (failing.line, failing.column) > (verdict.line, verdict.column):
        made = extended(body, masked, at, failing)
    else:
        start = offset(body, failing.line, failing.column)
        made = None if start is None else shortened(body, masked, start, at, failing)
    return made if made is not None and made.body != body else None


def shortened(body: str, masked: str, start: int, error: int, failing: Failing) -> Cut | None:
    """Of a failing tactic."""
    if masked.startswith("sorry", start) and failing.goals:
        return None
    claim = value_of(masked, start)
    if claim is not None and claim[0] <= error <= claim[1]:
        return put(body, masked, *claim, " sorry", None)
    holes = ("sorry",) * len(failing.goals)
    items = ITEMS.search(masked, 0, start)
    if items is not None and (comma := masked.rfind(",", items.start(), start)) > 0:
        where = AT.match(masked, item_end(masked, start))
        text = "; ".join(("]" + (where[1] if where else ""), *holes))
        return put(body, masked, comma, block_end(masked, items.start()), text, failing.goals)
    start = items.start() if items is not None else start
    if error == start and (made := completed(body, masked, start)) is not None:
        return made
    return on_many(body, masked, start) or replaced(body, masked, start, holes, failing.goals)


def on_many(body: str, masked: str, start: int) -> Cut | None:
    """Of a tactic that is run on several goals: without it Lean says which those are."""
    whole = WHOLE.search(masked, 0, start)
    if whole is None:
        return None
    chained = masked.startswith("<;>", whole.start())
    return replaced(body, masked, whole.start(), () if chained else ("skip",), None)


def misread(body: str, masked: str, start: int) -> Cut | None:
    """Of a line that is no Lean."""
    if masked.startswith("|", start):
        return replaced(body, masked, start, (OTHERS,), None)
    return on_many(body, masked, start) or replaced(body, masked, start, ("sorry",), None)


def completed(body: str, masked: str, start: int) -> Cut | None:
    """Of an `induction` or `cases` at fault as a whole: a case may be missing."""
    end = block_end(masked, start, only=True)
    found = list(CASE.finditer(masked, start, end))
    if not CASES.match(masked, start) or not found or OTHERS in masked[start:end]:
        return None
    row = f"\n{found[0][1]}{OTHERS}"
    return Cut(body[:end] + row + body[end:], end, end, None, bool(masked[end:].strip()))


def extended(body: str, masked: str, at: int, failing: Failing) -> Cut | None:
    """Of a block that leaves goals: holes at its end."""
    header = HEADER.match(masked, at)
    first = re.compile(r"\S").search(masked, header.end()) if header else None
    if first is None:
        return None
    end = block_end(masked, first.start())
    row = "\n" + " " * column(masked, first.start()) + "; ".join(["sorry"] * len(failing.goals))
    return Cut(body[:end] + row + body[end:], end, end, failing.goals, bool(masked[end:].strip()))


def replaced(
    body: str, masked: str, start: int, holes: tuple[str, ...], goals: tuple[str, ...] | None
) -> Cut | None:
    end = block_end(masked, start)
    return put(body, masked, start, end, "; ".join(holes), goals)


def put(
    body: str, masked: str, start: int, end: int, text: str, goals: tuple[str, ...] | None
) -> Cut | None:
    """Replace a span; what follows it on its last line stays in its column where it can."""
    rest = masked[end:]
    room = body[start:end]
    if rest.split("\n", 1)[0].strip() and len(text) <= len(room.split("\n", 1)[0]):
        text += re.sub(r"[^\n]", " ", room[len(text) :])
    kept = body[:start] if text else body[:start].rstrip(" \n;")
    return Cut(kept + text + body[end:], len(kept), end, goals, bool(rest.strip()))


def value_of(masked: str, start: int) -> tuple[int, int] | None:
    """Of `have h : T := value`, or the like: where the value stands, with the blank before it."""
    if not TYPED.match(masked, start):
        return None
    depth, end = levels(masked), block_end(masked, start, only=True)
    tops = [i for i in range(start, end) if depth[i] == depth[start] and masked[i] == ":"]
    values = [i for i in tops if masked.startswith(":=", i)]
    if not values or not any(i < values[0] for i in tops):
        return None
    return values[0] + 2, end


def block_end(masked: str, start: int, only: bool = False) -> int:
    """Where the rest of the tactic block ends that has a tactic at `start`; or that tactic, only.

    A block ends before a line that stands further left, the bracket around it, a comma of that
    bracket, and the next alternative of a `cases` in one line.
    """
    if start >= len(masked):
        return start
    depth, begin, end = levels(masked), column(masked, start), len(masked)
    bracketed, bound = depth[start] > 0, 0
    in_line = "=>" in masked[masked.rfind("\n", 0, start) + 1 : start]
    for i in range(start, len(masked)):
        char, end = masked[i], i
        if depth[i] < depth[start]:
            break
        if depth[i] > depth[start]:
            continue
        if char == "\n":
            if ends_with_line(masked, i, begin, only):
                break
            in_line = False
        elif char in BINDER:
            bound += 1
        elif char == ",":
            if bracketed and not bound:
                break
            bound = max(0, bound - 1)
        elif (only and char == ";") or (in_line and ALTERNATIVE.match(masked, i)):
            break
    else:
        end = len(masked)
    return start + len(masked[start:end].rstrip())


def ends_with_line(masked: str, newline: int, begin: int, only: bool) -> bool:
    """Is what follows the line no part of a block, or of its one tactic, that begins in that
    column?"""
    following = re.compile(r"[^ \n]").search(masked, newline)
    if following is None:
        return True
    indent = column(masked, following.start())
    return indent < begin or (only and indent == begin and following[0] != "|")


def item_end(masked: str, at: int) -> int:
    """Where the bracket closes that is around this place."""
    depth = levels(masked)
    return next((i for i in range(at, len(masked)) if depth[i] < depth[at]), len(masked))


def unparsed(masked: str, at: int) -> int:
    """Where the tactic begins in whose line the parser gave up."""
    at = min(at, len(masked.rstrip()))
    first = line_start(masked, at)
    found = [m.end() for m in SEPARATOR.finditer(masked, first, at)]
    start = found[-1] if found else first
    if not masked.startswith("sorry", start):
        return start
    # What was put there did not help: something before it was left open.
    return first if first < start else line_start(masked, len(masked[:first].rstrip()))


def line_start(masked: str, at: int) -> int:
    """Where the text of a line begins."""
    begin = masked.rfind("\n", 0, at) + 1
    return begin + len(masked[begin:at]) - len(masked[begin:at].lstrip())


def offset(text: str, line: int, col: int) -> int | None:
    """Of a place that Lean names: lines from 1, columns from 0, in code points."""
    rows = text.split("\n")
    if not 1 <= line <= len(rows) or col > len(rows[line - 1]):
        return None
    return sum(len(row) + 1 for row in rows[: line - 1]) + col


def column(text: str, at: int) -> int:
    return at - (text.rfind("\n", 0, at) + 1)


# -- which of them are worth a request -----------------------------------------------------------


@dataclass(frozen=True)
class Repair:
    """A sketch, or a proof with nothing left to prove, made of one that failed."""

    made: Sketch | Candidate
    cost: float
    """Smaller for what leaves less to prove; it has no unit."""


@dataclass(frozen=True)
class State:
    """A goal as text: its hypotheses with their types, in no order, and its conclusion."""

    hypotheses: frozenset[str]
    target: str

    @property
    def size(self) -> int:
        return len(self.target) + sum(map(len, self.hypotheses))

    @classmethod
    def of(cls, goal: Goal) -> State:
        own = (f"{b.name} : {flat(b.type)}" for b in goal.binders)
        return cls(frozenset(own), flat(goal.target))

    @classmethod
    def read(cls, printed: str) -> State:
        """As Lean prints a goal: `case` and names in a row are of no account."""
        above, _, target = printed.rpartition("⊢")
        rows = re.sub(r"\n[ \t]+", " ", above).split("\n")
        found: set[str] = set()
        for row in rows:
            names, colon, type = row.partition(" : ")
            if colon:
                found |= {f"{name} : {flat(type)}" for name in names.split()}
        return cls(frozenset(found), flat(target))


def flat(text: str) -> str:
    return " ".join(text.split())


def repair(
    goal: Goal,
    failed: Candidate | Sketch,
    verdict: Verdict,
    above: Collection[State],
    seen: set[str],
) -> Repair | None:
    """What to try in the place of a failed proof, if that leads anywhere new.

    `above` are the goal and those that it comes from: to owe one of them again is no progress.
    `seen` has what the goal's other repairs owe, and is added to. Scripts of automation are only
    cut short: there is no plan in what they do next. A proof with lemmas is a sketch already.
    """
    if rounds(failed.by) >= ROUNDS or (isinstance(failed, Candidate) and failed.lemmas):
        return None
    made = step(failed.body, verdict) if is_step(failed) else cut(failed.body, verdict)
    if made is None or (is_mechanical(failed) and (made.kept or not made.goals)):
        return None
    states = None if made.goals is None else [State.read(g) for g in made.goals]
    cost = cost_of(State.of(goal), states)
    owed = made.body if states is None or rounds(failed.by) else repr(sorted(made.goals or ()))
    if (is_mechanical(failed) and cost > MOST_GROWTH) or is_guess(failed, made):
        return None
    if owed in seen or set(above) & set(states or ()):
        return None
    seen.add(owed)
    return Repair(named(made, failed), cost)


def is_step(failed: Candidate | Sketch) -> bool:
    """One tactic that nobody took for a whole proof."""
    return isinstance(failed, Candidate) and failed.by.startswith(STEPS)


def is_guess(failed: Candidate | Sketch, made: Cut) -> bool:
    """The hole is a claim that the structural decomposer guessed: most such claims are false."""
    line = failed.body[failed.body.rfind("\n", 0, made.start) + 1 : made.start]
    return "structural:" in failed.by and made.kept and "have " in line


def is_mechanical(failed: Candidate | Sketch) -> bool:
    """A script of automation, or what was made of one."""
    by = failed.by
    while by.startswith(BY):
        by = by.partition(":")[2]
    return by.startswith(("portfolio:", "lemmas:", STEPS))


def step(body: str, verdict: Verdict) -> Cut | None:
    """A single tactic with what it leaves as holes. Should it have failed itself, its goals are
    those that it met, which is no progress."""
    if verdict.failing is None:
        return None
    owed = "\n  " + "; ".join(["sorry"] * len(verdict.failing.goals))
    return Cut(body + owed, len(body), len(body), verdict.failing.goals, False)


def cost_of(goal: State, left: list[State] | None) -> float:
    """The length of what is left by that of the goal; another goal is worth a quarter of it."""
    if left is None:
        return 1.0
    return sum(s.size for s in left) / max(1, goal.size) + 0.25 * max(0, len(left) - 1)


def rounds(by: str) -> int:
    """How often a proof has been cut already, as the name of its maker says."""
    count = 0
    while by.startswith(BY):
        count, by = count + 1, by.partition(":")[2]
    return count


def named(made: Cut, failed: Candidate | Sketch) -> Sketch | Candidate:
    by = failed.by if is_step(failed) else BY[made.kept] + failed.by
    if re.search(r"\bsorry\b", mask(made.body)):
        return Sketch(made.body, by)
    return Candidate(made.body, by)
