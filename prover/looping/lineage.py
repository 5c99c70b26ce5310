"""What was made from what: a line for every artefact of a loop, by the hash of its content.

So any model can be traced to the rows, runs and problems behind it, and a file that was changed
afterwards is noticed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from prover.store import EVENTS, is_run

WEIGHTS = "model.safetensors"


def sha256_of(path: Path) -> str:
    """Of a file; of a run its events, of a model its weights. Empty if there is none."""
    if path.is_dir():
        path = path / (EVENTS if is_run(path) else WEIGHTS)
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def entry(folder: Path, step: str, made: Path, of: Iterable[Path], **more: Any) -> dict[str, Any]:
    """One line: what was made in which step, and from what."""
    return {
        "step": step,
        "file": str(made.relative_to(folder)),
        "sha256": sha256_of(made),
        "from": {str(path.relative_to(folder)): sha256_of(path) for path in of},
        **more,
    }


def append(file: Path, entry: Mapping[str, Any]) -> None:
    """The last line of a step is what holds: one that was cut off is made again."""
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(entry, ensure_ascii=False) + "\n")


def changed(folder: Path, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Files that are not what they were when they were made, or what something was made from."""
    found = []
    for each in {e["file"]: e for e in entries}.values():
        for name, known in {each["file"]: each["sha256"], **each["from"]}.items():
            if sha256_of(folder / name) != known:
                found.append(f"{name} (of {each['step']})")
    return list(dict.fromkeys(found))
