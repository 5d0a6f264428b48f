# SPDX-License-Identifier: MIT
"""A scan in a notebook: how far it is. What was found, its table and its summary show."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from mxseal._output.escape import visible
from mxseal._output.html import rows_html


def scan_html(name: str, state: str, verdicts: Mapping[str, int]) -> str:
    """The list's name, what the scan does, and the verdicts so far; everything is escaped."""
    rows = [{"verdict": verdict, "domains": count} for verdict, count in verdicts.items() if count]
    table = rows_html(list(rows[0]), rows) if rows else ""
    return f"<div><div><b>{escape(visible(name))}</b> {escape(state)}</div>{table}</div>"
