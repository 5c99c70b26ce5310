"""The columns of a kind of rows, and Parquet files of them (extra `data`)."""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, get_type_hints

from prover.errors import SetupError

BATCH = 1_000
"""Rows in memory at a time; one row group of a file."""

NAMES = {
    str: "string",
    int: "int64",
    float: "double",
    bool: "bool",
    tuple[str, ...]: "list<string>",
}
"""Arrow's names of what a column may be."""


def columns(kind: type[Any]) -> dict[str, str]:
    """Arrow's name of each column's type, in order."""
    hints = get_type_hints(kind)
    return {field.name: NAMES[hints[field.name]] for field in dataclasses.fields(kind)}


def require() -> None:
    """Raise SetupError unless Parquet can be written."""
    if importlib.util.find_spec("pyarrow") is None:
        raise SetupError("Parquet needs pyarrow: pip install '.[data]'")


def write(path: Path, rows: Iterable[Mapping[str, Any]], types: Mapping[str, str]) -> int:
    """A file of rows with columns of these types; without types, of the shape of the first row.

    Returns how many rows there are. Raises SetupError without pyarrow.
    """
    require()
    import pyarrow as pa
    import pyarrow.parquet as pq

    known = {"string": pa.string(), "int64": pa.int64(), "double": pa.float64(),
             "bool": pa.bool_(), "list<string>": pa.list_(pa.string())}  # fmt: skip
    schema = pa.schema([(name, known[each]) for name, each in types.items()]) if types else None
    count, writer = 0, None
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        for batch in batches(rows):
            table = pa.Table.from_pylist(batch, schema=schema or (writer and writer.schema))
            writer = writer or pq.ParquetWriter(path, table.schema)
            writer.write_table(table)
            count += len(batch)
        if writer is None:
            pq.write_table(pa.Table.from_pylist([], schema=schema or pa.schema([])), path)
    finally:
        if writer is not None:
            writer.close()
    return count


def batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    found = iter(rows)
    while batch := [dict(row) for row in islice(found, BATCH)]:
        yield batch


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file. Raises SetupError without pyarrow."""
    require()
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH):
            yield from batch.to_pylist()
