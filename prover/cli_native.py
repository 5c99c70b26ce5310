"""`prover setup --native`: says what the machine lacks, else makes a lake project ready."""

from __future__ import annotations

from pathlib import Path

from prover.cli_lean import self_test
from prover.cli_output import DOWN, OK, Display, data, display, error, note
from prover.cli_signals import run
from prover.config import LeanConfig
from prover.lean import confine, mathlib


def setup(project: str) -> int:
    """Do what is left to do; DOWN if something is lacking, or the driver does not judge."""
    folder = Path(project).expanduser().resolve() if project else mathlib.default_project()
    if (folder / "lean-toolchain").is_file() and mathlib.ready(folder):
        data(f"Lean {mathlib.toolchain(folder)} is there already: {folder}")
        return OK
    if found := mathlib.lacks(folder):
        for sentence in found:
            error(sentence)
        return DOWN
    mathlib.lay(folder)
    with display() as shown:
        run(mathlib.prepare(folder, note, lambda line: shown.work(line, 0, 1)))
        judges = judged(folder, shown)
    if judges:
        data(f"Lean {mathlib.toolchain(folder)} is ready: {folder}")
        note(f"next: prover run configs/native.yaml --set lean.project={folder}")
    return OK if judges else DOWN


def judged(folder: Path, shown: Display) -> bool:
    """Does the driver judge right in this Lean? Its own proofs need no confinement."""
    bwrap, trouble = confine.find()
    if bwrap is None:
        note(f"warning: {trouble}, and runs want it to confine candidates (docs/confinement.md)")
    imports = ["Mathlib"] if mathlib.has_mathlib(folder) else []
    config = LeanConfig(backend="native", project=str(folder), confine=bwrap is not None)
    shown.work("the driver judges a right and a wrong proof", 0, 1)
    proofs = run(self_test(config, imports))
    for proof in proofs:
        if not proof.right:
            said = f"{proof.statement} was {proof.verdict.status} ({proof.verdict.reason})"
            error(f"the driver does not judge right: {said}, and it must be {proof.wanted}")
    return all(proof.right for proof in proofs)
