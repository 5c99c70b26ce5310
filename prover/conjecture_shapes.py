"""Conjectures read off one goal: generalisations, special cases, what its hypotheses imply; pure.

An induction often goes through only for a stronger statement (Boyer, Moore, A Computational Logic,
1979, chapter 12; Ireland, Bundy, Productive use of failure in inductive proof, JAR 1996). What is
proposed here is guessed from the text of the goal as Lean prints it, so much of it is false, or no
Lean at all: it counts for nothing before Lean has read, tested and proved it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from prover.conjecture_pool import Claim
from prover.conjectures import functions
from prover.lean import source
from prover.number_scripts import renamed, word
from prover.types import Binder, Goal

MOST = 24
"""Conjectures of one goal; the likelier kinds come first."""
MOST_FACTS = 8
"""Of those, facts about the goal's hypotheses."""
BINDING = re.compile(r"[∀∃λ]|(?<![\w.])(?:fun|if|match|let)(?![\w'])|\bfun\b")
"""What binds variables or has a layout of its own: such text is not taken apart."""
ATOM = re.compile(r"[\w.'!?₀-₉]+")
OPEN, CLOSED = "([⟨", ")]⟩"
CONSTANT = re.compile(r"\d+|\[\]|[\w.]+\.\w+")
STARTS = ((0, 1), (1, 2), (0, 0), (1, 1), (1, 0))
"""Where a loop of two variables may stand in what it computes; of one variable: the first three."""


@dataclass(frozen=True)
class Row:
    """A function and its arguments as they stand beside each other, by place in the text."""

    parts: tuple[tuple[int, int], ...]

    @property
    def start(self) -> int:
        return self.parts[0][0]

    @property
    def end(self) -> int:
        return self.parts[-1][1]


def rows(text: str, start: int = 0, end: int | None = None) -> Iterator[Row]:
    """Every application, the outer ones first; single words are none."""
    end = len(text) if end is None else end
    parts: list[tuple[int, int]] = []
    inner: list[tuple[int, int]] = []
    found: list[Row] = []
    at = start
    while at < end:
        stop = closing(text, at) if text[at] in OPEN else word_end(text, at)
        if stop > at:
            inner += [(at + 1, stop - 1)] if text[at] in OPEN else []
            parts.append((at, stop))
            at = stop
        elif text[at] != " ":
            found, parts = [*found, Row(tuple(parts))], []
            at += 1
        else:
            at += 1
    found.append(Row(tuple(parts)))
    yield from (row for row in found if len(row.parts) > 1)
    for low, high in inner:
        yield from rows(text, low, high)


def word_end(text: str, at: int) -> int:
    match = ATOM.match(text, at)
    return match.end() if match else at


def closing(text: str, at: int) -> int:
    return source.closing(text, at, OPEN, CLOSED)


def put(text: str, places: Sequence[tuple[int, int]], new: Sequence[str]) -> str:
    """The text with what stands at these places replaced, each by its own."""
    made, last = "", 0
    for (low, high), part in sorted(zip(places, new, strict=True)):
        made += text[last:low] + part
        last = high
    return made + text[last:]


# -- all of it -----------------------------------------------------------------------------------


def shapes(goal: Goal) -> list[Claim]:
    """The likelier kinds first, each claim once."""
    found: dict[str, Claim] = {}
    facts = islice(consequences(goal), MOST_FACTS)
    if not BINDING.search(goal.target):
        for made in (continuations, loops, accumulators, repeated, off_diagonal, special):
            for claim in made(goal):
                found.setdefault(claim.statement, claim)
    for claim in (*preserved(goal), *like_adding(goal)):
        found.setdefault(claim.statement, claim)
    found.pop(goal.target, None)
    # A fact may be the goal: it has a proof.
    kept = {c.statement: c for c in [*list(found.values())[: MOST - MOST_FACTS], *facts]}
    return list(kept.values())


def fresh(goal: Goal, *names: str) -> list[str]:
    taken = {b.name for b in goal.binders}
    return [next(n for n in (name, f"{name}'", f"{name}''") if n not in taken) for name in names]


def closed(
    goal: Goal, claim: str, kind: str, new: Sequence[str] = (), at: Sequence[str] = ()
) -> Claim:
    """Over the goal's variables that it speaks of, its hypotheses about these, and new ones.

    `at` are the values of the new ones at which it says what the goal says.
    """
    about = {b.name for b in data(goal) if mentioned(claim, b.name)}
    kept = [h for h in goal.binders if h.prop and speaks_of(h.type, goal) <= about]
    used = [b for b in goal.binders if b.name in about or b in kept]
    binders = " ".join([*(f"({b.name} : {b.type})" for b in used), *new])
    statement = f"∀ {binders}, {claim}" if binders else claim
    instance = " ".join([*(b.name for b in used), *at]) if len(at) == len(new) else ""
    return Claim(statement, kind, instance=instance)


def data(goal: Goal) -> list[Binder]:
    return [b for b in goal.binders if not b.prop]


def mentioned(text: str, name: str) -> bool:
    return re.search(word(name), text) is not None


def speaks_of(text: str, goal: Goal) -> set[str]:
    return {b.name for b in data(goal) if mentioned(text, b.name)}


# -- generalisations -----------------------------------------------------------------------------


def repeated(goal: Goal) -> Iterator[Claim]:
    """A compound term that stands there twice becomes a variable (Boyer and Moore)."""
    (x,) = fresh(goal, "x")
    texts = [goal.target[row.start : row.end] for row in rows(goal.target)]
    for text in dict.fromkeys(texts):
        general = goal.target.replace(text, x)
        if texts.count(text) > 1 and any(mentioned(general, b.name) for b in data(goal)):
            yield closed(goal, general, "generalisation", [x], [f"({text})"])


def sides(goal: Goal) -> list[tuple[str, str]]:
    left, equals, right = goal.target.partition(" = ")
    if goal.head != "Eq" or not equals or " = " in right:
        return []
    return [(left, right), (right, left)]


def is_constant(text: str) -> bool:
    return CONSTANT.fullmatch(text) is not None


def own_rows(goal: Goal, text: str) -> Iterator[tuple[Row, list[str]]]:
    """Calls of the header's functions, with the texts of their arguments."""
    for row in rows(text):
        head, *args = [text[low:high] for low, high in row.parts]
        if head in goal.definitions:
            yield row, args


def accumulators(goal: Goal) -> Iterator[Claim]:
    """What a constant argument starts from comes out again, beside the result, in the place where
    the call stands: of `6 * loop n 0 = r`, `6 * loop n x = r + 6 * x`."""
    (x,) = fresh(goal, "acc")
    for side, other in sides(goal):
        for row, args in own_rows(goal, side):
            for place, arg in zip(row.parts[1:], args, strict=True):
                if arg in MEETS:
                    came_out = put(side, [(row.start, row.end)], [x])
                    for form in MEETS[arg]:
                        result = form.format(atom(other), atom(came_out))
                        claim = f"{put(side, [place], [x])} = {result}"
                        yield closed(goal, claim, "generalisation", [x], [arg])


MEETS = {"0": ("{0} + {1}",), "1": ("{0} * {1}",), "[]": ("{0} ++ {1}", "{1} ++ {0}")}
"""How the result and what an accumulator started from meet, by the constant."""


def atom(text: str) -> str:
    return text if re.fullmatch(r"[\w.']+|\[[^\[\]]*\]", text) else f"({text})"


def loops(goal: Goal) -> Iterator[Claim]:
    """Of a loop that computes `g n` from constants: these are values of `g`, and begun further on
    it ends further on. Of `f n 0 1 = g n`, `f n (g m) (g (m + 1)) = g (m + n)`."""
    (m,) = fresh(goal, "m")
    for side, other in sides(goal):
        for row, args in own_rows(goal, side):
            spots = [p for p, a in zip(row.parts[1:], args, strict=True) if a.isdigit()]
            for call, values in own_rows(goal, other) if 1 <= len(spots) <= 2 else ():
                (low, high), g = call.parts[-1], other[call.start : call.parts[-1][0]]
                if not re.fullmatch(r"[\w']+", values[-1]):
                    continue
                on = put(other, [(low, high)], [f"({m} + {values[-1]})"])
                for starts in STARTS[:3] if len(spots) == 1 else STARTS:
                    state = [begun(g, m, k) for k in starts[: len(spots)]]
                    claim = f"{put(side, spots, state)} = {on}"
                    yield closed(goal, claim, "generalisation", [m], ["0"])


def begun(g: str, m: str, by: int) -> str:
    return f"({g}({m} + {by}))" if by else f"({g}{m})"


def continuations(goal: Goal) -> Iterator[Claim]:
    """What follows is gone on with: of `f (g e []) [] = r`, `f (g e k) s = f k (r ++ s)`."""
    k, s = fresh(goal, "k", "s")
    for side, other in sides(goal):
        for row in rows(side):
            for place in row.parts[1:]:
                inner = next(own_rows(goal, side[place[0] + 1 : place[1] - 1]), None)
                if inner is None or inner[1][-1] != "[]" or row.start > 0 or row.end < len(side):
                    continue
                low, high = inner[0].parts[-1]
                hole = (place[0] + 1 + low, place[0] + 1 + high)
                state = [p for p in row.parts[1:] if side[slice(*p)] == "[]"]
                yield continuation(goal, side, other, hole, place, state, [k, s])


def continuation(
    goal: Goal,
    side: str,
    other: str,
    hole: tuple[int, int],
    place: tuple[int, int],
    state: Sequence[tuple[int, int]],
    names: Sequence[str],
) -> Claim:
    k, s = names
    single = re.fullmatch(r"\[([^,\[\]]+)\]", other)
    after = f"({single[1]} :: {s})" if single else f"({atom(other)} ++ {s})"
    left = put(side, [hole, *state], [k, *[s] * len(state)])
    right = put(side, [place, *state], [k, *[after] * len(state)])
    right = right if state else f"{atom(other)} ++ {right}"
    new = [k, s] if state else [k]
    return closed(goal, f"{left} = {right}", "generalisation", new, ["[]"] * len(new))


def off_diagonal(goal: Goal) -> Iterator[Claim]:
    """A function at `n n` may be constant on one side of its diagonal: of `f n n = r`,
    `n < k → f n k = 0`."""
    (k,) = fresh(goal, "k")
    numbers = {b.name for b in data(goal) if b.head == "Nat"}
    for row, args in own_rows(goal, goal.target):
        for i, (one, two) in enumerate(pairwise(args)):
            if one != two or one not in numbers:
                continue
            call, names = goal.target[row.start : row.end], ", ".join(goal.definitions[:8])
            for low, high in (row.parts[i + 2], row.parts[i + 1]):
                beside = put(call, [(low - row.start, high - row.start)], [k])
                new = [f"({k} : Nat)", f"(h : {one} < {k})"]
                proof = f"induction {one} generalizing {k} <;> cases {k} <;> grind [{names}]"
                for value in ("0", "1"):
                    claim = closed(goal, f"{beside} = {value}", "neighbour", new)
                    yield replace(claim, proof=proof)


# -- special cases -------------------------------------------------------------------------------


def special(goal: Goal) -> Iterator[Claim]:
    """A variable at the first of its type's values that are no more than a constructor."""
    for b in data(goal):
        bare = [name for name, fields, _ in b.constructors if fields == 0]
        if bare and mentioned(goal.target, b.name):
            value = {"zero": "0", "nil": "[]"}.get(bare[0], f"{b.head}.{bare[0]}")
            yield closed(goal, renamed(goal.target, {b.name: value}), "special case")


# -- what is kept by functions -------------------------------------------------------------------


def preserved(goal: Goal) -> Iterator[Claim]:
    """What the goal says of a result, each function of the header may keep: of `P (f xs)`,
    `P t → P (g a t)`."""
    match = re.fullmatch(r"([\w.']+(?: [\w.']+)*) (\(.*\)|[\w']+)( = true)?", goal.target)
    if not match or match[1].split()[0] not in goal.definitions:
        return
    if closing(goal.target, match.start(2)) != match.end(2) and match[2][0] == "(":
        return
    says, end = match[1], match[3] or ""
    for g in functions(goal):
        if g.result not in g.args or g.name == says.split()[0]:
            continue
        names = [f"a{i}" for i in range(1, len(g.args) + 1)]
        binders = " ".join(f"({n} : {t})" for n, t in zip(names, g.args, strict=True))
        before = [n for n, t in zip(names, g.args, strict=True) if t == g.result]
        given = " → ".join(f"{says} {n}{end}" for n in before)
        own = closed(goal, f"{given} → {says} ({g.name} {' '.join(names)}){end}", "preserved")
        statement = f"∀ {binders}, {own.statement}"
        yield Claim(statement, "preserved")


def like_adding(goal: Goal) -> Iterator[Claim]:
    """Of `f (h xs) = f xs`: a function of the header may be to `f` like putting an element in
    front, `f (g a t) = f (a :: t)`."""
    for side, _ in sides(goal):
        match = re.fullmatch(r"([\w.']+(?: [\w.']+)*) (\(.*\)|[\w']+)", side)
        f = match[1] if match else ""
        if f.split(" ")[0] not in goal.definitions or f"{f} " not in goal.target.split(" = ")[1]:
            continue
        for g in functions(goal):
            if len(g.args) == 2 and g.result == g.args[1] == f"List {g.args[0]}":
                (a, t) = fresh(goal, "a", "t")
                claim = f"{f} ({g.name} {a} {t}) = {f} ({a} :: {t})"
                new = [f"({a} : {g.args[0]})", f"({t} : {g.args[1]})"]
                yield closed(goal, claim, "preserved", new)


# -- consequences of hypotheses ------------------------------------------------------------------

FOR_ALL = re.compile(r"∀ (?:\(([\w']+) : ([^()]+)\)|([\w']+) : ([^,()]+)|([\w']+)), (.*)", re.S)
RELATION = re.compile(r"([^=≤<≠∣∀∃→∧∨]+) (=|≤|<) ([^=≤<≠∣∀∃→∧∨]+)")


def consequences(goal: Goal) -> Iterator[Claim]:
    """Facts in the goal's own context; each is proved from what it is read off."""
    props = [b for b in goal.binders if b.prop and "✝" not in b.name]
    found = [*squares(goal), *products(goal, props), *instances(goal, props), *sums(props)]
    for statement, proof in found:
        yield Claim(statement, "consequence", of=goal.id, proof=proof)


def instances(goal: Goal, props: Sequence[Binder]) -> Iterator[tuple[str, str]]:
    """What holds for all, for the variables that there are."""
    for h in props:
        match = FOR_ALL.fullmatch(h.type)
        if not match:
            continue
        name = match[1] or match[3] or match[5]
        type = match[2] or match[4]
        for b in data(goal):
            if type is None or b.type == type.strip():
                yield renamed(match[6], {name: b.name}), f"exact {h.name} {b.name}"


def relations(props: Sequence[Binder]) -> list[tuple[str, str, str, str]]:
    """Name, left side, sign, right side of what is an equation or inequality."""
    found = [(h.name, RELATION.fullmatch(h.type)) for h in props]
    return [(name, m[1], m[2], m[3]) for name, m in found if m]


def sums(props: Sequence[Binder]) -> Iterator[tuple[str, str]]:
    """Linear: what automation of linear arithmetic finds by itself it need not be told, but
    rewriting does not."""
    known = relations(props)
    for i, (_, a, sign, b) in enumerate(known):
        for _, c, other, d in known[i + 1 :]:
            if sign == other == "=":
                yield f"{atom(a)} + {atom(c)} = {atom(b)} + {atom(d)}", "omega"
                yield f"{atom(a)} - {atom(c)} = {atom(b)} - {atom(d)}", "omega"


def products(goal: Goal, props: Sequence[Binder]) -> Iterator[tuple[str, str]]:
    """Monotony of multiplication, which linear arithmetic does not know."""
    numbers = {b.head for b in data(goal)} & {"Nat", "Int"}
    known = relations(props)
    for i, (h, a, sign, b) in enumerate(known):
        for k, c, other, d in known[i:]:
            sides = f"{atom(a)} * {atom(c)}", f"{atom(b)} * {atom(d)}"
            if sign == other == "=" and h != k:
                yield " = ".join(sides), f"rw [{h}, {k}]"
            elif sign == other == "≤" and numbers == {"Nat"}:
                yield " ≤ ".join(sides), f"exact Nat.mul_le_mul {h} {k}"
            elif sign == other == "≤" and a == c == "0":
                yield f"0 ≤ {atom(b)} * {atom(d)}", f"exact Int.mul_nonneg {h} {k}"


def squares(goal: Goal) -> Iterator[tuple[str, str]]:
    """Of integers and their differences."""
    names = [b.name for b in data(goal) if b.head == "Int" and mentioned(goal.target, b.name)][:3]
    if not re.search(r"[*^]", goal.target):
        return
    terms = [*(f"({a} - {b})" for i, a in enumerate(names) for b in names[i + 1 :]), *names]
    for t in terms:
        proof = f"cases Int.le_total 0 {t} with | inl h => exact Int.mul_nonneg h h"
        yield f"0 ≤ {t} * {t}", f"{proof} | inr h => exact Int.mul_nonneg_of_nonpos_of_nonpos h h"
