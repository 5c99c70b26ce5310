"""The positive list of syntax: it names kinds that exist, and leaves out what runs code."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from prover.lean.verifier import Verifier
from tests.lean.lean_client import Client

pytestmark = pytest.mark.lean

GRAMMAR = Path(__file__).parents[2] / "lean_project" / "Driver" / "Grammar.lean"

KINDS = """open Lean Elab Command
meta partial def text : Name → String
  | .anonymous => ""
  | .str .anonymous s => s
  | .str p s => text p ++ "." ++ s
  | .num p n => text p ++ "." ++ toString n
meta partial def lines : List Name → String
  | [] => ""
  | x :: xs => text x ++ "\\n" ++ lines xs
meta def say (s : String) : CommandElabM Unit :=
  throw (Exception.error .missing (.ofFormat (.text s)))
run_cmd do say (lines (Parser.getSyntaxNodeKinds (← getEnv)))
"""

UNREGISTERED = {"fieldIdx", "hygieneInfo", "interpolatedStrKind", "interpolatedStrLitKind"}
"""Node kinds of tokens, which the table of kinds does not hold."""

RUNS_CODE = (
    "Lean.Parser.Tactic.runTac",
    "Lean.byElab",
    "Lean.runCmd",
    "Lean.runElab",
    "Lean.runMeta",
    "Lean.includeStr",
    "Lean.Parser.Term.unsafe",
    "Lean.Parser.Tactic.nativeDecide",
    "Lean.Parser.Tactic.bvDecide",
    "Lean.Parser.Term.quot",
    "Lean.Parser.Term.dynamicQuot",
    "Lean.Parser.Tactic.quot",
    "Lean.Parser.Command.eval",
    "Lean.Parser.Command.macro",
    "Lean.Parser.Command.elab",
    "Lean.Parser.Command.initialize",
    "Lean.Parser.Command.axiom",
    "Lean.Parser.Command.opaque",
    "Lean.Parser.Command.attribute",
    "Lean.Parser.Attr.extern",
    "Lean.Parser.Attr.export",
)


def listed() -> set[str]:
    text = GRAMMAR.read_text()
    table = text[text.index("def grammarTable") : text.index("partial def insertWords")]
    rows = re.findall(r'\((`[\w.]+|Name\.anonymous), "([^"]*)"\)', table.replace("\\\n", " "))
    return {
        f"{name[1:]}.{word}" if name.startswith("`") else word
        for name, words in rows
        for word in words.replace("\\\\", "\\").split()
    }


@pytest.fixture(scope="module")
def known(runner: asyncio.Runner, verifier: Verifier) -> set[str]:
    reply = Client(runner, verifier).ask("statement", header=KINDS, statement="theorem t : True")
    return set(str(reply["error"]).partition(": ")[2].split("\n"))


def test_every_kind_on_the_list_is_one(known: set[str]) -> None:
    assert len(known) > 1500 and len(listed()) > 800
    assert listed() - known - UNREGISTERED == set()


def test_what_runs_code_is_not_on_the_list(known: set[str]) -> None:
    assert set(RUNS_CODE) <= known, "these names must mean something here"
    assert not set(RUNS_CODE) & listed()
    assert not [kind for kind in listed() if "antiquot" in kind or kind.endswith(".quot")]
