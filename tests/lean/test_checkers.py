"""External checkers: passed, refused, and everything else.

The programs are small fakes, started as real processes with the command lines, environments and
files that the real ones would get. None of these tests has seen a real checker.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import native_client as fake
import psutil
import pytest

from prover.lean import checkers, commands, toolchain
from prover.lean.checkers import Checker, Finished
from prover.lean.commands import Done
from prover.lean.toolchain import Installation
from prover.types import CheckerResult

LEAN = """
if sys.argv[1:] == ["--print-prefix"]:
    print({prefix!r})
    sys.exit()
o, target, file = sys.argv[1:]
text = open(file).read()
if "does not compile" in text:
    sys.exit(print(f"{{file}}:3:0: error: unknown identifier") or 1)
if "plants" in text:
    open(target + ".private", "w").write("planted")
open(target, "w").write(text)
"""
ACCEPT = """
import os
found = [f for f in os.environ["LEAN_PATH"].split(":") if os.path.exists(f"{f}/Finished.olean")]
text = open(found[-1] + "/Finished.olean").read()
assert sys.argv[1:] == ["Finished"] and len(found) == 1 and "theorem t" in text
assert os.listdir(found[0]) == ["Finished.olean"]
assert os.environ["LEAN_ABORT_ON_PANIC"] == "1"
"""
KERNEL = "(kernel) declaration type mismatch, 'false' has type\\n  Prop\\nbut it is expected"
FOUND = "leanchecker found a problem in Finished\\nuncaught exception: "
FINISHED = Finished(
    "open Nat", "theorem t : 1 + 1 = 2", "t", "open Nat\n\ntheorem t : 1 + 1 = 2 := rfl\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROVER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    fake.toolchain(tmp_path / "lean", LEAN)
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, [tmp_path / "lean/bin", tmp_path / "bin"])))
    fake.project(tmp_path / "project")
    return tmp_path


def native(folder: Path, confined: bool = False) -> Installation:
    return toolchain.ensure("native", str(folder / "project"), confined=confined)


def checker(
    folder: Path, name: str, code: str, confined: bool = False
) -> tuple[Checker, Installation]:
    """A fake checker where the real one would be found, and found there."""
    place = folder / ("lean/bin" if name == "leanchecker" else "bin")
    fake.program(place / name, code)
    installation = native(folder, confined)
    found = {c.name: c for c in checkers.find(installation)}
    return found["nanoda" if name == "nanoda_bin" else name], installation  # type: ignore[index]


def ask(
    found: tuple[Checker, Installation], finished: Finished = FINISHED, seconds: float = 20.0
) -> CheckerResult:
    before = set(psutil.Process().children(recursive=True))
    result = asyncio.run(checkers.run(*found, finished, seconds))
    assert set(psutil.Process().children(recursive=True)) <= before
    assert not list(Path(os.environ["TMPDIR"]).glob("prover-*"))
    assert "\n" not in result.detail and (result.detail == "") == (result.status == "passed")
    return result


def complain(text: str, code: int = 1) -> str:
    return f'print("{text}", file=sys.stderr)\nsys.exit({code})'


# what is found


def test_nothing_is_found_where_there_is_nothing(folder: Path) -> None:
    assert checkers.find(native(folder)) == ()
    assert checkers.find(Installation("embedded", "4.28.0", folder)) == ()


def test_each_checker_is_found_in_its_place(folder: Path) -> None:
    for name in ("lean/bin/leanchecker", "bin/comparator", "bin/nanoda_bin", "bin/lean4export"):
        fake.program(folder / name, "")
    found = checkers.find(native(folder))
    assert [c.name for c in found] == ["leanchecker", "comparator", "nanoda"]
    assert found[0].version == "leanprover/lean4:v4.28.0"
    assert found[1].version == found[2].version and found[1].version.startswith("sha256:")
    assert set(found[1].helpers) == {"lean4export", "nanoda_bin"}


def test_elans_proxy_is_not_taken_for_a_checker(folder: Path) -> None:
    fake.program(folder / "bin" / "leanchecker", "")
    assert [c.name for c in checkers.find(native(folder))] == ["leanchecker"]
    fake.program(folder / "bin" / "elan", "")
    assert checkers.find(native(folder)) == ()


# leanchecker


@pytest.mark.parametrize(
    ("code", "status", "detail"),
    [
        (ACCEPT, "passed", ""),
        (complain(FOUND + KERNEL), "refused", "declaration type mismatch"),
        (complain(FOUND + "No such constructor False.intro"), "refused", "No such constructor"),
        (complain(FOUND + "(kernel) deep recursion detected"), "failed", "deep recursion"),
        (complain(FOUND + "failed to read file 'X.olean'"), "failed", "failed to read"),
        (complain(FOUND + KERNEL, 134), "failed", "exit code 134"),
        (complain("uncaught exception: " + KERNEL), "failed", "exit code 1"),
        (complain("uncaught exception: Could not find any oleans"), "failed", "any oleans"),
        ("import os\nos.abort()", "failed", "exit code -6"),
        ("import time\ntime.sleep(600)", "failed", "no end within"),
        ("while True: print('x' * 9999)", "failed", "too much"),
        ("while True: print('x' * 9999, file=sys.stderr)", "failed", "too much"),
        ("import os\nif os.fork() == 0:\n while True: pass", "failed", "no end within"),
    ],
)  # fmt: skip
def test_leanchecker(code: str, status: str, detail: str, folder: Path) -> None:
    seconds = 3.0 if detail == "no end within" else 20.0
    result = ask(checker(folder, "leanchecker", code), seconds=seconds)
    assert (result.status, result.name) == (status, "leanchecker")
    assert detail in result.detail


def test_a_file_that_does_not_compile_never_reaches_it(folder: Path) -> None:
    bad = Finished("", "theorem t : 1 = 1", "t", "-- does not compile\ntheorem t : 1 = 1 := x")
    result = ask(checker(folder, "leanchecker", "raise SystemExit('asked')"), bad)
    assert (result.status, "unknown identifier" in result.detail) == ("failed", True)


def test_what_a_file_writes_beside_its_result_is_not_checked(folder: Path) -> None:
    text = "-- plants\ntheorem t : 1 = 1 := rfl\n"
    planted = Finished("", "theorem t : 1 = 1", "t", text)
    assert ask(checker(folder, "leanchecker", ACCEPT), planted).status == "passed"


def test_a_program_that_is_none(folder: Path) -> None:
    found = checker(folder, "leanchecker", ACCEPT)
    found[0].program.write_text("no program")
    result = ask(found)
    assert (result.status, "cannot be started" in result.detail) == ("failed", True)


def test_text_that_is_no_unicode(folder: Path) -> None:
    broken = Finished("", "theorem t : 1 = 1", "t", "theorem t : 1 = 1 := \ud800")
    assert ask(checker(folder, "leanchecker", ACCEPT), broken).status == "failed"


@pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is for Linux")
def test_confined_like_the_driver(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step goes through bwrap: the compilation may write one folder, the check none."""
    fake.bwrap(folder / "tools")
    log = folder / "bwrap.log"
    inner = (
        (folder / "tools" / "bwrap")
        .read_text()
        .replace(
            "import os\n", f"import os\nopen({str(log)!r}, 'a').write(repr(sys.argv) + '\\n')\n"
        )
    )
    (folder / "tools" / "bwrap").write_text(inner)
    monkeypatch.setenv("PATH", f"{folder / 'tools'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SECRET", "x")
    code = ACCEPT + "assert 'SECRET' not in os.environ\n"
    assert ask(checker(folder, "leanchecker", code, confined=True)).status == "passed"
    lines = [eval(line) for line in log.read_text().splitlines()]
    _, compiled, checked = lines
    writable = [compiled[i + 1] for i, word in enumerate(compiled) if word == "--bind"]
    assert len(writable) == 1 and writable[0].endswith("/out") and "--bind" not in checked


# comparator


def comparator_code(last: str) -> str:
    """Looks at the project that it was given, then does as told."""
    return f"""
import json, os
config = json.load(open(sys.argv[1]))
challenge, solution = open("Challenge.lean").read(), open("Solution.lean").read()
lakefile = open("lakefile.toml").read()
assert config["challenge_module"] == "Challenge" and config["solution_module"] == "Solution"
assert config["theorem_names"] == ["t"] and set(config["permitted_axioms"]) == {{
    "propext", "Quot.sound", "Classical.choice"}}
assert challenge.endswith("open Nat\\n\\ntheorem t : 1 + 1 = 2 := by sorry\\n")
assert solution.startswith("import Lean\\nimport Std\\n") and solution.endswith(":= rfl\\n")
assert lakefile.startswith('name = "mine"') and lakefile.count("[[lean_lib]]") == 2
assert os.path.exists("lean-toolchain") and os.path.exists("build")
assert os.path.isdir(".lake") and "LEAN_PATH" not in os.environ
{last}
"""


LAKE_ENV = """
import os
if sys.argv[1] == "env" and "/" in sys.argv[2]:
    os.execv(sys.argv[2], sys.argv[2:])
"""
THROWN = "lake: built\\nuncaught exception: Some targets failed:\\n- t: "


@pytest.mark.parametrize(
    ("last", "status", "detail"),
    [
        ("print('Lean default kernel accepts\\nYour solution is okay!')", "passed", ""),
        ("print('okay')", "failed", "exit code 0"),
        ("print('Your solution is okay!')\nsys.exit(1)", "failed", "exit code 1"),
        (complain(THROWN + "Illegal axiom detected: 'cheat'"), "refused", "Illegal axiom"),
        (complain(THROWN + "Challenge and solution theorem statement do not match: 't'"),
         "refused", "do not match"),
        (complain("uncaught exception: (kernel) application type mismatch"), "refused", "mismatch"),
        (complain("uncaught exception: Child exited with 1"), "failed", "Child exited"),
        (complain("Illegal axiom detected\\nuncaught exception: Child exited with 1"),
         "failed", "Child exited"),
        (complain("uncaught exception: Const not found in challenge: 't'"), "failed", "challenge"),
        (complain(THROWN + "Illegal axiom detected: 'cheat'", 139), "failed", "139"),
        ("import os\nos.abort()", "failed", "-6"),
        ("import time\ntime.sleep(600)", "failed", "no end within"),
        ("while True: print('Your solution is okay!')", "failed", "too much"),
    ],
)  # fmt: skip
def test_comparator(last: str, status: str, detail: str, folder: Path) -> None:
    lake = folder / "lean" / "bin" / "lake"
    lake.write_text(lake.read_text().replace("import sys\n", f"import sys\n{LAKE_ENV}", 1))
    found = checker(folder, "comparator", comparator_code(last))
    result = ask(found, seconds=3.0 if detail == "no end within" else 20.0)
    assert result.status == status, result.detail
    assert detail in result.detail


def test_a_project_in_lean_and_its_packages(folder: Path) -> None:
    project = folder / "other"
    (project / ".lake" / "packages" / "mathlib").mkdir(parents=True)
    (project / "lakefile.lean").write_text("open Lake DSL\npackage mine\n")
    (project / "Challenge.lean").write_text("not this one")
    (project / "Mine.lean").write_text("def x := 1\n")
    checkers.workspace(folder / "work", project)
    names = sorted(path.name for path in (folder / "work").iterdir())
    assert names == [".lake", "Mine.lean", "lakefile.lean"]
    text = (folder / "work" / "lakefile.lean").read_text()
    assert text.endswith("lean_lib Challenge\nlean_lib Solution\n") and "package mine" in text
    assert (folder / "work" / ".lake" / "packages" / "mathlib").is_dir()


def test_without_a_project(folder: Path) -> None:
    checkers.workspace(folder / "work", None)
    assert (folder / "work" / "lakefile.toml").read_text().startswith('name = "check"\n')


# nanoda

EXPORT = "assert sys.argv[1:] == ['Finished', '--', 't']\nprint('{\"meta\":{}}')"
NANODA = """
import json
config = json.load(open(sys.argv[1]))
assert config["unpermitted_axiom_hard_error"] is True and len(config["permitted_axioms"]) == 3
assert open(config["export_file_path"]).read().startswith('{"meta"')
"""


@pytest.mark.parametrize(
    ("export", "last", "status", "detail"),
    [
        (EXPORT, "print('Checked 12 declarations with no errors')", "passed", ""),
        (EXPORT, "print('Checked 0 declarations with no errors')", "failed", "Checked 0"),
        (EXPORT, "print('Checked 9 declarations with no errors, skipping exported but unpermitted"
         " axioms [x]')", "failed", "skipping"),
        (EXPORT, "", "failed", "exit code 0"),
        (EXPORT, complain("thread 'main' panicked at src/tc.rs", 101), "failed", "panicked"),
        (EXPORT, "import time\ntime.sleep(600)", "failed", "no end within"),
        ("sys.exit(1)", "print('Checked 12 declarations with no errors')", "failed", "lean4export"),
        ("", "print('Checked 12 declarations with no errors')", "failed", "lean4export"),
    ],
)  # fmt: skip
def test_nanoda(export: str, last: str, status: str, detail: str, folder: Path) -> None:
    fake.program(folder / "bin" / "lean4export", export)
    found = checker(folder, "nanoda_bin", NANODA + last)
    result = ask(found, seconds=3.0 if detail == "no end within" else 20.0)
    assert result.status == status, result.detail
    assert detail in result.detail


def test_nanoda_without_an_exporter(folder: Path) -> None:
    result = ask(checker(folder, "nanoda_bin", "print('Checked 1 declarations with no errors')"))
    assert (result.status, "none on PATH" in result.detail) == ("failed", True)


def test_an_export_without_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkers, "MAX_EXPORT", 1_000_000)
    fake.program(folder / "bin" / "lean4export", "while True: print('x' * 9999)")
    result = ask(checker(folder, "nanoda_bin", "print('Checked 1 declarations with no errors')"))
    assert (result.status, "too much" in result.detail) == ("failed", True)


# the texts and the runner


def test_imports_come_first_and_once() -> None:
    header = "import Mathlib.Data.Nat.Basic\nopen Nat"
    text = "import Mathlib.Data.Nat.Basic\nimport Evil\nopen Nat\n\ntheorem t : 1 = 1 := rfl"
    finished = Finished(header, "theorem t : 1 = 1", "t", text, ("Mathlib", "Lean"))
    begin = ["import Lean", "import Std", "import Mathlib", "import Mathlib.Data.Nat.Basic", ""]
    assert finished.solution().splitlines()[:6] == [*begin, "open Nat"]
    assert finished.challenge().splitlines()[:6] == [*begin, "open Nat"]
    assert "Evil" not in finished.solution()


def children() -> set[psutil.Process]:
    """Other tests' Lean may be among them."""
    return set(psutil.Process().children(recursive=True))


def test_cancelled_it_leaves_no_process(folder: Path) -> None:
    found = checker(folder, "leanchecker", "import time\ntime.sleep(600)")
    others = children()

    async def main() -> None:
        task = asyncio.create_task(checkers.run(*found, FINISHED, 60))
        while children() <= others:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert children() <= others
    assert not list(folder.glob("prover-*"))


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (Done(1, "a\n", "b\n\n"), "exit code 1: b"),
        (Done(-9), "exit code -9"),
        (Done(None, "x", "y", "no end within 1 s"), "no end within 1 s"),
    ],
)
def test_how_a_command_ended(done: Done, said: str) -> None:
    assert done.said == said


def test_a_command_gets_its_environment_and_no_input() -> None:
    code = "import os,sys,json; print(json.dumps([dict(os.environ), sys.stdin.read()]))"
    done = commands.run_now([sys.executable, "-I", "-S", "-c", code], {"A": "1"}, None, 20)
    env, read = json.loads(done.out)
    assert (env["A"], read, "PATH" in env, done.code) == ("1", "", False, 0)


def test_what_left_the_group_does_not_hold_us(tmp_path: Path) -> None:
    """A grandchild in a session of its own keeps the pipe open: the time limit still holds."""
    code = "import os,time\nif os.fork() == 0:\n os.setsid(); time.sleep(5)"
    done: Any = commands.run_now([sys.executable, "-I", "-S", "-c", code], {}, None, 1.0)
    assert (done.code, done.trouble) == (None, "no end within 1 s")
