# SPDX-License-Identifier: MIT
"""What Python asks of a table of the core: column names, and rows in bounded pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

# Values are int, str, datetime, date, list of str, or None.
Row = dict[str, Any]

CHUNK = 1000


class TableLike(Protocol):
    """What is asked of a table; ``mxseal.tlsrpt.Table`` is one."""

    @property
    def name(self) -> str:
        """What it holds."""

    @property
    def notes(self) -> list[str]:
        """What must be known to read it rightly."""

    @property
    def column_names(self) -> list[str]:
        """In order."""

    def __len__(self) -> int: ...

    def to_dicts(self, start: int = 0, stop: int | None = None) -> list[Row]:
        """Some rows."""


def rows(table: TableLike) -> Iterator[Row]:
    """Each row; of a million, only a thousand stand in memory as Python objects."""
    for start in range(0, len(table), CHUNK):
        yield from table.to_dicts(start, start + CHUNK)
