# SPDX-License-Identifier: MIT
"""Tables in a notebook (``_repr_html_``): everything escaped, the first 20 rows, no own colours.

Lines and muted text are the reader's own text colour, thinned, so that it reads on dark and light.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from html import escape
from typing import TYPE_CHECKING

from mxseal._output.escape import visible
from mxseal._output.notes import telling
from mxseal._output.units import counted, day, number, shown
from mxseal._rows import Row, TableLike

if TYPE_CHECKING:
    from mxseal._core.tlsrpt import ReportTable

ROWS = 20
LONGEST = 300  # characters of a cell: a preview, which one policy of a megabyte must not fill

_LINE = "border-bottom:1px solid color-mix(in srgb, currentColor 25%, transparent)"
_CELL = "padding:2px 10px;background:none;border:0;white-space:"
_CELLS = {"th": f"{_CELL}normal;vertical-align:bottom", "td": f"{_CELL}nowrap"}
_ENDS_OF_DAY = {"start": time(), "end": time(23, 59, 59)}
_TABLE = "border-collapse:collapse;border:0;font-size:90%"
_MUTED = "opacity:.7;font-size:90%"


def _text(value: object) -> str:
    """A value as HTML, safe to show."""
    text = shown(value)
    return escape(visible(text if len(text) <= LONGEST else f"{text[:LONGEST]}…"))


def _heading(name: str) -> str:
    """A column's name, which may break behind each ``_``."""
    return _text(name).replace("_", "_<wbr>")


def _cell(name: str, value: object) -> str:
    """A value of a column; the day alone where a report begins or ends with it."""
    if isinstance(value, datetime) and value.time() == _ENDS_OF_DAY.get(name):
        return day(value)
    return _text(value)


def _line(tag: str, cells: Sequence[str], numbers: Sequence[bool], style: str = "") -> str:
    html = ""
    for cell, is_number in zip(cells, numbers, strict=True):
        side = "right" if is_number else "left"
        html += f'<{tag} style="{_CELLS[tag]};text-align:{side}">{cell}</{tag}>'
    return f'<tr style="background:none;{style}">{html}</tr>'


def rows_html(names: Sequence[str], rows: Sequence[Row]) -> str:
    """Rows of values as a table, everything escaped."""
    numbers = [any(isinstance(row[name], int) for row in rows) for name in names]
    head = _line("th", [_heading(name) for name in names], numbers, _LINE)
    body = "".join(_line("td", [_cell(name, row[name]) for name in names], numbers) for row in rows)
    # Wide tables scroll by themselves and leave the page where it is.
    return (
        '<div style="overflow-x:auto">'
        f'<table style="{_TABLE}"><thead>{head}</thead><tbody>{body}</tbody></table></div>'
    )


def table_html(table: TableLike) -> str:
    """A table: its name and size, the first rows, and its notes."""
    size = f"{counted(len(table), 'row')}, {counted(len(table.column_names), 'column')}"
    html = f'<div><b>{_text(table.name)}</b> <span style="{_MUTED}">{size}</span></div>'
    if len(table):
        html += rows_html(table.column_names, table.to_dicts(0, ROWS))
    below = [f"… {number(len(table) - ROWS)} more"] if len(table) > ROWS else []
    below += telling(table.notes)
    html += "".join(f'<div style="{_MUTED}">{_text(line)}</div>' for line in below)
    return f"<div>{html}</div>"


def reports_html(reports: ReportTable) -> str:
    """An archive: how much of what there is, and its sums by domain."""
    counts = reports.counts
    tables = (reports.policies, reports.failures, reports.errors, reports.duplicates)
    sizes = ", ".join(f"{table.name} {number(len(table))}" for table in tables)
    files = counted(counts.files, "file")
    html = f"<b>{counted(counts.reports, 'report')}</b>"
    html += f' <span style="{_MUTED}">in {files}; rows: {_text(sizes)}</span>'
    return f"<div><div>{html}</div>{table_html(reports.summarize())}</div>"
