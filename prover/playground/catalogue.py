"""All families by name."""

from __future__ import annotations

from prover.errors import UserError
from prover.playground import (
    accumulators,
    arithmetic,
    finite,
    functions,
    logic,
    numbers,
    sequences,
    structures,
)
from prover.playground.family import Family

FAMILIES: dict[str, Family] = {
    family.name: family
    for module in (
        arithmetic,
        numbers,
        sequences,
        accumulators,
        structures,
        logic,
        finite,
        functions,
    )
    for family in module.FAMILIES
}


def family(name: str) -> Family:
    """Raises UserError for a name that is none of a family."""
    if name not in FAMILIES:
        raise UserError(f"{name!r} is no family of the playground: {', '.join(FAMILIES)}")
    return FAMILIES[name]
