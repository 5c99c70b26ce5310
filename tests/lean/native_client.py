"""A native Lean made of small real programs: what they are asked and how they end is real, what
they say of Lean is not."""

from __future__ import annotations

import sys
from pathlib import Path

from prover.lean import toolchain as real
from prover.lean.toolchain import Installation

FAKE_BWRAP = Path(__file__).parent / "fake_bwrap.py"
FAKE_DRIVER = Path(__file__).parents[1] / "fake_driver.py"

LAKE = """
if sys.argv[1:] == ["env", "lean", "--print-prefix"]:
    print({prefix!r})
elif sys.argv[1:] == ["env", "printenv", "LEAN_PATH"]:
    print("lake: looking around")
    print("packages/lib:./build:nowhere")
else:
    sys.exit(f"unknown: {{sys.argv}}")
"""
LEAN = """
import os
if sys.argv[1:] == ["--print-prefix"]:
    print({prefix!r})
else:
    os.execv(sys.executable, [sys.executable, "-I", "-S", {driver!r}])
"""

EMBEDDED_LEAN = """
import os
if sys.argv[1:] == ["--print-prefix"]:
    print({prefix!r})
else:  # whatever file it is given: the image has the same driver
    os.execv({command!r}[0], {command!r})
"""
EMBEDDED_LAKE = """
import os, pathlib, signal
log = pathlib.Path({prefix!r}) / "log"
with log.open("a") as file:
    print(pathlib.Path(sys.argv[0]).name, *sys.argv[1:], file=file)
offline = (pathlib.Path({prefix!r}) / "offline").exists()
if sys.argv[1:] == ["env", "lean", "--print-prefix"]:
    print({prefix!r})
elif sys.argv[1:] == ["env", "printenv", "LEAN_PATH"]:
    print(pathlib.Path.cwd() / ".lake" / "build")
elif sys.argv[1:] == ["exe", "cache", "get"]:
    if offline:
        sys.exit("curl: (6) Could not resolve host: github.com")
    for n in range(3):
        print(f"Decompressing {{n}}", end="\\r")
    if (pathlib.Path({prefix!r}) / "hang").exists():
        (pathlib.Path({prefix!r}) / "part").write_text(str(os.getpid()))
        (pathlib.Path({prefix!r}) / "part").rename(pathlib.Path({prefix!r}) / "hanging")
        signal.pause()
    pathlib.Path(".lake/build").mkdir(parents=True, exist_ok=True)
elif sys.argv[1:] == ["build"]:
    print("Build completed successfully (2 jobs).", file=sys.stderr)
elif sys.argv[1:] == ["toolchain", "list"]:
    print((pathlib.Path({prefix!r}) / "toolchains").read_text())
elif sys.argv[1:3] == ["toolchain", "install"]:
    (pathlib.Path({prefix!r}) / "toolchains").write_text(sys.argv[3] + "\\n")
elif sys.argv[1:] == ["--version"]:
    print("elan 4.1.2")
else:
    sys.exit(f"unknown: {{sys.argv}}")
"""


def embedded_toolchain(folder: Path, installation: Installation) -> Path:
    """A toolchain whose `lean` is the embedded Lean behind the native driver's command line, and
    whose `lake` and `elan` do no more than note in `log` what they were asked.

    `offline` in the folder makes the cache fail, `hang` makes it wait for a signal."""
    names = {
        "prefix": str(folder),
        "command": real.host_command(installation, "host.cjs"),
    }
    program(folder / "bin" / "lean", EMBEDDED_LEAN.format(**names))
    for name in ("lake", "elan"):
        program(folder / "bin" / name, EMBEDDED_LAKE.format(**names))
    (folder / "toolchains").write_text("")
    return folder


def program(path: Path, code: str) -> Path:
    """An executable that runs this Python."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\nimport sys\n{code}\n")
    path.chmod(0o755)
    return path


def toolchain(folder: Path, lean: str = LEAN) -> Path:
    """A toolchain's folder with `bin/lean` and `bin/lake`; its `bin` is what PATH needs."""
    names = {"prefix": str(folder), "driver": str(FAKE_DRIVER)}
    program(folder / "bin" / "lean", lean.format(**names))
    program(folder / "bin" / "lake", LAKE.format(**names))
    return folder


def project(folder: Path) -> Path:
    """A lake project with compiled modules of its own and of a package."""
    for name in ("packages/lib", "build"):
        (folder / name).mkdir(parents=True)
    (folder / "lakefile.toml").write_text('name = "mine"\n')
    (folder / "lean-toolchain").write_text("leanprover/lean4:v4.28.0\n")
    return folder


def bwrap(folder: Path, refuse: str = "") -> Path:
    """A `bwrap` that starts the command and confines nothing, or one that can only complain."""
    code = f"import os\nos.execv(sys.executable, [sys.executable, '-I', '-S', {str(FAKE_BWRAP)!r},"
    code += " *sys.argv[1:]])"
    if refuse:
        code = f"print('setting up', file=sys.stderr)\nsys.exit({refuse!r})"
    return program(folder / "bwrap", code)
