"""A library grown on the real Lean: from instances to a law that closes a further one."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path

import pytest

from prover.campaign import run_campaign
from prover.config import RunConfig
from prover.graph import ProofGraph
from prover.growing.growing import grow
from prover.growing.kept import load, write
from prover.growing.uses import uses
from prover.lean.verifier import Verifier
from prover.store import RunStore
from prover.types import Candidate, Event, Goal, Limits, Problem, Verdict

FOLD = "theorem fold_{k} (xs : List Nat) : xs.foldr (fun x acc => x + acc) {k} = xs.sum + {k}"
PROOF = "by\n  induction xs <;> grind"
EASY = "theorem easy_{k} (a b : Nat) : a + b + {k} = b + a + {k}"


async def run_of(verifier: Verifier, *proved: tuple[str, str]) -> ProofGraph:
    """Events of a run that proved these, without the search for them."""
    graph = ProofGraph()
    said = {"config_digest": "", "lean": verifier.facts.lean, "python": ""}
    graph.apply(Event("run_started", 0.0, said))
    for statement, body in proved:
        problem = Problem(statement.split()[1], statement)
        goal = await verifier.open(problem)
        assert isinstance(goal, Goal)
        proof = Candidate(body, "portfolio:written")
        verdict = await verifier.judge(goal, proof, Limits())
        assert verdict.proved
        for kind, data in (
            ("problem_added", {"problem": asdict(problem)}),
            ("goal_opened", {"goal": asdict(goal)}),
            ("attempt", {"goal": goal.id, "candidate": asdict(proof), "verdict": asdict(verdict)}),
        ):
            graph.apply(Event(kind, 0.0, data))
    return graph


@pytest.mark.lean
@pytest.mark.slow
def test_instances_become_a_law_that_later_runs_use(
    runner: asyncio.Runner, verifier: Verifier, tmp_path: Path
) -> None:
    folds = [(FOLD.format(k=k), PROOF) for k in (3, 7)]
    easy = [(EASY.format(k=k), "by\n  omega") for k in (3, 7)]
    graph = runner.run(run_of(verifier, *folds, *easy))
    further = Problem("fold_12", FOLD.format(k=12))
    goal = runner.run(verifier.open(further))
    assert isinstance(goal, Goal)
    library = runner.run(grow(verifier, [graph], [goal], Limits(10_000, 20.0), 2))
    (entry,) = library.entries
    assert "(b : Nat)" in entry.statement and set(entry.instances) == {"fold_3", "fold_7"}
    assert entry.credit is not None and entry.credit.used == 1 and entry.credit.deserved
    assert library.why["automation alone proves it"] >= 1 and library.why["kept"] == 1
    write(library, tmp_path / "library.lean")
    assert load(tmp_path / "library.lean").entries[0].lemmas == entry.lemmas
    config = RunConfig.model_validate(
        {
            "problems": {"source": "test"},
            "search": {"library": str(tmp_path / "library.lean"), "store": "none"},
        }
    )
    with RunStore.create(tmp_path / "run", config) as store:
        later = runner.run(run_campaign(config, [further], store, verifier))
    assert later.problem_state("fold_12") == "verified"
    (used,) = uses(later, library)
    assert (used.offered, used.closed, used.in_proofs) == (1, 1, 1)
    proof = (tmp_path / "run" / "proofs" / "fold_12.lean").read_text()
    assert entry.statement in proof


def test_nothing_grows_from_nothing() -> None:
    class Silent(Verifier):
        def __init__(self) -> None:
            pass

    assert asyncio.run(grow(Silent(), [ProofGraph()], [], Limits(), 3)).entries == ()
    assert Verdict("proved").proved
