"""What a benchmark's copies call things, and what is done to their text on reading it; pure.

PutnamBench    lean4/src/putnam_YEAR_xN.lean: a docstring, the theorem, and for problems that ask
               for an answer `abbrev NAME_solution : T := sorry` with the answer as a comment below
ProofNet       JSONL; the copies of DeepSeek-Prover-V1.5 (name, formal_statement, header), ProofNet#
               (id, lean4_formalization, lean4_src_header) and rahul3613 (informal_stmt). Names are
               exercises' numbers, which several books share
miniF2F (GDM)  answers are written `answer(x)`, which the package that it imports reads as `x`
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from prover.lean import source
from prover.types import Problem

STATEMENT_KEYS = ("formal_statement", "statement", "lean4_formalization", "lean4_code")
HEADER_KEYS = ("header", "lean4_src_header")
INFORMAL_KEYS = (
    "informal_prefix", "informal_statement", "informal statement", "informal", "nl_statement",
    "informal_stmt",
)  # fmt: skip
"""In a row of JSONL; the first that is there is taken."""

PUTNAM = "putnam_*.lean"
SOLUTION = re.compile(
    r"^(?P<kept>[^\n]*\babbrev\s+\S+_solution\b.*?:=\s*)sorry[ \t]*\n"
    r"(?P<answer>(?:[ \t]*--[^\n]*\n)+)",
    re.MULTILINE | re.DOTALL,
)
ANSWER = re.compile(r"(?<![\w.])answer\s*(?=\()")


def split_of(text: str) -> str:
    """`miniF2F valid` -> `valid`."""
    return text.split()[-1] if text.strip() else ""


def with_answer(problem: Problem) -> Problem:
    """PutnamBench's answer in its place: with `sorry` there no proof can count, and one that chose
    the answer could choose the question."""
    return replace(problem, header=SOLUTION.sub(filled, problem.header))


def filled(match: re.Match[str]) -> str:
    lines = [line.strip().removeprefix("--").strip() for line in match["answer"].splitlines()]
    return f"{match['kept']}{' '.join(lines)}\n"


def without_answer_marks(problem: Problem) -> Problem:
    """`answer(x)` -> `(x)`; comments and strings are left alone."""
    masked = source.mask(problem.statement)
    marks = [(match.start(), match.end(), "") for match in ANSWER.finditer(masked)]
    return replace(problem, statement=source.splice(problem.statement, marks))


def unanswered(problem: Problem) -> bool:
    """Does a definition above the theorem still lack its value?"""
    return re.search(r"\bsorry\b", source.mask(problem.header)) is not None


def numbered(problems: Sequence[Problem]) -> list[Problem]:
    """ProofNet's exercises with names of their own: the second `exercise_1_2` gets `_2` behind it,
    or the next number that is free."""
    taken, seen = {problem.name for problem in problems}, Counter[str]()
    found = []
    for problem in problems:
        seen[problem.name] += 1
        name = problem.name
        if seen[name] > 1:
            numbers = iter(range(seen[name], seen[name] + len(problems) + 1))
            name = next(n for n in (f"{problem.name}_{i}" for i in numbers) if n not in taken)
            taken.add(name)
            problem = replace(problem, name=name, statement=source.rename(problem.statement, name))
        found.append(problem)
    return found
