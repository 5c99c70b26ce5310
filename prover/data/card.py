"""What a data set says of itself: its card, a Croissant description and checksums. Pure but for
reading the files that they are of."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from prover.data.columns import columns
from prover.errors import UserError

CARD = "README.md"
CROISSANT = "croissant.json"
CHECKSUMS = "checksums"
MANIFEST = "export.json"

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
"""Categories of the Hugging Face hub."""

ABOUT = {
    "proofs": "theorems of verified files, problems and lemmas alike, with their proofs",
    "sketches": "goals proved by a decomposition: the plan, the sketch with holes, what the holes"
    " owe, and the proof composed of all",
    "steps": "single tactics with the goals that they met and left",
    "repairs": "proofs that Lean rejected, its error, and a proof of the same goal that it took",
    "refutations": "false statements, each with a proof of its negation",
    "preferences": "an accepted and a rejected proof, or sketch, of the same goal",
    "prompts": "goals with how often attempts on them went well",
}

FEATURES = {"double": "float64", "list<string>": "string"}
SCHEMA_ORG = {"string": "sc:Text", "list<string>": "sc:Text", "int64": "sc:Integer",
              "double": "sc:Float", "bool": "sc:Boolean"}  # fmt: skip

CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""Of the Croissant 1.0 specification (mlcommons/croissant, docs/croissant-spec.md)."""


@dataclass
class Facts:
    """What an export came to."""

    kind: str
    shape: str
    family: str
    """Empty where no question is asked."""
    runs: list[str]
    license: str
    settings: dict[str, Any]
    rows: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    """By reason; every reason is there."""
    groups: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Rows by source, split and whether they are of a root or a lemma."""
    lean: set[str] = field(default_factory=set)
    tiers: Counter[int] = field(default_factory=Counter)
    benchmarks: list[dict[str, Any]] = field(default_factory=list)
    """name, statements, readable (by this Lean), unread (files and lines without a theorem)."""

    @property
    def title(self) -> str:
        return f"{', '.join(run.partition('@')[0] for run in self.runs)}: {self.kind}"

    def manifest(self) -> str:
        found = {name: getattr(self, name) for name in
                 ("kind", "shape", "family", "runs", "license", "settings", "rows", "dropped",
                  "benchmarks")}  # fmt: skip
        return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def read_manifest(folder: Path) -> dict[str, Any]:
    """Raises UserError if the folder is no export."""
    try:
        return dict(json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError) as exc:
        raise UserError(f"{folder / MANIFEST} cannot be read: {exc}") from exc


def card(facts: Facts, kind: type[Any], data: str) -> str:
    """README.md, with the metadata block that the Hugging Face hub reads; `data` is the file."""
    front = yaml.safe_dump(metadata(facts, kind, data), sort_keys=False, allow_unicode=True)
    return "\n".join(
        [f"---\n{front}---\n", f"# {facts.title}\n", introduction(facts), selection(facts),
         benchmarks(facts), contents(facts), described(facts, kind)]
    )  # fmt: skip


def metadata(facts: Facts, kind: type[Any], data: str) -> dict[str, Any]:
    config: dict[str, Any] = {
        "config_name": facts.kind,
        "data_files": [{"split": "train", "path": data}],
        "default": True,
    }
    found: dict[str, Any] = {
        "pretty_name": facts.title,
        "license": facts.license or "unknown",
        "language": ["en"],
        "tags": ["lean4", "theorem-proving", "formal-mathematics"],
        "task_categories": ["text-generation"],
        "size_categories": [size(facts.rows)],
        "configs": [config],
    }
    if facts.shape == "hf":
        found["dataset_info"] = [{"config_name": facts.kind, "features": features(kind)}]
    return found


def features(kind: type[Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, "list" if each.startswith("list") else "dtype": FEATURES.get(each, each)}
        for name, each in columns(kind).items()
    ]


def size(rows: int) -> str:
    return next((name for most, name in SIZES if rows < most), "n>1M")


def introduction(facts: Facts) -> str:
    tiers = [
        (2, "of files that were compiled again from the trusted statement and audited"),
        (1, "judged once, by elaborator, kernel and a walk over their axioms"),
        (0, "without a proof"),
    ]
    counts = "\n".join(f"- {facts.tiers[tier]} {what}" for tier, what in tiers if facts.tiers[tier])
    asked = f", asked as `{facts.family}` is" if facts.family else ""
    again = "\n`prover recheck` on this folder has Lean check every proof again.\n"
    return f"""{facts.rows} rows: {ABOUT[facts.kind]}. Format `{facts.shape}`{asked}.

{counts}
{again}
| | |
|---|---|
| runs | {", ".join(f"`{run}`" for run in facts.runs)} |
| Lean | {", ".join(sorted(facts.lean)) or "unknown"} |
| licence of the problems | {facts.license or "not given"} |
"""


def selection(facts: Facts) -> str:
    rows = [f"| {reason} | {count} |" for reason, count in facts.dropped.items()]
    settings = ", ".join(f"{name} {value}" for name, value in facts.settings.items())
    read = facts.rows + sum(facts.dropped.values())
    return "\n".join(
        [f"## What was left out\n\nOf {read} rows {facts.rows} stay. Asked for: {settings}.\n",
         "| reason | rows |", "|---|---|", *rows, ""]
    )  # fmt: skip


def benchmarks(facts: Facts) -> str:
    if not facts.benchmarks:
        return "No benchmark was named: before an evaluation, look for its statements here.\n"
    lines = [
        f"| {b['name']} | {b['statements']} | {b['readable']} | {b['unread']} |"
        for b in facts.benchmarks
    ]
    head = ["Looked for: the statements of these, by sequences of ten tokens, and by canonical type"
            " where this Lean can read them.\n",
            "| benchmark | statements | readable | files and lines without any |",
            "|---|---|---|---|"]  # fmt: skip
    return "\n".join([*head, *lines, ""])


def contents(facts: Facts) -> str:
    lines = [f"| {' | '.join(group)} | {count} |" for group, count in sorted(facts.groups.items())]
    head = ["## What there is\n", "| source | split | kind | rows |", "|---|---|---|---|"]
    return "\n".join([*head, *lines, ""])


def described(facts: Facts, kind: type[Any]) -> str:
    where = "" if facts.shape in ("jsonl", "hf") else " of `rows.jsonl`, which has each row's `id`"
    lines = [f"- `{name}` ({each})" for name, each in columns(kind).items()]
    return "\n".join([f"## Columns{where}\n", *lines, ""])


def croissant(facts: Facts, kind: type[Any], path: str, sha256: str) -> str:
    """The Croissant description of one Parquet file."""
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"{facts.kind}/{name}",
            "name": name,
            "dataType": SCHEMA_ORG[each],
            **({"repeated": True} if each.startswith("list") else {}),
            "source": {"fileObject": {"@id": "parquet"}, "extract": {"column": name}},
        }
        for name, each in columns(kind).items()
    ]
    made = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": f"{facts.kind}-of-lean-proofs",
        "description": f"{facts.rows} rows: {ABOUT[facts.kind]}.",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        **({"license": facts.license} if facts.license else {}),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "parquet",
                "name": "parquet",
                "contentUrl": path,
                "encodingFormat": "application/x-parquet",
                "sha256": sha256,
            }
        ],
        "recordSet": [
            {"@type": "cr:RecordSet", "@id": facts.kind, "name": facts.kind, "field": fields}
        ],
    }
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksums(folder: Path, names: Sequence[str]) -> str:
    """In the form that `sha256sum --check` reads."""
    return "".join(f"{file_sha256(folder / name)}  {name}\n" for name in sorted(names))


def mismatches(folder: Path) -> Mapping[str, str]:
    """Files of an export that are gone, changed, or not in its checksums, each with which.

    Hidden ones are nobody's data: a repository puts some there."""
    found: dict[str, str] = {}
    listed: dict[str, str] = {}
    for line in (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    for name, digest in listed.items():
        path = folder / name
        if not path.is_file():
            found[name] = "it is gone"
        elif file_sha256(path) != digest:
            found[name] = "it was changed"
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        name, hidden = "/".join(parts), any(part.startswith(".") for part in parts)
        if path.is_file() and not hidden and name != CHECKSUMS and name not in listed:
            found[name] = "the export has no such file"
    return found
