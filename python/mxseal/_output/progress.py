# SPDX-License-Identifier: MIT
"""A line on standard error that says how far the work is: a terminal only, after a second.

It is wiped when the work ends, however it ends; what stays on the screen is the answer.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from mxseal._output.escape import cell_width
from mxseal._output.messages import to_standard_error
from mxseal._output.terminal import Terminal, columns, for_stream, is_terminal
from mxseal._output.units import counted, duration, number, size

Progress = Callable[[int, int, int], None]

SECONDS_UNTIL_SHOWN = 1.0
SECONDS_BETWEEN = 0.1
BAR = 20
# In the order in which they are shown.
# fmt: off
VERDICTS = (
    "protected", "testing", "partly", "misconfigured", "broken",
    "inconclusive", "no-mail", "unprotected",
)
# fmt: on
_WIPE = "\r\x1b[2K"
_UP = "\x1b[1A\x1b[2K"  # to the line above, and wipes it


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
    return _with_bar(terminal, pieces, share)


def check_line(terminal: Terminal, done: int, domains: int) -> str:
    """``12 of 40 domains   30 %  ━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌``."""
    share = done / domains
    pieces = [f"{number(done)} of {counted(domains, 'domain')}", f"{int(100 * share):3} %"]
    return _with_bar(terminal, pieces, share)


def _with_bar(terminal: Terminal, pieces: list[str], share: float | None) -> str:
    """The pieces, and behind the second a bar where there is room for it."""
    line = "  ".join(pieces)
    if share is None or cell_width(line) + 2 + BAR >= terminal.width:
        return line
    full = round(BAR * min(share, 1.0))
    done, rest = (
        ("━" * full, "╌" * (BAR - full)) if terminal.utf8 else ("#" * full, "." * (BAR - full))
    )
    bar = terminal.styled(done, "green") + terminal.styled(rest, "dim")
    return "  ".join([*pieces[:2], bar, *pieces[2:]])


class _Line:
    """The line: not in the first second, and ten times a second at most."""

    def __init__(self) -> None:
        self.start = time.monotonic()
        self.shown_at = 0.0  # never yet
        self._lines = 0  # that are shown

    def due(self) -> float | None:
        """Seconds since the start if it is time for a new line."""
        now = time.monotonic()
        if now - self.start < SECONDS_UNTIL_SHOWN or now - self.shown_at < SECONDS_BETWEEN:
            return None
        return now - self.start

    def show(self, write: Callable[[Terminal], str]) -> None:
        """Writes what ``write`` makes for the terminal as it is now: a line, or several."""
        terminal = for_stream(sys.stderr)
        terminal.width = columns(sys.stderr)
        text = write(terminal)
        to_standard_error((self._wiping() or _WIPE) + text)
        self.shown_at = time.monotonic()
        self._lines = 1 + text.count("\n")

    def wipe(self) -> None:
        """Leaves nothing of it, until it is shown again."""
        if self._lines:
            to_standard_error(self._wiping())
        self._lines = 0

    def _wiping(self) -> str:
        return _WIPE + _UP * (self._lines - 1) if self._lines else ""


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
    line = _Line()
    total_files: int | None = None

    def progress(files: int, read: int, reports: int) -> None:
        nonlocal total_files
        seconds = line.due()
        if seconds is None:
            return
        if line.shown_at and total_bytes is None and total_files is None:
            total_files = count_files()
        share = None
        if total_bytes:
            share = min(1.0, read / total_bytes)
        elif total_files:
            share = min(1.0, files / total_files)
        line.show(lambda to: progress_line(to, files, read, reports, seconds, share))

    try:
        yield progress
    finally:
        line.wipe()


class CheckProgress:
    """How many domains of a check are done.

    Attributes:
        done: so many.
    """

    def __init__(self, domains: int) -> None:
        self.done = 0
        self._domains = domains
        self._line = _Line()

    def show(self) -> None:
        """To be called again and again."""
        if self._line.due() is not None:
            self._line.show(lambda to: check_line(to, self.done, self._domains))

    def wipe(self) -> None:
        """Makes room for a part of the answer."""
        self._line.wipe()


@contextmanager
def check_progress(quiet: bool, domains: int) -> Iterator[CheckProgress | None]:
    """Progress of a check of several domains; None where nothing is shown."""
    if quiet or domains < 2 or not is_terminal(sys.stderr):
        yield None
        return
    progress = CheckProgress(domains)
    try:
        yield progress
    finally:
        progress.wipe()


class ScanProgress:
    """How far a scan is, and what came of it so far."""

    def __init__(self, total: int | None, before: int) -> None:
        self._total = total
        self._before = before
        self._line = _Line()

    def show(self, done: int, running: int, verdicts: Mapping[str, int]) -> None:
        """To be called again and again.

        Args:
            done: domains of this run.
            running: domains in flight.
            verdicts: counts of all, those of earlier runs too.
        """
        seconds = self._line.due()
        if seconds is not None:
            self._line.show(
                lambda to: scan_lines(
                    to, self._before + done, self._total, running, done / seconds, verdicts
                )
            )

    def writing(self, done: int, rows: int) -> None:
        """While the file is written; NDJSON and CSV of a long list take a while."""
        if self._line.due() is not None:
            self._line.show(lambda to: writing_line(to, done, rows))

    def wipe(self) -> None:
        """Leaves nothing of it."""
        self._line.wipe()


@contextmanager
def scan_progress(quiet: bool, total: int | None, before: int) -> Iterator[ScanProgress | None]:
    """Progress of a scan; None where nothing is shown.

    Args:
        quiet: show nothing.
        total: lines of the list, where that is known.
        before: of them done in earlier runs.
    """
    if quiet or not is_terminal(sys.stderr):
        yield None
        return
    progress = ScanProgress(total, before)
    try:
        yield progress
    finally:
        progress.wipe()


def writing_line(terminal: Terminal, done: int, rows: int) -> str:
    """``writing 40,000 of 100,000 rows   40 %  ━━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌``."""
    share = done / rows
    pieces = [f"writing {number(done)} of {counted(rows, 'row')}", f"{int(100 * share):3} %"]
    return _with_bar(terminal, pieces, share)


def scan_lines(
    terminal: Terminal,
    done: int,
    total: int | None,
    running: int,
    rate: float,
    verdicts: Mapping[str, int],
) -> str:
    """``18,240 of 40,000  46 %  ━━━  357/s  500 in flight  1 min 1 s left``, and the verdicts."""
    share = min(1.0, done / total) if total else None
    pieces = [number(done) + (f" of {number(total)}" if total else "")]
    if share is not None:
        pieces.append(f"{int(100 * share):3} %")
    pieces += [f"{number(round(rate))}/s", f"{number(running)} in flight"]
    if total and rate > 0:
        pieces.append(f"{duration((total - done) / rate)} left")
    words = [f"{word} {number(count)}" for word in VERDICTS if (count := verdicts.get(word, 0))]
    lines = [_with_bar(terminal, pieces, share)]
    if words:
        lines += terminal.wrapped(words, 0, "   ")
    return "\n".join(lines)
