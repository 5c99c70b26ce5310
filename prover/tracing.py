"""A repository without LeanDojo: files that import nothing but core Lean, by our own driver.

A theorem's place is guessed from the text, and Lean's parser says what its statement and its proof
are, in the scope of all that stands above. Lean then judges the reference proofs too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from prover.config import LeanConfig
from prover.errors import UserError
from prover.lean import source
from prover.lean.verifier import Unsupported, Verifier
from prover.problems import read_text
from prover.session import fit
from prover.traced import Found, Premise, Trace, Traced, header_before, line_of, offset_of, theorem
from prover.types import Candidate, Goal, Limits, Problem, Verdict

PROBE = "theorem traced_probe : True"
"""Stands for the trusted statement, of which `split` wants one."""
JUDGING = Limits(heartbeats=400_000, seconds=60.0)
"""For a reference proof: Lean's own default is 200,000."""
BUILT = (".lake", "lake-packages", "build", ".git")
"""Folders whose files are not the repository's own."""


def lean_files(repository: Path) -> list[Path]:
    """The repository's Lean files, or the one file. Raises UserError if there is none."""
    if repository.is_file():
        return [repository]
    if not repository.is_dir():
        raise UserError(f"{repository} does not exist")
    found = [
        path
        for path in sorted(repository.rglob("*.lean"))
        if path.name != "lakefile.lean" and not set(path.relative_to(repository).parts) & set(BUILT)
    ]
    if not found:
        raise UserError(f"{repository} holds no Lean file")
    return found


async def trace(verifier: Verifier, repository: Path) -> Trace:
    """All files. Raises InfrastructureError if Lean cannot be asked."""
    theorems: list[Traced] = []
    premises: list[Premise] = []
    skipped: list[str] = []
    for path in lean_files(repository):
        name = path.name if path == repository else str(path.relative_to(repository))
        file = FileTrace(verifier, read_text(path).replace("\r\n", "\n"), name)
        await file.read()
        theorems += file.theorems
        premises += file.premises
        skipped += file.skipped
    return Trace(tuple(theorems), tuple(premises), tuple(skipped))


class FileTrace:
    """One file, read from its top: what is known of a theorem is part of the next one's header."""

    def __init__(self, verifier: Verifier, text: str, name: str) -> None:
        self.theorems: list[Traced] = []
        self.premises: list[Premise] = []
        self.skipped: list[str] = []
        self._above: list[Found] = []
        self._verifier, self._text, self._name = verifier, text, name

    async def read(self) -> None:
        if foreign := foreign_imports(self._text):
            self.skipped.append(
                f"{self._name} imports {foreign[0]}, which core Lean has not: LeanDojo can trace it"
            )
            return
        begins = source.theorems(self._text)
        ends = [*(match.start() for match in begins[1:]), len(self._text)]
        for match, end in zip(begins, ends, strict=True):
            why = await self._theorem(match.start(), match.start("keyword"), end)
            if why:
                self.skipped.append(f"{self._name}:{line_of(self._text, match.start())}: {why}")
        self._other_holes()

    async def _theorem(self, start: int, keyword: int, end: int) -> str:
        """Take one theorem up; or why not."""
        header, _ = header_before(self._text, start, self._above)
        (scope,), _ = fit([Problem("traced_probe", PROBE, header)], LeanConfig())
        probe = Goal("", "", PROBE, scope.header)
        split = await self._verifier.split(probe, self._text[keyword:end])
        if isinstance(split, Verdict):
            return split.reason
        if not split.theorems:
            return "Lean's parser finds no theorem here"
        found = split.theorems[0]
        if found.error is not None:
            return found.error.text
        shift = offset_of(self._text[keyword:end], found.line, found.column)
        length = len(found.body.removeprefix("fun\n").lstrip(" "))
        proof = keyword + shift
        at = Found(start, proof, proof + length, found.sorry)
        self._above.append(at)
        made = theorem(self._text, at, self._above[:-1], self._name, found.statement)
        # A proof by equations is the text of one term in Lean's reply, and none in the file.
        made = replace(made, proof="" if found.sorry else found.body)
        problem = replace(scope, name=made.name, statement=made.statement)
        if why := await self._take(problem, made):
            self._above[-1] = replace(at, sorry=True)  # no header may hold what does not compile
        return why

    async def _take(self, problem: Problem, made: Traced) -> str:
        """Have Lean elaborate the statement and judge the proof; why not, if it does not."""
        goal = await self._verifier.open(problem)
        if isinstance(goal, Unsupported):
            return f"{made.name} does not elaborate: {goal.reason}"
        if made.proof:
            candidate = Candidate(made.proof, "reference")
            verdict = await self._verifier.judge(goal, candidate, JUDGING)
            if not verdict.proved:
                return f"the proof of {made.name} is not accepted: {verdict.reason}"
        self.theorems.append(made)
        if made.proof:
            fields = {"header": problem.header, "statement": problem.statement}
            told = await self._verifier.tell("statement", fields, JUDGING.seconds)
            self.premises.append(Premise(told["name"], made.statement, made.file, made.line))
        return ""

    def _other_holes(self) -> None:
        """A `sorry` that is in no theorem is no problem to be proved."""
        for offset in holes(self._text, self._above):
            where = f"{self._name}:{line_of(self._text, offset)}"
            self.skipped.append(f"{where}: a `sorry` that is in no theorem that was read")


def foreign_imports(text: str) -> list[str]:
    return [n for n in source.imports(text) if n.split(".")[0] not in source.CORE_PACKAGES]


def holes(text: str, theorems: Sequence[Found]) -> list[int]:
    """Where a `sorry` stands outside of the theorems."""
    masked, found, at = source.mask(text), [], -1
    while (at := masked.find("sorry", at + 1)) >= 0:
        if not any(f.start <= at < f.end for f in theorems):
            found.append(at)
    return found
