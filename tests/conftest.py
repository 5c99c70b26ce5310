"""What tests on the real Lean share: one installation, one pool, one event loop.

`make test` sets Lean up first; elsewhere a machine without it skips these tests by name.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from prover.config import LeanConfig
from prover.lean import toolchain
from prover.lean.pool import Pool
from prover.lean.process import ProcessSpec
from prover.lean.toolchain import Installation
from prover.lean.verifier import Verifier
from prover.session import process_spec

# The same examples in every run: a run of the tests says something of the code alone. To hunt for
# new ones: HYPOTHESIS_PROFILE=default make test
# No test has a deadline: how long it takes is up to what else the machine does.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))


@pytest.fixture(scope="session")
def installation() -> Installation:
    """The embedded Lean of this machine."""
    found = toolchain.find("embedded")
    if found is None:
        pytest.skip("the embedded Lean is not installed: run `prover setup`")
    return found


@pytest.fixture(scope="session")
def lean_spec(installation: Installation) -> ProcessSpec:
    """How to start the embedded Lean's driver."""
    return process_spec(installation)


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """The event loop that `verifier` lives in: `runner.run(verifier.judge(...))`."""
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="session")
def verifier(
    installation: Installation, lean_spec: ProcessSpec, runner: asyncio.Runner
) -> Iterator[Verifier]:
    """Verdicts by two workers, started when they are first asked."""
    pool = Pool(lean_spec, 2, LeanConfig().memory_mb)
    yield Verifier(pool, installation.facts())
    runner.run(pool.close())


@pytest.fixture(scope="session", autouse=True)
def proofs_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing that tests do reads or writes the user's proof store."""
    os.environ["PROVER_PROOFS"] = str(tmp_path_factory.mktemp("proofs") / "session.sqlite")


@pytest.fixture(autouse=True)
def own_proofs(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor do they know what another test has proved."""
    folder = tmp_path_factory.mktemp("proofs")
    monkeypatch.setenv("PROVER_PROOFS", str(folder / "proofs.sqlite"))
