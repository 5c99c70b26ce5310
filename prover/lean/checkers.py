"""Other programs' word on a finished proof, for the native Lean: a second opinion on tier 2's.

leanchecker  replays the compiled file's declarations in Lean's own kernel; in the toolchain from
             4.28 on (leanprover/lean4, src/LeanChecker.lean and pull request 11887). It says that
             nothing was smuggled past the kernel, and nothing about which theorem that is.
comparator   compiles the problem and the solution apart, compares the statements and all they rest
             on, audits the axioms, and replays (leanprover/comparator, README.md and Main.lean).
nanoda       another kernel, in Rust, over an export of the theorem by lean4export (README.md of
             ammkrn/nanoda_lib and leanprover/lean4export; the options in nanoda's src/util.rs).

A checker that crashes, hangs or is not understood has `failed`: it has said neither yes nor no. A
file that does not compile here never reached the checker, which is `failed` too.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from prover.errors import UserError
from prover.lean import commands, source, toolchain
from prover.lean.commands import Done
from prover.lean.native import Parts
from prover.lean.toolchain import Installation
from prover.types import CheckerResult, CheckerStatus, Problem

Said = tuple[CheckerStatus, str]

AXIOMS = ("propext", "Quot.sound", "Classical.choice")
DRIVER_IMPORTS = ("Lean", "Std")
"""What the driver that judged the proof had in scope besides the header's imports."""
MAX_EXPORT = 4 * 1024**3
"""Bytes of a theorem's export, with all that it rests on."""
CHECKER_SECONDS = 900.0
"""For one checker and one proof: a replay of what a theorem of Mathlib rests on takes minutes."""
PROBLEM_FOUND = "leanchecker found a problem in Finished"
OKAY = "Your solution is okay!"

KERNEL = r"\(kernel\) (?!deep recursion|deterministic timeout|excessive memory|interrupted)"
"""The kernel's refusals; what it says when it runs out of something is none."""
REPLAY = r"(?:No such|Invalid) (?:constructor|recursor)"
COMPARISON = (
    r"Illegal axiom detected|theorem statement do not match|constant kind don't match"
    r"|Const does not match between challenge|not found in solution|constant is not a theorem"
)


@dataclass(frozen=True)
class Checker:
    name: Literal["leanchecker", "comparator", "nanoda"]
    program: Path
    version: str
    """The toolchain it came with, or a digest of the program: none of them tells its version."""
    helpers: dict[str, Path] = field(default_factory=dict)
    """Programs on PATH that it calls, by name; those that are there."""


@dataclass(frozen=True)
class Finished:
    """A finished proof and what it was to prove."""

    header: str
    statement: str
    """`theorem NAME BINDERS : TYPE`, trusted, as is `header`."""
    name: str
    """The theorem's full name, namespaces included."""
    text: str
    """The whole file. What it imports is dropped but for what the header imports too."""
    imports: tuple[str, ...] = ()
    """What the driver imported for headers that have lost their imports (`session.fit`)."""

    def solution(self) -> str:
        return self._module(self.text)

    def challenge(self) -> str:
        return self._module(f"{self.header.strip()}\n\n{self.statement.rstrip()} := by sorry\n")

    def _module(self, text: str) -> str:
        modules = dict.fromkeys([*DRIVER_IMPORTS, *self.imports, *source.imports(self.header)])
        lines = [f"import {name}" for name in modules]
        return "\n".join([*lines, "", source.strip_imports(text).strip(), ""])


def find(installation: Installation) -> tuple[Checker, ...]:
    """The checkers that this machine has for an installation; none for the embedded Lean."""
    if installation.parts is None:
        return ()
    found = []
    if program := _leanchecker(installation.parts):
        found.append(Checker("leanchecker", program, installation.lean))
    helpers = _on_path("lean4export", "landrun", "nanoda_bin")
    if program := _on_path("comparator").get("comparator"):
        found.append(Checker("comparator", program, _digest(program), helpers))
    nanoda = _on_path("nanoda_bin", "nanoda")
    if nanoda:
        program = next(iter(nanoda.values()))
        found.append(Checker("nanoda", program, _digest(program), helpers))
    return tuple(found)


def _leanchecker(parts: Parts) -> Path | None:
    """The toolchain's own. elan puts one on PATH that may lead nowhere: not that one."""
    own = parts.prefix / "bin" / "leanchecker"
    if own.is_file():
        return own
    other = _on_path("leanchecker").get("leanchecker")
    return other if other and not (other.parent / "elan").exists() else None


def _on_path(*names: str) -> dict[str, Path]:
    places = {name: shutil.which(name) for name in names}
    return {name: Path(place).absolute() for name, place in places.items() if place}


def _digest(program: Path) -> str:
    try:
        return f"sha256:{hashlib.sha256(program.read_bytes()).hexdigest()[:16]}"
    except OSError:
        return "unknown"


async def run(
    checker: Checker, installation: Installation, finished: Finished, seconds: float
) -> CheckerResult:
    """What a checker says of a finished proof, within `seconds` in all; raises nothing of its own.

    Everything runs confined where the installation is. Cancelled, it leaves no process.
    """
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory("", "prover-", ignore_cleanup_errors=True) as folder:
            job = _Job(checker, installation, finished, Path(folder).resolve(), began + seconds)
            status, detail = await WAYS[checker.name](job)
    except (OSError, UserError, UnicodeError) as exc:
        status, detail = "failed", str(exc)
    words = " ".join(detail.split())[:500]
    return CheckerResult(checker.name, checker.version, status, words, time.monotonic() - began)


async def run_all(
    installation: Installation, problem: Problem, text: str, name: str
) -> tuple[CheckerResult, ...]:
    """What every checker of this machine says of a file that is to prove `problem`.

    `name` is the theorem's full name.
    """
    finished = Finished(problem.header, problem.statement, name, text, installation.imports)
    found = find(installation)
    return tuple([await run(c, installation, finished, CHECKER_SECONDS) for c in found])


@dataclass(frozen=True)
class _Job:
    checker: Checker
    installation: Installation
    finished: Finished
    folder: Path
    """Private and empty at first."""
    deadline: float

    @property
    def parts(self) -> Parts:
        assert self.installation.parts is not None
        return self.installation.parts

    def env(self, *modules: Path) -> dict[str, str]:
        # What panics in Lean goes on otherwise, and may end well.
        confined = self.installation.bwrap is not None
        return {**self.parts.env(confined, *modules), "LEAN_ABORT_ON_PANIC": "1"}

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    async def call(
        self,
        argv: Iterable[object],
        env: dict[str, str],
        cwd: Path,
        writable: Iterable[Path] = (),
        sink: BinaryIO | None = None,
    ) -> Done:
        """Run a command that may read our folder and the checker's programs."""
        programs = [self.checker.program, *self.checker.helpers.values()]
        readable = [self.folder, *programs, *(path.resolve() for path in programs)]
        words = [str(word) for word in argv]
        line, whole = toolchain.confined(self.installation, words, env, cwd, readable, writable)
        most = commands.MAX_OUTPUT if sink is None else MAX_EXPORT
        left = max(self.deadline - time.monotonic(), 0.01)
        return await commands.run(line, whole, cwd, left, sink, most)


async def _compiled(job: _Job) -> Path | str:
    """The folder of `Finished.olean` and nothing else, or why there is none.

    While the file is elaborated it may write whatever it likes beside its result.
    """
    text = job.write("source/Finished.lean", job.finished.solution())
    out, kept = job.folder / "out", job.folder / "compiled"
    out.mkdir()
    kept.mkdir()
    made = out / "Finished.olean"
    env = job.env()
    del env["LEAN_ABORT_ON_PANIC"]  # an honest file may make a tactic panic
    argv = [job.parts.lean, "-o", made, text]
    done = await job.call(argv, env, text.parent, writable=[out])
    if done.code != 0:
        errors = [line for line in done.out.splitlines() if "error" in line]
        return f"the file was not compiled: {(done.trouble or [*errors, done.said][0])}"
    if made.is_symlink() or not made.is_file():
        return "lean has compiled the file and there is no Finished.olean"
    made.rename(kept / made.name)
    return kept


async def _run_leanchecker(job: _Job) -> Said:
    folder = await _compiled(job)
    if isinstance(folder, str):
        return "failed", folder
    argv = [job.checker.program, "Finished"]
    return read_leanchecker(await job.call(argv, job.env(folder), folder))


def read_leanchecker(done: Done) -> Said:
    """It exits with 0, or names the module on stderr and throws what the replay threw."""
    if done.code == 0:
        return "passed", ""
    _, found, why = done.err.partition(PROBLEM_FOUND)
    if done.code == 1 and found and re.search(rf"uncaught exception: (?:{KERNEL}|{REPLAY})", why):
        return "refused", why
    return "failed", done.said


async def _run_nanoda(job: _Job) -> Said:
    """Only yes is understood: nanoda ends alike on a bad proof and on a bad export (so says
    checkers/nanoda.yaml of leanprover/lean-kernel-arena)."""
    exporter = job.checker.helpers.get("lean4export")
    if exporter is None:
        return "failed", "nanoda reads what lean4export writes, and there is none on PATH"
    folder = await _compiled(job)
    if isinstance(folder, str):
        return "failed", folder
    export = job.folder / "export.ndjson"
    with export.open("wb") as sink:
        argv = [exporter, "Finished", "--", job.finished.name]
        done = await job.call(argv, job.env(folder), folder, sink=sink)
    if done.code != 0 or not export.stat().st_size:
        return "failed", f"lean4export: {done.said}"
    config = job.write("nanoda.json", nanoda_config(export))
    return read_nanoda(await job.call([job.checker.program, config], job.env(), job.folder))


def nanoda_config(export: Path) -> str:
    options = {
        "export_file_path": str(export),
        "permitted_axioms": AXIOMS,
        "unpermitted_axiom_hard_error": True,
        "nat_extension": True,
        "string_extension": True,
        "print_success_message": True,
    }
    return json.dumps(options)


def read_nanoda(done: Done) -> Said:
    checked = re.search(r"Checked (\d+) declarations with no errors$", done.out.strip())
    if done.code == 0 and checked and int(checked[1]):
        return "passed", ""
    return "failed", done.said


async def _run_comparator(job: _Job) -> Said:
    """`lake env comparator config.json` in a project that has the two modules."""
    work = job.folder / "work"
    workspace(work, job.parts.project)
    job.write("work/Challenge.lean", job.finished.challenge())
    job.write("work/Solution.lean", job.finished.solution())
    helpers = job.checker.helpers
    config = comparator_config(job.finished.name, nanoda="nanoda_bin" in helpers)
    job.write("work/config.json", config)
    env = job.env()
    env.pop("LEAN_PATH", None)  # lake says where this project's modules are
    known = {"lean4export": "LEAN4EXPORT", "landrun": "LANDRUN", "nanoda_bin": "NANODA"}
    env |= {f"COMPARATOR_{known[name]}": str(path) for name, path in helpers.items()}
    lake = job.parts.prefix / "bin" / "lake"
    argv = [lake, "env", job.checker.program, "config.json"]
    return read_comparator(await job.call(argv, env, work, writable=[work]))


def comparator_config(name: str, nanoda: bool) -> str:
    options = {
        "challenge_module": "Challenge",
        "solution_module": "Solution",
        "theorem_names": [name],
        "permitted_axioms": AXIOMS,
        "enable_nanoda": nanoda,
    }
    return json.dumps(options)


def workspace(work: Path, project: Path | None) -> None:
    """A lake project with the libraries Challenge and Solution, and all that `project` has.

    What belongs to the project is linked, its lakefile is copied and added to; its packages must
    be there, compiled.
    """
    taken = {"lakefile.toml", "lakefile.lean", "Challenge.lean", "Solution.lean", "config.json"}
    (work / ".lake").mkdir(parents=True)
    if project is not None:
        for path in project.iterdir():
            if path.name not in taken and not path.name.startswith("."):
                (work / path.name).symlink_to(path)
        if (project / ".lake" / "packages").is_dir():
            (work / ".lake" / "packages").symlink_to(project / ".lake" / "packages")
    if project is not None and (project / "lakefile.lean").is_file():
        own = (project / "lakefile.lean").read_text(encoding="utf-8")
        (work / "lakefile.lean").write_text(f"{own}\n\nlean_lib Challenge\nlean_lib Solution\n")
        return
    own = (project / "lakefile.toml").read_text(encoding="utf-8") if project else 'name = "check"'
    libraries = (f'\n\n[[lean_lib]]\nname = "{name}"\n' for name in ("Challenge", "Solution"))
    (work / "lakefile.toml").write_text(own + "".join(libraries), encoding="utf-8")


def read_comparator(done: Done) -> Said:
    """It ends with 0 and one known line, or throws why; builds that fail are thrown as well."""
    if done.code == 0 and OKAY in done.out.splitlines():
        return "passed", ""
    _, found, why = done.err.rpartition("uncaught exception:")
    if done.code == 1 and found and re.search(f"{COMPARISON}|{KERNEL}", why):
        return "refused", why
    return "failed", done.said


WAYS = {
    "leanchecker": _run_leanchecker,
    "comparator": _run_comparator,
    "nanoda": _run_nanoda,
}
