# SPDX-License-Identifier: MIT
"""Tables as data frames of other libraries, and what to install where one is missing."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mxseal._exceptions import MissingExtraError

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from mxseal._core.tlsrpt import Table


def require(library: str, extra: str, purpose: str) -> Any:
    """Import an optional library, or raise MissingExtraError with the line that installs it."""
    try:
        return importlib.import_module(library)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise MissingExtraError(library, extra, purpose) from None


def to_arrow(table: Table) -> pyarrow.Table:
    """The table as a pyarrow.Table, over the same memory."""
    return arrow_table(require("pyarrow", "parquet", "to_arrow()"), table)


def arrow_table(arrow: Any, table: Any) -> pyarrow.Table:
    """A table of the core as a pyarrow.Table, over the same memory.

    Not by pyarrow.table(): that imports pandas wherever it is installed, only to see that the table
    is no DataFrame.
    """
    result: pyarrow.Table = arrow.RecordBatchReader.from_stream(table).read_all()
    return result


def to_pandas(table: Table) -> pandas.DataFrame:
    """The table as a pandas.DataFrame: repeated texts as categories, times in UTC."""
    require("pandas", "pandas", "to_pandas()")
    require("pyarrow", "pandas", "to_pandas()")
    return pandas_frame(to_arrow(table))


def pandas_frame(table: pyarrow.Table) -> pandas.DataFrame:
    """As pandas.DataFrame, with the categories that occur in it.

    The columns of a table share one dictionary, all of which pandas would count and group by.
    """
    frame: pandas.DataFrame = table.to_pandas()
    for name in frame.select_dtypes("category"):
        frame[name] = frame[name].cat.remove_unused_categories()
    return frame


def to_polars(table: Table) -> polars.DataFrame:
    """The table as a polars.DataFrame."""
    result: polars.DataFrame = require("polars", "polars", "to_polars()").DataFrame(table)
    return result
