"""Proposals for refuting a goal, that is, cheap proofs of its negation; pure.

Bounded testing in the manner of QuickCheck (Claessen, Hughes, ICFP 2000), but inside Lean: a goal
restricted to lists of values is decidable wherever its parts are, so the kernel runs through all
of them at once, and what is false there is false. Where nothing decides the goal, `simp` looks at
a few instances. What was shown for lists is narrowed down to one value a variable by halving them.
A refutation has to be cheap, since most goals are true: as it is now it costs what one or two
attempts at a proof cost.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from prover.digest import sha256
from prover.graph_nodes import REFUTER
from prover.types import Binder, Candidate, Goal
from prover.values import Values, inductives, neighbours, substituted

MOST_TUPLES = 64
"""Instances that the kernel runs through at once: 100 to 300 ms in the embedded Lean, where those
of machine words take eight times as long."""
MOST_VALUES = 16
"""Values of one variable."""
MOST_APART = 4
"""Instances that want a proof of their own, one after the other."""
CLASSES = frozenset(
    "DecidableEq BEq LawfulBEq Inhabited Ord Hashable Repr ToString LE LT Min Max Add Sub Mul Neg"
    " Zero One Append".split()
)
FOUND = "inferInstance"
"""What stands for an instance of a class."""


@dataclass(frozen=True)
class Trial:
    """The goal restricted to a few values of its variables, and how that is shown false."""

    goal: Goal
    values: tuple[tuple[str, ...], ...]
    """For each binder; none for a hypothesis."""
    few: tuple[tuple[str, ...], ...] = ()
    """The values if nothing decides the goal; none if something is known to."""
    decided: bool = True
    """By the kernel, all lists at once; else by `simp`, each instance for itself."""
    before: tuple[str, ...] = ()
    """Tactics that make of the claim what the kernel can decide."""

    @property
    def candidate(self) -> Candidate:
        name = "bounded" if self.before else "test" if self.decided else "simp"
        ways = [way for claim in self._claims() for way in self._way(claim)]
        # Of a failed `first` Lean prints nothing: the lists and why they are true take it longer
        # than to find out.
        lines = ["by", "  intro claim", *(f"  {line}" for line in self.before)]
        lines += ["  first", *ways, "  | fail"]
        return Candidate("\n".join(lines), f"{REFUTER}:{name}")

    def _way(self, claim: str) -> list[str]:
        """An alternative of `first`. No `by` lies within another: from an inner one Lean would go
        on, its goals given up, and the next alternative would not have its turn."""
        lines = [f"  | refine absurd ({claim}) ?_"]
        if not self.decided:
            return [*lines, f"    {simp(self.goal)}", "    done"]
        if not self.few:
            return [*lines, "    decide +kernel"]
        lines += ["    first", "    | decide +kernel"]
        # `simp` has a try only where Lean does not know how to decide: it takes longer.
        lines += ["    | fail_if_success refine of_decide_eq_true ?_", "      first"]
        for instance in self.parts[1]._claims():
            lines += [f"      | refine fun _ => absurd ({instance}) ?_"]
            lines += [f"        {simp(self.goal)}", "        done"]
        return [*lines, "      | fail", "    | fail"]

    @property
    def parts(self) -> tuple[Trial, Trial]:
        """The two ways of it."""
        return replace(self, few=()), Trial(self.goal, self.few, decided=False)

    @property
    def counterexample(self) -> str:
        """`n = 3, m = 0`, where there is one value a variable; what Lean finds is left out."""
        pairs = zip(self.goal.binders, self.values, strict=True)
        return ", ".join(f"{b.name} = {bare(v[0])}" for b, v in pairs if v and v[0] != FOUND)

    def halves(self) -> tuple[Trial, Trial] | None:
        """What to look at next, and what it is if not that; None if all variables are fixed.

        First which way it was, then one variable with half of its values, or with the others.
        """
        if self.few:
            return self.parts
        sizes = [len(values) for values in self.values]
        if max(sizes, default=0) < 2:
            return None
        widest = sizes.index(max(sizes))
        cut = (sizes[widest] + 1) // 2
        values = self.values[widest]
        return self._with(widest, values[:cut]), self._with(widest, values[cut:])

    def _with(self, index: int, values: tuple[str, ...]) -> Trial:
        return replace(self, values=(*self.values[:index], values, *self.values[index + 1 :]))

    def _claims(self) -> Iterator[str]:
        """A proof term for each choice of what no list can hold."""
        columns = [
            (None,) if len(values) > 1 and self.decided and listed(binder) else values or (None,)
            for binder, values in zip(self.goal.binders, self.values, strict=True)
        ]
        for chosen in product(*columns):
            yield self._claim(chosen)

    def _claim(self, chosen: Sequence[str | None]) -> str:
        """`claim` applied to the values, the lists and the hypotheses bound before it."""
        bound, given, fixed = "", [], dict[str, str]()
        for binder, values, value in zip(self.goal.binders, self.values, chosen, strict=True):
            given.append(binder.name if value is None else value)
            if value is not None:
                fixed[binder.name] = value
            elif values:
                type = substituted(binder.type, fixed)
                bound += f" {binder.name} (_ : {binder.name} ∈ {as_list(values, type)})"
            else:
                bound += f" {binder.name}"
        claim = " ".join(["@claim", *given])
        return f"fun{bound} => {claim}" if bound else claim


def as_list(values: Sequence[str], type: str) -> str:
    """Long rows of small numbers in short: to read a numeral costs Lean more than to count."""
    if type == "Nat" and len(values) > 4 and values == tuple(map(str, range(len(values)))):
        return f"List.range {len(values)}"
    return f"([{', '.join(values)}] : List ({type}))"


def simp(goal: Goal) -> str:
    names = f" [{', '.join(goal.definitions[:8])}]" if goal.definitions else ""
    return f"simp +decide{names}"


def bare(value: str) -> str:
    """Without the brackets that it needs as an argument."""
    return value[1:-1] if re.fullmatch(r"\([^(),]*\)", value) else value


def listed(binder: Binder) -> bool:
    """Can the goal be decided for a whole list of its values?"""
    unshaped = binder.type in ("Prop", "Type") or re.search(r"→\s*Prop$", binder.type)
    return not unshaped and binder.head not in CLASSES


def trials(goal: Goal) -> list[Trial]:
    """The simplest first; none if a variable's type has no values here."""
    known = inductives(goal.header)
    text = " ".join([goal.target, *(b.type for b in goal.binders)])
    chance = random.Random(sha256(goal.key or goal.statement))
    near = neighbours(text)
    most = MOST_TUPLES // (8 if any(b.head == "BitVec" for b in goal.binders) else 1)
    found = columns(goal, Values(known), most)
    if found is None:
        return []
    hard = re.search("[∀∃→]", text)  # no instance of it is simple enough for `simp`
    few = None if hard else columns(goal, Values(known), MOST_APART)
    made = [Trial(goal, found, few or ())]
    other = columns(goal, Values(known, near, chance), most) if near else None
    return made if other in (None, found) else [*made, Trial(goal, other)]


def columns(goal: Goal, values: Values, most: int) -> tuple[tuple[str, ...], ...] | None:
    """Values for each binder, `most` instances in all; None if there are none for some variable."""
    found: list[tuple[str, ...]] = []
    types: dict[str, str] = {}
    for binder in goal.binders:
        mine = () if binder.prop else of_binder(binder, types, values)
        if not binder.prop and not mine:
            return None
        if binder.type == "Type":
            types[binder.name] = mine[0]
        found.append(mine)
    apart = [i for i, b in enumerate(goal.binders) if found[i] and not listed(b)]
    others = [i for i, b in enumerate(goal.binders) if found[i] and listed(b)]
    sizes = allotted({i: len(found[i]) for i in others}, most)
    sizes |= allotted({i: len(found[i]) for i in apart}, MOST_APART)
    return tuple(v[: sizes.get(i, 0)] for i, v in enumerate(found))


def of_binder(binder: Binder, types: dict[str, str], values: Values) -> tuple[str, ...]:
    """One type for a type variable, since the values of others depend on it."""
    if binder.head in CLASSES:
        return (FOUND,)
    most = 1 if binder.type == "Type" else MOST_VALUES
    return tuple(values.of(substituted(binder.type, types), most))


def allotted(available: dict[int, int], most: int) -> dict[int, int]:
    """How many values each variable gets, evenly, as far as the product may grow."""
    sizes, growing, total = dict.fromkeys(available, 1), set(available), 1
    while growing:
        least = min(growing, key=lambda i: (sizes[i], i))
        larger = total // sizes[least] * (sizes[least] + 1)
        if sizes[least] < available[least] and larger <= most:
            sizes[least], total = sizes[least] + 1, larger
        else:
            growing.discard(least)
    return sizes
