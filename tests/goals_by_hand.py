"""Goals as Lean would describe them, written by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

from prover.types import Binder, Goal

T = TypeVar("T")


CONSTRUCTORS = {
    "Nat": (("zero", 0, 0), ("succ", 1, 1)),
    "Bool": (("false", 0, 0), ("true", 0, 0)),
    "List": (("nil", 0, 0), ("cons", 2, 1)),
    "Option": (("none", 0, 0), ("some", 1, 0)),
    "Tree": (("leaf", 0, 0), ("node", 3, 2)),
    "Int": (("ofNat", 1, 0), ("negSucc", 1, 0)),
}


def var(name: str, type: str) -> Binder:
    head = type.split()[0]
    return Binder(name, type, False, head, CONSTRUCTORS.get(head, ()))


def hyp(name: str, type: str, head: str) -> Binder:
    return Binder(name, type, True, head)


def goal(
    target: str,
    head: str,
    *binders: Binder,
    definitions: tuple[str, ...] = (),
    constants: tuple[str, ...] = (),
    intros: tuple[str, ...] = (),
) -> Goal:
    signature = "".join(f" ({b.name} : {b.type})" for b in binders)
    return Goal(
        "p", "p", f"theorem p{signature} : {target}", binders=binders, target=target, head=head,
        definitions=definitions, constants=constants, intros=intros,
    )  # fmt: skip


async def said(stream: AsyncIterator[Sequence[T]]) -> list[T]:
    """All that a proposer says in one stage."""
    return [proposal async for batch in stream for proposal in batch]
