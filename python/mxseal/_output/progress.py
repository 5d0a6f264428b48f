# SPDX-License-Identifier: MIT
"""A line on standard error that says how far the reading is: a terminal only, after a second.

It is wiped when the work ends, however it ends; what stays on the screen is the answer.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mxseal._output.escape import cell_width
from mxseal._output.messages import to_standard_error
from mxseal._output.terminal import Terminal, columns, for_stream, is_terminal
from mxseal._output.units import counted, duration, number, size

Progress = Callable[[int, int, int], None]

SECONDS_UNTIL_SHOWN = 1.0
SECONDS_BETWEEN = 0.1
BAR = 20
_WIPE = "\r\x1b[2K"


def progress_line(
    terminal: Terminal, files: int, read: int, reports: int, seconds: float, share: float | None
) -> str:
    """``18,240 files  46 %  ━━━━━━━━━  6.1 MiB  97,000 reports/s  12 s left``.

    Args:
        terminal: whose width the line keeps; the bar goes first.
        files: read whole so far.
        read: bytes read from files.
        reports: read so far.
        seconds: since the start.
        share: of the work that is done, None where it is not known.
    """
    pieces = [counted(files, "file")]
    if share is not None:
        # Rounded down, and 100 % is never seen: what follows the last file takes its time too.
        pieces.append(f"{min(99, int(100 * share)):3} %")
    pieces += [size(read), f"{number(round(reports / max(seconds, 0.001)))} reports/s"]
    if share:
        pieces.append(f"{duration(seconds / share - seconds)} left")
    line = "  ".join(pieces)
    if share is not None and cell_width(line) + 2 + BAR < terminal.width:
        full = round(BAR * min(share, 1.0))
        done, rest = (
            ("━" * full, "╌" * (BAR - full)) if terminal.utf8 else ("#" * full, "." * (BAR - full))
        )
        pieces.insert(2, terminal.styled(done, "green") + terminal.styled(rest, "dim"))
        line = "  ".join(pieces)
    return line


@contextmanager
def shown_progress(
    quiet: bool, total_bytes: int | None, count_files: Callable[[], int]
) -> Iterator[Progress | None]:
    """A function to call with files, bytes and reports read so far; None where nothing is shown.

    Args:
        quiet: show nothing.
        total_bytes: how much there is to read, None where only the files can be counted.
        count_files: counts the files; asked once, after the first line is shown, and not at all
            where the bytes are known.
    """
    if quiet or not is_terminal(sys.stderr):
        yield None
        return
    start = time.monotonic()
    shown_at = 0.0
    total_files: int | None = None

    def progress(files: int, read: int, reports: int) -> None:
        nonlocal shown_at, total_files
        now = time.monotonic()
        if now - start < SECONDS_UNTIL_SHOWN or now - shown_at < SECONDS_BETWEEN:
            return
        if shown_at and total_bytes is None and total_files is None:
            total_files = count_files()
        terminal = for_stream(sys.stderr)
        terminal.width = columns(sys.stderr)
        share = None
        if total_bytes:
            share = min(1.0, read / total_bytes)
        elif total_files:
            share = min(1.0, files / total_files)
        line = progress_line(terminal, files, read, reports, now - start, share)
        to_standard_error(_WIPE + line)
        shown_at = now

    try:
        yield progress
    finally:
        if shown_at:
            to_standard_error(_WIPE)
