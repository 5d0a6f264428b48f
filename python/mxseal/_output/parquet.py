# SPDX-License-Identifier: MIT
"""Tables as Parquet, by pyarrow (extra: parquet), which is imported here and nowhere else."""

from __future__ import annotations

from typing import Any

from mxseal._frames import arrow_table, require
from mxseal._output.sink import Sink
from mxseal._rows import TableLike

ROW_GROUP = 100_000


def library() -> Any:
    """pyarrow; asked for before any work, since it may be missing (MissingExtraError)."""
    require("pyarrow", "parquet", "--format parquet")
    return require("pyarrow.parquet", "parquet", "--format parquet")


def write_parquet(table: TableLike, sink: Sink) -> None:
    """One Parquet file; types and column names are the table's."""
    whole = arrow_table(require("pyarrow", "parquet", "--format parquet"), table)
    library().write_table(whole, sink.binary, row_group_size=ROW_GROUP)
