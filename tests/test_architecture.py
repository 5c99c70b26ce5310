"""The layers of design.md, and the sizes that keep a module readable."""

from __future__ import annotations

import ast
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "prover"

LEVELS = {
    "types": 0, "errors": 0, "digest": 0, "lean.protocol": 0, "lean.turns": 0, "tasks": 0,
    "lean.waiting": 0, "llm.messages": 0, "database": 0,
    "config": 1, "certificate": 1, "lean.source": 1, "graph": 1, "ledger": 1, "lean.meter": 0,
    "repair": 1, "diagnosis": 1,
    "llm.family": 1, "llm.prompts": 1, "llm.replies": 1,
    "graph_nodes": 1, "lean.commands": 1, "lean.confine": 1, "lean.native": 1,
    "lean.layout": 1, "lean.verdicts": 1, "lean.split": 1, "lean.drafts": 1, "lean.blueprint": 1,
    "values": 2,
    "conjectures": 3, "conjecture_pool": 2, "conjecture_shapes": 3, "inductive_proofs": 3,
    "citing": 3,
    "pooling": 4, "exploring": 4,
    "lean.resident": 0, "lean.link": 1, "lean.lanes": 1,
    "problems": 2, "lean.toolchain": 2, "lean.process": 2, "lean.embedded": 2, "llm.client": 2,
    "llm.record": 2, "llm.thinking": 2, "llm.tools": 2, "llm.serving": 2, "llm.adapters": 2,
    "llm.guard": 2, "llm.merge": 2, "llm.vllm": 2, "llm.endpoints": 2,
    "search": 2, "novelty": 2, "budget": 2, "estimates": 2,
    "lean.reuse": 2, "assembly": 2, "store": 2, "drawing": 2,
    "lean.mathlib": 2, "traced": 2, "dojo": 3, "tracing": 5,
    "premises": 2, "scripts": 2, "number_scripts": 2, "diophantine": 2,
    "lean.remote": 3, "lean.nodes": 3, "lean.cluster": 3,
    "lean.pool": 3, "lean.checkers": 3, "provers": 3, "decomposers": 3, "experience": 3,
    "report": 3, "report_models": 3, "report_search": 3, "report_page": 3, "report_ledger": 3,
    "replay": 3, "history": 2, "models": 3,
    "hole_forms": 3,
    "proof_store": 2,
    "store_prover": 3, "own_lemmas": 3,
    "steps": 3,
    "data.tokens": 2, "data.columns": 2, "data.proofs": 3, "data.lineage": 3, "data.kinds": 3,
    "data.overlap": 3, "data.selection": 3, "data.shapes": 3, "data.card": 3, "data.losses": 3,
    "data.tracing": 4, "data.export": 5, "recheck_export": 5,
    "training.settings": 3, "training.rows": 3, "training.picture": 3,
    "selecting.facts": 3, "selecting.plugins": 3, "selecting.drawing": 3,
    "selecting.likelihood": 4, "selecting.choosing": 4,
    "training.weighted": 4, "training.shuffles": 4,
    "training.scratch": 4, "training.finetune": 4, "training.loop": 4, "training.train": 4,
    "lean.verifier": 4, "lean.checking": 4, "session": 4, "model_session": 4, "proposing": 4,
    "proof_keeping": 4, "lineup": 4,
    "library": 4,
    "refuting": 3, "disproving": 3,
    "refutation": 4,
    "campaign": 5, "rerun": 5, "recheck": 5, "audit": 5,
    "playground.made": 1, "playground.terms": 1, "playground.polynomials": 1,
    "playground.definitions": 1, "playground.family": 2, "playground.arithmetic": 2,
    "playground.numbers": 2, "playground.sequences": 2, "playground.accumulators": 2,
    "playground.structures": 2, "playground.logic": 2, "playground.finite": 2,
    "playground.functions": 2, "playground.catalogue": 2,
    "playground.diversity": 4, "playground.settling": 5, "playground.generate": 5,
    "looping.steps": 0, "looping.settings": 3, "looping.lineage": 3, "looping.places": 3,
    "looping.hygiene": 3,
    "looping.table": 4, "looping.stages": 6, "looping.loop": 6,
    "message_heads": 0, "curriculum.strata": 1, "curriculum.beta": 0, "curriculum.odds": 0,
    "curriculum.rates": 3, "curriculum.weights": 3, "curriculum.planning": 3,
    "curriculum.wording": 3, "curriculum.failures": 3,
    "mutating.forms": 2, "mutating.seeds": 3, "mutating.harder": 3, "mutating.pairs": 3,
    "mutating.easier": 3, "mutating.lemmas": 3, "mutating.asking": 3, "mutating.drawing": 3,
    "mutating.testing": 5, "mutating.mutate": 5,
    "recycling.ddmin": 3, "recycling.units": 3, "recycling.splicing": 3,
    "recycling.asking": 5, "recycling.pruning": 5, "recycling.wholes": 5, "recycling.recycle": 5,
    "recycling.pivots": 5,
    "growing.terms": 1, "growing.laws": 2, "growing.kept": 3, "growing.shelf": 4,
    "growing.proven": 4, "growing.uses": 5, "growing.measure": 5, "growing.growing": 5,
    "passk": 0, "errata": 1, "layouts": 1, "lint": 1, "curves": 2,
    "scoring": 4, "compare": 4, "linting": 5, "sampling": 5,
    "page_data": 3, "live": 3, "tail": 3, "web_server": 4,
    "cli": 6,
}  # fmt: skip
"""A module's level; a package's level is that of its modules, `cli` is that of `cli_*` too."""

FILE_LINES = 500
FUNCTION_LINES = 60
LEAN_PURE = {"lean.source", "lean.protocol", "lean.split"}
"""Text only: these start no process, so model code may read them."""


def modules() -> dict[str, ast.Module]:
    """Every module of the package by its name, `lean.pool` for prover/lean/pool.py."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name != "__init__.py":
            name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
            found[name] = ast.parse(path.read_text())
    return found


MODULES = modules()


def level(module: str) -> int:
    """-1 for a module that has no place yet."""
    name = "cli" if module.startswith("cli_") else module
    package = "lean.embedded" if module.startswith("lean.embedded.") else name
    return LEVELS.get(name, LEVELS.get(package, -1))


def imports(name: str) -> set[str]:
    """The package's modules that a module imports anywhere in it, lazily or not."""
    found: set[str] = set()
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "prover":
            base = (node.module or "").split(".")[1:]
            for alias in node.names:
                full = ".".join([*base, alias.name])
                found.add(full if full in MODULES else ".".join(base))
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
            found |= {".".join(parts[1:]) for parts in names if parts[0] == "prover"}
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{name}: relative import"
    return found - {""}


def all_imports() -> list[tuple[str, str]]:
    return [(name, other) for name in MODULES for other in sorted(imports(name))]


def test_no_import_cycle() -> None:
    graph = nx.DiGraph(all_imports())
    cycles = [sorted(c) for c in nx.strongly_connected_components(graph) if len(c) > 1]
    assert not cycles
    assert not list(nx.selfloop_edges(graph))


@pytest.mark.parametrize("name", MODULES)
def test_every_module_has_a_level(name: str) -> None:
    assert level(name) >= 0, f"{name} has no level: give it one in design.md and here"


def test_imports_go_downward() -> None:
    upward = [f"{a} ({level(a)}) imports {b} ({level(b)})" for a, b in all_imports()
              if level(b) > level(a)]  # fmt: skip
    assert not upward


def touches(package: str) -> list[str]:
    """Modules of a package."""
    return [name for name in MODULES if name.startswith(f"{package}.")]


def test_model_code_never_touches_lean_processes() -> None:
    model = [*touches("llm"), "provers", "decomposers", "models"]
    bad = [
        (a, b)
        for a, b in all_imports()
        if a in model and b.startswith("lean.") and b not in LEAN_PURE
    ]
    assert not bad


def test_lean_code_never_touches_models() -> None:
    model = {"provers", "decomposers", "models", "search", "campaign", *touches("llm")}
    assert not [(a, b) for a, b in all_imports() if a in touches("lean") and b in model]


def test_package_files_are_empty() -> None:
    assert not [path for path in PACKAGE.rglob("__init__.py") if path.read_text().strip()]


def test_files_stay_short() -> None:
    lengths = {str(p): len(p.read_text().splitlines()) for p in PACKAGE.rglob("*.py")}
    assert not {path: n for path, n in lengths.items() if n > FILE_LINES}


def test_functions_stay_short() -> None:
    functions = [
        (f"{name}.{node.name}", (node.end_lineno or 0) - node.lineno + 1)
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert not [(name, lines) for name, lines in functions if lines > FUNCTION_LINES]


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is(name: str) -> None:
    assert ast.get_docstring(MODULES[name])
