"""How various a set of problems is, and what two sets have in common; pure.

Distinct goals are counted by Lean's canonical key together with the header that gives it its
meaning. A shape is the statement with its variables and numerals numbered away, so that what
differs in numbers alone counts once. Overlap by text is that of `prover/data/overlap.py`, ten
tokens in a row as DeepSeekMath counts (arXiv 2402.03300, section 2.1).
"""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

from prover.data.overlap import Overlap
from prover.data.tokens import bare, tokens
from prover.errors import UserError
from prover.lean import source
from prover.playground.made import Made, identity

VARIABLE = re.compile(r"v\d+")
RELATION = re.compile(r"[=≤<≠∣∀∃∧∨¬↔∈]")
BINDER = re.compile(r"[({]\s*([^(){}:]+?)\s*:\s*((?:[^()]|\([^()]*\))*)[)}]")
HYPOTHESIS = re.compile(r"h\d+")
TACTIC = re.compile(r"[a-z]\w*")
PREMISES = re.compile(r"\[([^\]]*)\]")


def report(files: Mapping[str, Sequence[Made]]) -> dict[str, Any]:
    """Of each file, and of each pair of them."""
    return {
        "files": {name: of_set(made) for name, made in files.items()},
        "overlap": [
            {"of": one, "in": other, **shared(files[one], files[other])}
            for one, other in permutations(files, 2)
        ],
    }


def of_set(made: Sequence[Made]) -> dict[str, Any]:
    texts = [tokens(each.problem.statement) for each in made]
    families = Counter(each.family for each in made)
    constants = Counter(token for text in texts for token in set(map(normal, text)))
    return {
        "problems": len(made),
        "distinct_goals": len({identity(each) for each in made}),
        "distinct_keys": len({each.key for each in made}),
        "distinct_headers": len({each.problem.header for each in made} - {""}),
        "shapes": len({shape(text) for text in texts}),
        "constants": len([c for c in constants if not VARIABLE.fullmatch(c) and c != "#"]),
        "commonest_constants": dict(
            Counter({c: n for c, n in constants.items() if not VARIABLE.fullmatch(c)})
            .most_common(30)
        ),
        "hypotheses": dict(sorted(Counter(hypotheses(each) for each in made).items())),
        "quantifier_depth": dict(sorted(Counter(depth(each) for each in made).items())),
        "tokens": spread([len(text) for text in texts]),
        "entropy_bits": round(entropy(families), 3),
        "most_entropy_bits": round(math.log2(len(families)), 3) if families else 0.0,
        "standing": dict(Counter(each.standing for each in made)),
        "how": dict(Counter(each.how for each in made)),
        "families": {name: of_family(name, made) for name in sorted(families)},
        "proofs": of_proofs([each.proof for each in made if each.standing == "proved"]),
    }  # fmt: skip


def of_family(name: str, made: Sequence[Made]) -> dict[str, Any]:
    mine = [each for each in made if each.family == name]
    return {
        "problems": len(mine),
        "shapes": len({shape(tokens(each.problem.statement)) for each in mine}),
        "levels": dict(sorted(Counter(each.level for each in mine).items())),
        **Counter(each.standing for each in mine),
    }


def of_proofs(proofs: Sequence[str]) -> dict[str, Any]:
    """The tactic that closes each, what is named to it, and how long it is in characters."""
    if not proofs:
        return {"count": 0}
    premises = Counter(
        name.strip() for proof in proofs for part in PREMISES.findall(proof)
        for name in part.split(",")
    )  # fmt: skip
    last = Counter(last_tactic(proof) for proof in proofs)
    return {
        "count": len(proofs),
        "distinct": len(set(proofs)),
        "characters": spread([len(proof) for proof in proofs]),
        "tactics": dict(last.most_common(12)),
        "premises": len(premises),
    }


def last_tactic(proof: str) -> str:
    match = TACTIC.search(proof.strip().rsplit("\n", 1)[-1].removeprefix("by"))
    return match[0] if match else ""


def normal(token: str) -> str:
    return "#" if token[0].isdigit() else token


def shape(text: Sequence[str]) -> tuple[str, ...]:
    """Numerals are all alike in it; variables are numbered already."""
    return tuple(map(normal, text))


def hypotheses(made: Made) -> int:
    """Binders of the signature that are propositions, by their name or their type."""
    try:
        binders, _ = source.signature(made.problem.statement)
    except UserError:
        return 0
    return sum(
        len(names.split()) for names, type in BINDER.findall(binders)
        if HYPOTHESIS.match(names) or RELATION.search(type)
    )  # fmt: skip


def depth(made: Made) -> int:
    """How many quantifiers lie in one another at most, those before the colon left out."""
    deepest, here, outer = 0, 0, list[int]()
    for char in bare(made.problem.statement):
        if char in "([{⟨":
            outer.append(here)
        elif char in ")]}⟩" and outer:
            here = outer.pop()
        elif char in "∀∃":
            here += 1
            deepest = max(deepest, here)
    return deepest


def spread(numbers: Sequence[int]) -> dict[str, float]:
    if not numbers:
        return {}
    ordered = sorted(numbers)
    return {
        "least": ordered[0], "median": statistics.median(ordered),
        "p90": ordered[int(0.9 * (len(ordered) - 1))], "most": ordered[-1],
    }  # fmt: skip


def entropy(counts: Mapping[str, int]) -> float:
    """In bits."""
    total = sum(counts.values())
    return sum(n / total * math.log2(total / n) for n in counts.values() if n)


def shared(one: Sequence[Made], other: Sequence[Made]) -> dict[str, Any]:
    """How many of one set are in the other: as problems, by key alone, by shape, by ten tokens."""
    there = {identity(each) for each in other}
    keys = {each.key for each in other if each.key}
    shapes = {shape(tokens(each.problem.statement)) for each in other}
    grams = Overlap(each.problem for each in other)
    return {
        "problems": sum(identity(each) in there for each in one),
        "keys": sum(each.key in keys for each in one),
        "shapes": sum(shape(tokens(each.problem.statement)) in shapes for each in one),
        "ten_tokens": sum(bool(grams.why(each.problem.statement, "")) for each in one),
        "total": len(one),
    }
