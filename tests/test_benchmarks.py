"""The benchmarks are run by hand; here only that they would find their proofs and end cleanly."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import endurance
import workload


def test_the_fixed_proofs_are_there() -> None:
    found = workload.proofs()
    assert [proof.name for proof in found] == list(workload.NAMES)
    assert all(proof.fields["body"] in proof.text for proof in found)


def test_a_proof_behind_a_step_of_its_own() -> None:
    assert workload.behind("s", "by omega") == "by\n  s\n  omega"
    assert workload.behind("s", "by\n    a\n    b") == "by\n    s\n    a\n    b"
    assert workload.behind("s", "fun h =>\n  h") == "s; fun h =>\n  h"
    one, two = (workload.fresh(workload.trivial(0)) for _ in range(2))
    assert one["body"] != two["body"]
    both = workload.fresh({"text": "theorem t : p := by x", "body": "by x"})
    assert both["text"] == f"theorem t : p := {both['body']}"


def test_kills_of_the_fake_driver_leave_what_was_there() -> None:
    driver = replace(endurance.fake(), limit=0.005)
    found = asyncio.run(endurance.kills(driver, 50))
    first, last = found["samples"]
    assert (first["kills"], last["kills"]) == (0, 50)
    assert all(first[name] == last[name] for name in ("descriptors", "children", "zombies"))


def test_growth_is_counted_from_when_memory_has_settled() -> None:
    samples = [(500, 50.0), (1000, 100.0), (1500, 120.0), (2000, 110.0)]
    growth = endurance.growth(samples)
    assert growth is not None and round(growth) == 10
    assert endurance.growth(samples[:2]) is None
