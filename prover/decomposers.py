"""Decomposers: what proposes sketches of a goal. The structural one needs no model.

A sketch is a proof body with `sorry` where a lemma is owed. The structural decomposer reads them
off the goal's shape: induction, cases, splitting, witnesses, generalised accumulators, bounds.
It proposes; Lean says which of them compile, and the search which holes deserve effort.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from itertools import chain, islice
from typing import Protocol

from prover.graph_nodes import GoalNode
from prover.number_scripts import mentions, numerals
from prover.premises import Premise, Retrieve, none_found
from prover.scripts import body, splittable
from prover.types import Binder, Goal, Proposal, Sketch

MOST_SKETCHES = 24
"""Sketches of one goal at most; they come best first."""


class Decomposer(Protocol):
    name: str
    stages: int
    """How often it can be asked for one goal; each time after Lean has judged what it said."""
    remote: bool
    """It asks a model, which may take its time."""

    def propose(self, node: GoalNode, stage: int) -> AsyncGenerator[Sequence[Proposal], None]:
        """Sketches for this goal as they come, best first within each batch.

        Raises ModelError if its model cannot be asked.
        """
        ...

    def forget(self, goal: str) -> None:
        """It will not be asked for this goal again: what it has in mind of it may go."""
        ...


class Structural:
    name, stages, remote = "structural", 1, False

    def __init__(self, retrieve: Retrieve = none_found) -> None:
        self._retrieve = retrieve

    async def propose(self, node: GoalNode, stage: int) -> AsyncGenerator[Sequence[Sketch], None]:
        found = sketches(node.goal, self._retrieve(node.goal))
        yield list(islice(found, MOST_SKETCHES))

    def forget(self, goal: str) -> None:
        pass


def sketches(goal: Goal, premises: Sequence[Premise] = ()) -> Iterator[Sketch]:
    """Sketches in the order in which they are worth trying."""
    proposals = chain(
        split_target(goal),
        split_hypotheses(goal),
        without_subtraction(goal),
        generalised_accumulators(goal),
        islice(inductions(goal), 4),
        lemmas_about_results(goal),
        simplified_inductions(goal),
        functional_inductions(goal),
        case_splits(goal),
        witnesses(goal),
        two_step_inductions(goal),
        append_lemmas(goal),
        intervals(goal),
        islice(premise_applications(goal, premises), MOST_PREMISES),
    )
    seen: set[str] = set()
    for name, tactics in proposals:
        if tactics not in seen:
            seen.add(tactics)
            yield Sketch(body(goal, tactics), f"structural:{name}", invertible=name in INVERTIBLE)


Strategy = tuple[str, str]
"""Its name and its tactics."""

INVERTIBLE = frozenset(
    "split split-intro by-contradiction open-hypothesis cases-hypothesis cases induction"
    " strong-induction fun_induction interval".split()
)
"""Strategies that guess nothing: of a true goal they leave true ones."""


def data(goal: Goal) -> list[Binder]:
    return [b for b in goal.binders if not b.prop and b.head != "Sort"]


def props(goal: Goal) -> list[Binder]:
    return [b for b in goal.binders if b.prop]


# -- splitting ---------------------------------------------------------------------------------


def split_target(goal: Goal) -> Iterator[Strategy]:
    if goal.head in ("And", "Iff"):
        yield "split", "constructor\n· sorry\n· sorry"
    if goal.head == "Iff":
        yield "split-intro", "constructor\n· intro hl\n  sorry\n· intro hr\n  sorry"
    if goal.head == "Or":
        yield "left", "left\nsorry"
        yield "right", "right\nsorry"
    if goal.head == "Not":
        yield "by-contradiction", "intro hn\nsorry"


def split_hypotheses(goal: Goal) -> Iterator[Strategy]:
    for h in props(goal):
        if h.head in ("And", "Exists"):
            yield "open-hypothesis", f"obtain ⟨{h.name}1, {h.name}2⟩ := {h.name}\nsorry"
            return
        if h.head == "Or":
            yield "cases-hypothesis", f"cases {h.name} with\n| inl hl => sorry\n| inr hr => sorry"
            return


def case_splits(goal: Goal) -> Iterator[Strategy]:
    """Cases on a variable of a type without recursion; more than a few make no sketch."""
    for b in data(goal):
        if len(b.constructors) <= 8 and splittable(b):
            yield "cases", f"cases {b.name} with\n{alternatives(b, recursive=False)}"
    for b in data(goal):
        if b.constructors and any(r for _, _, r in b.constructors):
            yield "cases", f"cases {b.name} with\n{alternatives(b, recursive=False)}"


MOST_PREMISES = 3
LOGIC = ("Eq", "HEq", "Iff", "Not", "And", "Or", "Exists")
"""Theorems about these alone fit any goal and lead from it to its like."""


def premise_applications(goal: Goal, premises: Sequence[Premise]) -> Iterator[Strategy]:
    """A theorem of the library whose conclusion may be the goal's; its hypotheses are owed."""
    for premise in premises:
        logic = premise.name.split(".")[0] in LOGIC or "." not in premise.name
        if 1 <= premise.hypotheses <= 3 and premise.head == goal.head and not logic:
            yield "premise", "\n".join([f"apply {premise.name}", *["· sorry"] * premise.hypotheses])


# -- induction ---------------------------------------------------------------------------------


def alternatives(var: Binder, recursive: bool) -> str:
    """`| ctor a1 a2 ih1 => sorry` for every constructor."""
    lines = []
    for ctor, fields, rec in var.constructors:
        names = [f"{var.name}{i}" for i in range(1, fields + 1)]
        names += [f"ih{i}" for i in range(1, rec + 1)] if recursive else []
        lines.append(" ".join(["|", ctor, *names, "=> sorry"]))
    return "\n".join(lines)


def recursive_variables(goal: Goal) -> list[Binder]:
    """Variables of recursive types, those first that a header's function takes apart."""
    found = [b for b in data(goal) if any(r for _, _, r in b.constructors)]
    return sorted(found, key=lambda b: -rank(goal, b))


def rank(goal: Goal, var: Binder) -> int:
    """How often the variable stands directly under a definition of the header."""
    count = 0
    for name in goal.definitions:
        short = re.escape(name.split(".")[-1])
        count += len(re.findall(rf"{short}\s+(?:\S+\s+)*?{re.escape(var.name)}(?!\w)", goal.target))
    return 2 * count + (1 if re.search(rf"\b{re.escape(var.name)}\b", goal.target) else 0)


def inductions(goal: Goal) -> Iterator[Strategy]:
    """Induction on each variable: with what no hypothesis is about generalised, with nothing, and
    with everything.

    What a hypothesis is about brings that hypothesis along, and the assumption then asks for it.
    """
    for var in recursive_variables(goal):
        others = others_than(goal, var)
        free = [name for name in others if not any(mentions(h, name) for h in props(goal))]
        cases = alternatives(var, recursive=True)
        for names in dict.fromkeys([tuple(free), (), tuple(others)]):
            general = f" generalizing {' '.join(names)}" if names else ""
            yield "induction", f"induction {var.name}{general} with\n{cases}"


def others_than(goal: Goal, var: Binder) -> list[str]:
    """Variables that an induction on this one may generalise."""
    return [b.name for b in data(goal) if b.name != var.name and not mentions_type(var, b)]


def simplified_inductions(goal: Goal) -> Iterator[Strategy]:
    """Induction whose steps are simplified as far as they go; the rest is a lemma of its own.

    The induction hypotheses are used up and then cleared: the lemma gets an induction of its own.
    """
    names = ", ".join(goal.definitions[:6])
    for var in recursive_variables(goal)[:2]:
        lines = [f"induction {var.name} with"]
        for head, hypotheses in steps(var):
            if not hypotheses:
                lines.append(f"{head} sorry")
                continue
            used = ", ".join([*([names] if names else []), *hypotheses])
            lines += [f"{head}", f"  simp [{used}]", f"  clear {' '.join(hypotheses)}", "  sorry"]
        yield "simplified-induction", "\n".join(lines)


def steps(var: Binder) -> Iterator[tuple[str, list[str]]]:
    """`| ctor a1 a2 ih1 =>` with the names of its induction hypotheses."""
    for line, (_, _, rec) in zip(
        alternatives(var, recursive=True).split("\n"), var.constructors, strict=True
    ):
        yield line.removesuffix(" sorry"), [f"ih{i}" for i in range(1, rec + 1)]


def lemmas_about_results(goal: Goal) -> Iterator[Strategy]:
    """For `f (g x) = h x`: the step needs to know how `f` treats what `g` returns.

    Use the induction hypotheses from right to left, forget that the arguments are results of `g`,
    and what is left is a lemma about `f` on any argument.
    """
    if goal.head != "Eq" or not goal.definitions:
        return
    for var in recursive_variables(goal)[:2]:
        inner = re.search(rf"\(([\w.']+(?: [\w.']+)*? )?{re.escape(var.name)}\)", goal.target)
        if not inner or not inner[1] or inner[1].split()[0] not in goal.definitions:
            continue
        lines = [f"induction {var.name} with"]
        for (head, hypotheses), (_, fields, _) in zip(steps(var), var.constructors, strict=True):
            lines.append(head if hypotheses else f"{head} sorry")
            if hypotheses:
                lines += result_step(goal, var, inner[1], fields, hypotheses)
        yield "result-lemma", "\n".join(lines)


def result_step(
    goal: Goal, var: Binder, call: str, fields: int, hypotheses: list[str]
) -> list[str]:
    back = ", ".join(f"← {h}" for h in hypotheses)
    # Which fields are recursive is not known here: generalising another one is no step at all.
    calls = [f"{call}{var.name}{i}" for i in range(1, fields + 1)]
    return [
        f"  simp only [{', '.join(goal.definitions[:6])}]",
        f"  try conv => rhs; rw [{back}]",
        f"  clear {' '.join(hypotheses)}",
        *(f"  try generalize {c} = result{i}" for i, c in enumerate(calls, 1)),
        "  sorry",
    ]


def mentions_type(var: Binder, other: Binder) -> bool:
    """The variable's type depends on the other (a parameter): it cannot be generalised."""
    return mentions(var, other.name)


def two_step_inductions(goal: Goal) -> Iterator[Strategy]:
    """For functions that look two steps back: assume the claim for every smaller number."""
    for var in (b for b in recursive_variables(goal) if b.head == "Nat"):
        n = var.name
        yield (
            "strong-induction",
            f"induction {n} using Nat.strongRecOn with\n| ind {n} ih =>\n  match {n}, ih with\n"
            "  | 0, ih => sorry\n  | 1, ih => sorry\n  | k + 2, ih => sorry",
        )


def functional_inductions(goal: Goal) -> Iterator[Strategy]:
    """Induction along a definition's own recursion; its number of cases is guessed."""
    for call in calls(goal)[:2]:
        for cases in (2, 3, 4, 5, 6):
            yield "fun_induction", "\n".join([f"fun_induction {call}", *["· sorry"] * cases])


def calls(goal: Goal) -> list[str]:
    """Applications of the header's definitions to plain variables, as written in the target."""
    names = {b.name for b in data(goal)}
    found: dict[str, None] = {}
    for name in goal.definitions:
        for match in re.finditer(rf"(?<![\w.]){re.escape(name)}((?:\s+[\w']+)+)", goal.target):
            args = match[1].split()
            if args and all(a in names for a in args):
                found.setdefault(f"{name} {' '.join(args)}")
    return list(found)


# -- generalisation ----------------------------------------------------------------------------

CALL = r"(?<![\w.]){name}((?:\s+(?:[\w']+|\[\]|\([^()]*\)))+)"


def generalised_accumulators(goal: Goal) -> Iterator[Strategy]:
    """`f x 0 = g x` is proved by `∀ a, f x a = g x + a`: guess how the accumulator comes out."""
    left, equals, right = goal.target.partition(" = ")
    if goal.head != "Eq" or not equals:
        return
    for name in goal.definitions:
        for side, other in ((left, right), (right, left)):
            match = re.fullmatch(CALL.format(name=re.escape(name)), side.strip())
            if match:
                yield from with_accumulator(goal, name, split_arguments(match[1]), other.strip())


def split_arguments(text: str) -> list[str]:
    return re.findall(r"\[\]|\([^()]*\)|[\w']+", text)


def with_accumulator(goal: Goal, name: str, args: list[str], result: str) -> Iterator[Strategy]:
    for i, arg in enumerate(args):
        if arg not in ("0", "1", "[]"):
            continue
        general = " ".join([name, *args[:i], "acc", *args[i + 1 :]])
        for claim in accumulated(result, arg):
            variables = [b for b in data(goal) if re.search(rf"\b{re.escape(b.name)}\b", claim)]
            quantified = " ".join(f"({b.name} : {b.type})" for b in variables)
            binders = f"∀ acc {quantified}," if quantified else "∀ acc,"
            use = " ".join(["general", arg, *(b.name for b in variables)])
            yield (
                "accumulator",
                f"have general : {binders} {general} = {claim} := by\n"
                f"  intro acc {' '.join(b.name for b in variables)}\n  sorry\n"
                f"first | simpa using {use} | simp [general] | grind",
            )


def accumulated(result: str, start: str) -> list[str]:
    if start == "[]":
        return [f"{atom(result)} ++ acc", f"acc ++ {atom(result)}"]
    if start == "1":
        return [f"{atom(result)} * acc", f"acc * {atom(result)}"]
    return [f"{atom(result)} + acc", f"acc + {atom(result)}"]


def atom(text: str) -> str:
    return text if re.fullmatch(r"[\w.']+", text) else f"({text})"


def append_lemmas(goal: Goal) -> Iterator[Strategy]:
    """How the header's list functions treat `++`, which inductions over `f (xs ++ ys)` need."""
    lists = [b for b in data(goal) if b.head == "List"]
    if not lists or "++" not in goal.target:
        return
    element = lists[0].type
    for name in goal.definitions[:3]:
        f = name
        for claim in (f"{f} xs + {f} ys", f"{f} ys ++ {f} xs", f"{f} xs ++ {f} ys"):
            lemma = f"∀ xs ys : {element}, {name} (xs ++ ys) = {claim}"
            names = ", ".join(["append", *goal.definitions[:4]])
            for var in lists[:1]:
                yield (
                    "append-lemma",
                    f"have append : {lemma} := by\n  intro xs ys\n  sorry\n"
                    f"induction {var.name} <;> simp_all [{names}] <;> omega",
                )
                yield (
                    "append-lemma",
                    f"have append : {lemma} := by\n  intro xs ys\n  sorry\n"
                    f"induction {var.name} <;> grind [{', '.join(goal.definitions[:4])}]",
                )


# -- numbers -----------------------------------------------------------------------------------


def witnesses(goal: Goal) -> Iterator[Strategy]:
    """Small or present values for an existential."""
    if goal.head != "Exists":
        return
    variables = [b.name for b in data(goal) if b.head in ("Nat", "Int", "Bool", "List")][:2]
    values = ["0", "1", "2", *variables, *(f"{v} + 1" for v in variables), "3", "4", "5", "[]"]
    values += ["true", "false", *(f"2 * {v}" for v in variables), *map(str, range(6, 11))]
    for value in values:
        yield "witness", f"refine ⟨{value}, ?_⟩\nsorry"


def intervals(goal: Goal) -> Iterator[Strategy]:
    """A number between numerals: one hole for each of its values."""
    for var in (b for b in data(goal) if b.head in ("Nat", "Int")):
        bounds = sorted({n for h in props(goal) if mentions(h, var.name) for n in numerals(h.type)})
        for bound in [n for n in bounds if n <= 12][-2:]:
            lowest = 0 if var.head == "Nat" else -bound
            values = list(range(lowest, bound + 1))
            cases = " ∨ ".join(f"{var.name} = {v}" for v in values)
            arms = "\n".join("· sorry" for _ in values)
            names = " | ".join(["hv"] * len(values))
            yield "interval", f"have hv : {cases} := by omega\nrcases hv with {names}\n{arms}"


SUBTRACTION = re.compile(r"(.+?) = (.+) - (.+)")


def without_subtraction(goal: Goal) -> Iterator[Strategy]:
    """`a = b - c` over natural numbers follows from `a + c = b`, on which induction works."""
    match = SUBTRACTION.fullmatch(goal.target)
    if goal.head == "Eq" and match:
        left, minuend, subtrahend = match.groups()
        yield (
            "without-subtraction",
            f"have sum : {left} + {subtrahend} = {minuend} := by\n  sorry\nomega",
        )
