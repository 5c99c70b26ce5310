"""A native Lean made of small real programs: what they are asked and how they end is real, what
they say of Lean is not."""

from __future__ import annotations

import sys
from pathlib import Path

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
