# SPDX-License-Identifier: MIT
r"""Tables as CSV (RFC 4180, UTF-8, line ends are LF), made harmless for spreadsheets.

The rule, in order:

1. A number is written as it is, a time or day as in JSON, nothing as an empty cell, a list or
   struct as JSON.
2. A text that begins with ``=``, ``+``, ``-``, ``@``, tab, CR or LF gets a ``'`` in front, since a
   spreadsheet would take it for a formula. Only texts: numbers stay numbers.
3. Characters that do not show as themselves are written out (``\x1b``, ``\u202e``).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence

from mxseal._output.escape import visible, visible_json
from mxseal._output.sink import Sink
from mxseal._output.units import shown
from mxseal._rows import Row, TableLike, rows

_STARTS_FORMULA = frozenset("=+-@\t\r\n")


def cell(value: object) -> str | float | None:
    """A value as it stands in its cell."""
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, list | dict):
        return visible_json(json.dumps(value, ensure_ascii=False, default=shown))
    text = shown(value)
    return ("'" if text[:1] in _STARTS_FORMULA else "") + visible(text)


def write_csv(table: TableLike, sink: Sink) -> None:
    """A line of column names, then a line a row."""
    write_rows(table.column_names, rows(table), sink)


def write_rows(names: Sequence[str], rows: Iterable[Row], sink: Sink) -> None:
    """The same of rows that come from elsewhere."""
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    writer.writerow([cell(name) for name in names])  # of a column that goes along: anybody's
    for row in rows:
        writer.writerow([cell(row[name]) for name in names])
        if line.tell() > 1 << 16:
            sink.write(line.getvalue())
            line.seek(0)
            line.truncate()
    sink.write(line.getvalue())
