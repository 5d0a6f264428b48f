# SPDX-License-Identifier: MIT
"""Tables as text, with the columns' own names: ``--by`` and ``--list``.

Names, addresses and records are never cut. A table that is too wide loses the columns that its
caller can spare, then breaks its headings at ``_``, then folds each row into several lines. Widths
are taken from the first rows alone, so that a table of any length is written in one go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import chain, islice

from mxseal._output.escape import cell_width
from mxseal._output.sink import Sink
from mxseal._output.terminal import Terminal
from mxseal._output.units import day, instant, number
from mxseal._rows import CHUNK, Row, TableLike, rows

GAP = "  "

# What sums may lose for want of room, together and in this order; machine formats have all.
SPARE = (("start", "end"), ("organizations",))


def write_table(table: TableLike, sink: Sink, spare: Sequence[Sequence[str]] = ()) -> None:
    """A line of headings and a line a row; nothing at all for a table without rows.

    Args:
        table: what to write.
        sink: where to.
        spare: groups of columns to leave out, first to last, where the table is too wide.
    """
    every = rows(table)
    sample = list(islice(every, CHUNK))
    if not sample:
        return
    terminal = sink.terminal
    layout = _fit(table.column_names, sample, terminal, spare)
    for line in layout.headings(terminal):
        sink.write(line + "\n")
    for row in chain(sample, every):
        for line in layout.lines(row, terminal):
            sink.write(line + "\n")


def text_of(value: object, terminal: Terminal) -> str:
    """A value as people read it, safe to show."""
    if value is None:
        return ""
    if isinstance(value, int):
        return number(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, list):
        return "; ".join(terminal.text(each) for each in value)
    return terminal.text(str(value))


class _Column:
    """A column's name, and how wide its values are."""

    def __init__(self, name: str, sample: Sequence[Row], terminal: Terminal) -> None:
        self.name = name
        self.numbers = any(isinstance(row[name], int) for row in sample)
        self.values = max(cell_width(text_of(row[name], terminal)) for row in sample)

    def heading(self, broken: bool) -> list[str]:
        """The lines of its heading."""
        return self.name.replace("_", "_\n").split("\n") if broken else [self.name]

    def width(self, broken: bool) -> int:
        """Of values and heading together."""
        return max(self.values, *map(len, self.heading(broken)))


class _Layout:
    """Which columns stand on which line of a row, and how wide."""

    def __init__(self, lines: list[list[_Column]], broken: bool) -> None:
        self._lines = lines
        self._broken = broken

    def width(self) -> int:
        """Of the widest line."""
        return max(
            _line_width(number, line, self._broken) for number, line in enumerate(self._lines)
        )

    def headings(self, terminal: Terminal) -> Iterator[str]:
        """The lines of headings, bold."""
        height = max(len(c.heading(self._broken)) for line in self._lines for c in line)
        for number, line in enumerate(self._lines):
            for level in range(height):
                cells = []
                for column in line:
                    heading = column.heading(self._broken)
                    above = height - len(heading)
                    cells.append(heading[level - above] if level >= above else "")
                text = self._join(number, line, cells)
                if text.strip():
                    yield terminal.styled(text, "bold")

    def lines(self, row: Row, terminal: Terminal) -> Iterator[str]:
        """The lines of a row; of a folded one, those with nothing on them are left out."""
        for number, line in enumerate(self._lines):
            text = self._join(number, line, [text_of(row[c.name], terminal) for c in line])
            if number == 0 or text.strip():
                yield text

    def _join(self, number: int, line: list[_Column], cells: list[str]) -> str:
        text = GAP if number else ""
        for place, (column, cell) in enumerate(zip(line, cells, strict=True)):
            blanks = " " * (column.width(self._broken) - cell_width(cell))
            text += (GAP if place else "") + (blanks + cell if column.numbers else cell + blanks)
        return text.rstrip()


def _fit(
    names: Sequence[str],
    sample: Sequence[Row],
    terminal: Terminal,
    spare: Sequence[Sequence[str]],
) -> _Layout:
    columns = [_Column(name, sample, terminal) for name in names]
    for broken in (False, True):
        for spared in range(len(spare) + 1):
            left_out = set(chain.from_iterable(spare[:spared]))
            layout = _Layout([[c for c in columns if c.name not in left_out]], broken)
            if layout.width() <= terminal.width:
                return layout
    return _folded(columns, terminal.width)


def _folded(columns: list[_Column], width: int) -> _Layout:
    """As many columns on a line as it takes, in their order; one that is wider stands alone."""
    lines: list[list[_Column]] = [[]]
    for column in columns:
        if lines[-1] and _line_width(len(lines) - 1, [*lines[-1], column], False) > width:
            lines.append([])
        lines[-1].append(column)
    return _Layout(lines, False)


def _line_width(number: int, line: list[_Column], broken: bool) -> int:
    widths = [column.width(broken) for column in line]
    return len(GAP) * (number > 0) + sum(widths) + len(GAP) * (len(line) - 1)
