"""`prover premises`: what the library has for a statement, or by words of a name."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from prover.cli_output import OK, data, data_json, display, note
from prover.cli_run import as_problem
from prover.cli_signals import run
from prover.config import LeanConfig
from prover.errors import UserError
from prover.lean.toolchain import Progress
from prover.lean.verifier import Unsupported
from prover.library import Library, ready_library
from prover.premises import Premise, words
from prover.session import open_lean


def premises(query: str, number: int, as_json: bool) -> int:
    """One theorem a line, best first."""
    with display() as shown:
        found = run(look_up(query, number, shown.setup))
    if as_json:
        data_json([{"name": name, "statement": text} for name, text in found])
    else:
        for _, text in found:
            data(text)
    if not found:
        note("the library has nothing that shares a constant with it")
    return OK


async def look_up(query: str, number: int, progress: Progress) -> list[tuple[str, str]]:
    """(name, signature) of each. Raises UserError for a statement that Lean does not understand."""
    async with open_lean(LeanConfig(), 1, progress) as verifier:
        with closing(await ready_library(verifier, number, progress)) as library:
            return await found_in(library, query)


async def found_in(library: Library, query: str) -> list[tuple[str, str]]:
    if by_words(query):
        found: Sequence[Premise] = library.premises.search([], words(query), library.number)
    else:
        found = await for_statement(library, query)
    names = [premise.name for premise in found]
    return list(zip(names, await library.statements(names), strict=True))


def by_words(query: str) -> bool:
    """Words and names, as against a statement, which says something of them."""
    return all(part.replace("_", "").replace(".", "").isalnum() for part in query.split())


async def for_statement(library: Library, query: str) -> Sequence[Premise]:
    goal = await library.verifier.open(as_problem(query))
    if isinstance(goal, Unsupported):
        raise UserError(f"Lean does not understand the statement: {goal.reason}")
    return library.find(goal)
