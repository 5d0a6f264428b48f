# SPDX-License-Identifier: MIT
"""What a scan says on standard error when it ends: its rows are elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from mxseal._output.messages import to_standard_error, warning
from mxseal._output.terminal import for_stream
from mxseal._output.units import counted, duration, number, size

# In two lines of four.
_ORDER = (
    ("protected", "partly", "broken", "no-mail"),
    ("testing", "misconfigured", "inconclusive", "unprotected"),
)


def tell_of_scan(
    rows: int, verdicts: Mapping[str, int], seconds: float, target: str, written: int
) -> None:
    """How many domains in what time, the file and its size in bytes, and the verdicts."""
    terminal = for_stream(sys.stderr)
    lines = [
        f"{counted(rows, 'domain')} in {duration(seconds)}: "
        f"{terminal.text(target)}, {size(written)}"
    ]
    columns = list(zip(*_ORDER, strict=True))
    names = [max(map(len, column)) for column in columns]
    counts = [max(len(number(verdicts.get(each, 0))) for each in column) for column in columns]
    if rows:
        for row in _ORDER:
            cells = [
                f"{verdict:{name}} {number(verdicts.get(verdict, 0)):>{count}}"
                for verdict, name, count in zip(row, names, counts, strict=True)
            ]
            lines.append("  " + "   ".join(cells))
    to_standard_error("\n".join(lines) + "\n")


def tell_of_no_domains(lines: int) -> None:
    """Why the status is 1, if it is."""
    if lines:
        warning(
            f"{counted(lines, 'line')} of the list cannot be a domain",
            "mend the list, or drop these rows: verdict inconclusive, this code in findings",
            code="scan.invalid-domain",
        )


def tell_of_stop(rows: int, total: int | None, *, piped: bool) -> None:
    """That nothing is lost, and how to go on; a list that was piped in cannot be read once more."""
    of = f" of {number(total)}" if total else ""
    end = (
        ". Only a list that is a file can be gone on with: begin anew with one"
        if piped
        else ", all kept. Go on: the same command and --resume"
    )
    to_standard_error(f"Stopped at {number(rows)}{of}{end}\n")


def tell_of_nothing_left(rows: int, target: str) -> None:
    """That an earlier scan was finished."""
    terminal = for_stream(sys.stderr)
    to_standard_error(
        f"Nothing is left: {terminal.text(target)} has the whole list, {counted(rows, 'domain')}\n"
    )
