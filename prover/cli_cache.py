"""`prover cache`: how many verdicts are kept for later runs, and their end."""

from __future__ import annotations

from prover.cli_output import OK, data, data_json
from prover.lean import verdicts
from prover.session import cache_file


def cache(clear: bool, as_json: bool) -> int:
    """Say where the cache lies and what it holds, after emptying it if that is wanted."""
    path = cache_file()
    if clear:
        verdicts.clear(path)
    rows, size = verdicts.stored(path)
    if as_json:
        data_json({"place": str(path), "verdicts": rows, "bytes": size})
    else:
        data(f"{rows} verdicts, {size / 1e6:.1f} MB: {path}")
    return OK
