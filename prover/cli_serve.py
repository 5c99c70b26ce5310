"""`prover serve`: a run, or a folder of them, in the browser."""

from __future__ import annotations

from pathlib import Path

from prover.cli_output import OK, data, note
from prover.web_server import Server, Site


def serve(folder: Path, host: str, port: int) -> int:
    """Until Ctrl-C, which is how it ends and no failure."""
    with Server(Site(folder), host, port) as server:
        data(server.url)
        note("Ctrl-C ends it; the run goes on")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return OK
    return OK
