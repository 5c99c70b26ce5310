"""The entry point of the `prover` command, and what its errors look like.

Everything else is imported within, so that Ctrl-C during the imports is handled too.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """What goes wrong is one sentence on stderr; PROVER_DEBUG=1 shows where."""
    try:
        code = guarded()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def guarded() -> int:
    from prover import (  # noqa: F401 - they register their commands
        cli_app_bench,
        cli_app_curriculum,
        cli_app_growing,
        cli_app_loop,
        cli_app_mutate,
        cli_app_playground,
        cli_app_recycle,
        cli_app_runs,
        cli_app_train,
    )
    from prover.cli_app import app
    from prover.cli_output import DOWN, OK, error
    from prover.cli_panels import arrange
    from prover.errors import ProverError

    arrange(app)
    try:
        app()
    except BrokenPipeError:  # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except ProverError as exc:
        debug()
        error(str(exc))
        return exc.exit_code
    except OSError as exc:
        debug()
        error(f"{exc.strerror or exc}{f': {exc.filename}' if exc.filename else ''}")
        return DOWN
    except Exception as exc:  # noqa: BLE001 - the last boundary: a defect is one sentence too
        debug()
        error(f"this is a defect ({type(exc).__name__}: {exc}); PROVER_DEBUG=1 shows where")
        return DOWN
    return OK


def debug() -> None:
    """Let the error that is being handled through, if the user wants to see it whole."""
    if os.environ.get("PROVER_DEBUG"):
        raise


if __name__ == "__main__":
    main()
