# SPDX-License-Identifier: MIT
"""Tables as JSON: one array (``json``), or one object a line (``ndjson``).

Times are ``2026-11-22T06:10:00Z``, days ``2026-11-22``, what is missing is null. Characters that do
not show as themselves are written as escapes, so that the output may be looked at in a terminal.
"""

from __future__ import annotations

from json import JSONEncoder

from mxseal._output.escape import visible_json
from mxseal._output.sink import Sink
from mxseal._output.units import shown
from mxseal._rows import TableLike, rows

_encode = JSONEncoder(ensure_ascii=False, allow_nan=False, default=shown).encode


def object_text(value: dict[str, object]) -> str:
    """One object on one line."""
    return visible_json(_encode(value))


def write_ndjson(table: TableLike, sink: Sink) -> None:
    """One object a row and line."""
    for row in rows(table):
        sink.write(visible_json(_encode(row)) + "\n")


def write_json(table: TableLike, sink: Sink) -> None:
    """One array of one object a row."""
    before = "[\n"
    for row in rows(table):
        sink.write(before + visible_json(_encode(row)))
        before = ",\n"
    sink.write("[]\n" if before == "[\n" else "\n]\n")
