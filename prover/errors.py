"""The error tree. A Lean failure is a value (`types.Verdict`); what is raised is one of these.

ProverError
├── UserError               exit 1: the input or the configuration is wrong
└── InfrastructureError     exit 3: something that should work does not
    ├── SetupError          Lean cannot be installed or its installation is broken
    ├── ModelError          a model cannot be asked: its server is down, or wants another key
    │   └── ModelRefused    it cannot serve this request, a prompt too long for example
    └── WorkerError         a Lean process failed while a request was with it
        ├── WorkerTimeout   no reply within the wall clock limit
        ├── WorkerMemory    the memory ceiling was passed
        ├── WorkerCrash     the process died, or Lean trapped
        └── WorkerProtocol  the process wrote what is not the protocol, or too much of it

Each message is one sentence that says what to do next where there is something to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError


class ProverError(Exception):
    exit_code = 1


class UserError(ProverError):
    exit_code = 1


class InfrastructureError(ProverError):
    exit_code = 3


class SetupError(InfrastructureError):
    pass


class ModelError(InfrastructureError):
    pass


class ModelRefused(ModelError):
    pass


class WorkerError(InfrastructureError):
    kind = "lost"
    """The `types.InconclusiveKind` that a verdict gets from it."""


class WorkerTimeout(WorkerError):
    kind = "timeout"


class WorkerMemory(WorkerError):
    kind = "memory"


class WorkerCrash(WorkerError):
    kind = "crash"


class WorkerProtocol(WorkerError):
    kind = "lost"


@contextmanager
def boundary(error: type[ProverError], what: str) -> Iterator[None]:
    """Attribute whatever escapes the block to `error`; our own errors pass unchanged.

    Cancellation and KeyboardInterrupt are no `Exception` and pass too.
    """
    try:
        yield
    except ProverError:
        raise
    except Exception as exc:
        raise error(f"{what}: {exc or type(exc).__name__}") from exc


def first_fault(exc: ValidationError) -> tuple[str, str]:
    """Where the first thing that does not fit stands (`a.b.0`, empty for the whole), and why."""
    first = exc.errors()[0]
    return ".".join(str(part) for part in first["loc"]), first["msg"]
