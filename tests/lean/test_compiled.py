"""Compiled code, with the real Lean: made beside other work, by one, whole or not at all."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from prover import session
from prover.lean import toolchain
from prover.lean.embedded import compiled, install
from prover.lean.toolchain import Installation
from tests.lean.test_host import Host

pytestmark = [pytest.mark.lean, pytest.mark.slow]


class Stop(Exception):
    pass


@pytest.fixture(scope="module")
def bare(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """The same Lean in a cache folder of its own, without compiled code."""
    home = tmp_path_factory.mktemp("home")
    root = home / "embedded" / "lean"
    kept = compiled.file(installation.root).name
    shutil.copytree(installation.root, root, ignore=shutil.ignore_patterns("lib", kept))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROVER_HOME", str(home))
        yield replace(installation, root=root)
    shutil.rmtree(home)


def children() -> set[psutil.Process]:
    """Other tests' Lean may be among them."""
    return set(psutil.Process().children(recursive=True))


def leftovers(made: Installation) -> list[Path]:
    return list(made.root.parent.glob(f"{install.TEMPORARY}*"))


def test_who_is_stopped_leaves_none(bare: Installation) -> None:
    others = children()

    def stop(stage: str, done: float, total: float) -> None:
        if done > 1:
            raise Stop

    with pytest.raises(Stop):
        toolchain.ensure_compiled(bare, stop)
    assert not compiled.exists(bare.root) and not leftovers(bare)
    assert children() <= others


def test_it_is_given_up_when_the_run_ends(bare: Installation) -> None:
    others = children()

    async def run() -> None:
        async with session.compiling(bare):
            while not leftovers(bare):
                await asyncio.sleep(0.05)
            assert not children() <= others

    asyncio.run(run())
    assert not compiled.exists(bare.root) and not leftovers(bare)
    assert children() <= others


def test_lean_serves_without_it_and_faster_with_it(bare: Installation) -> None:
    """Two make it at the same time: one does, the other waits and finds it."""
    host = Host(bare)
    assert host.ready["compiled"] is False
    assert host.judge("by omega")["verdict"] == "proved"
    assert host.close() == 0
    stages: list[str] = []

    async def make() -> None:
        await asyncio.gather(
            *(
                asyncio.to_thread(
                    toolchain.ensure_compiled, bare, lambda stage, *_: stages.append(stage)
                )
                for _ in range(2)
            )
        )

    asyncio.run(make())
    assert {"waiting for another set-up", "compiling Lean"} == set(stages)
    assert stages.count("compiling Lean") and not leftovers(bare)
    host = Host(bare)
    assert host.ready["compiled"] is True
    assert host.judge("by omega")["verdict"] == "proved"
    assert host.close() == 0
