# SPDX-License-Identifier: MIT
"""What changed between two scans, in a notebook."""

from __future__ import annotations

from dataclasses import asdict

from mxseal._diff import ScanDiff
from mxseal._output.html import ROWS, rows_html
from mxseal._output.units import counted, number


def diff_html(diff: ScanDiff) -> str:
    """The first changes, and how many there are."""
    heading = f"<b>{counted(len(diff.changes), 'change')}</b> in {counted(diff.both, 'domain')}"
    html = f"<div>{heading}</div>"
    rows = [asdict(change) for change in diff.changes[:ROWS]]
    if rows:
        html += rows_html(list(rows[0]), rows)
    if len(diff.changes) > ROWS:
        html += f"<div>… {number(len(diff.changes) - ROWS)} more</div>"
    return f"<div>{html}</div>"
