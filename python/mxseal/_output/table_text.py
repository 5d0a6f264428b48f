# SPDX-License-Identifier: MIT
"""Tables as text, with the columns' own names: ``--by`` and ``--list``.

Names, addresses and records are never cut. A table that is too wide loses the columns that its
caller can spare, then breaks its headings in two, then folds each row into up to three lines; one
that is wider still is written as records, a line a value. Widths are taken from the first rows
alone, so that a table of any length is written in one go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from mxseal._output.escape import cell_width
from mxseal._output.sink import Sink
from mxseal._output.terminal import Terminal
from mxseal._output.units import shown
from mxseal._rows import CHUNK, Row, TableLike, rows

GAP = "  "

# What sums may lose for want of room, together and in this order; machine formats have all.
SPARE = (("start", "end"), ("organizations",))
MOST_LINES = 3  # of a folded row
LONG_HEADING = 16  # columns; a shorter heading stays whole


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
    whole = len(sample) == len(table)
    layout = _fit(table.column_names, sample, terminal, spare, whole)
    if layout is None:
        write_records(chain(sample, every), sink)
        return
    for line in layout.headings(terminal):
        sink.write(line + "\n")
    for row in chain(sample, every):
        for line in layout.lines(row, terminal):
            sink.write(line + "\n")


def write_records(each: Iterable[Row], sink: Sink) -> None:
    """A line a value, and what a list holds on lines of their own; an empty line between rows."""
    terminal = sink.terminal
    between = ""
    for row in each:
        sink.write(between)
        between = "\n"
        width = max(map(len, row))
        for name, value in row.items():
            values = value if isinstance(value, list) else [value]
            label = name
            for text in (text_of(item, terminal) for item in values if item is not None):
                sink.write(f"{terminal.styled(label.ljust(width), 'bold')}{GAP}{text}\n")
                label = ""


def text_of(value: object, terminal: Terminal) -> str:
    """A value as people read it, safe to show."""
    return terminal.text(shown(value))


class _Column:
    """A column's name, how wide its values are, and how wide it is drawn."""

    def __init__(self, name: str, sample: Sequence[Row], terminal: Terminal) -> None:
        self.name = name
        self.heading = [name]
        self.numbers = any(isinstance(row[name], int) for row in sample)
        self.empty = all(row[name] is None for row in sample)
        self._values = max(cell_width(text_of(row[name], terminal)) for row in sample)
        self.width = max(self._values, len(name))

    def break_heading(self) -> None:
        """The heading in two lines, broken behind the ``_`` that makes it narrowest."""
        if len(self.name) > max(self._values, LONG_HEADING) and "_" in self.name:
            pieces = self.name.split("_")
            halves = [
                ("_".join(pieces[:place]) + "_", "_".join(pieces[place:]))
                for place in range(1, len(pieces))
            ]
            self.heading = list(min(halves, key=lambda pair: max(map(len, pair))))
            self.width = max(self._values, *map(len, self.heading))

    def narrow(self, width: int) -> None:
        """Draws it no wider than that (or its heading); longer values push what follows."""
        self.width = max(min(self._values, width), *map(len, self.heading))


class _Layout:
    """Which columns stand on which line of a row."""

    def __init__(self, lines: list[list[_Column]], width: int) -> None:
        self._lines = lines
        self._width = width

    def fits(self) -> bool:
        """Whether every line does."""
        return all(_line_width(n, line) <= self._width for n, line in enumerate(self._lines))

    def headings(self, terminal: Terminal) -> Iterator[str]:
        """The lines of headings, bold."""
        for level, line in enumerate(self._lines):
            height = max(len(column.heading) for column in line)
            for row in range(height):
                cells = [["", *column.heading][row - height] for column in line]
                yield terminal.styled(next(self._joined(level, line, cells)), "bold")

    def lines(self, row: Row, terminal: Terminal) -> Iterator[str]:
        """The lines of a row; of a folded one, those with nothing on them are left out."""
        for level, line in enumerate(self._lines):
            cells = [text_of(row[column.name], terminal) for column in line]
            if level == 0 or any(cells):
                yield from self._joined(level, line, cells)

    def _joined(self, level: int, line: list[_Column], cells: list[str]) -> Iterator[str]:
        """The cells as a line; as several where an overlong value leaves no room behind it."""
        text = GAP if level else ""
        begun = False
        for column, cell in zip(line, cells, strict=True):
            blanks = " " * (column.width - cell_width(cell))
            padded = blanks + cell if column.numbers else cell + blanks
            wider = f"{text}{GAP if begun else ''}{padded}"
            if begun and cell and cell_width(wider.rstrip()) > self._width:
                yield text.rstrip()
                wider = GAP * 2 + cell
            text, begun = wider, True
        yield text.rstrip()


def _fit(
    names: Sequence[str],
    sample: Sequence[Row],
    terminal: Terminal,
    spare: Sequence[Sequence[str]],
    whole: bool,
) -> _Layout | None:
    columns = [_Column(name, sample, terminal) for name in names]
    for broken in (False, True):
        for column in columns if broken else ():
            column.break_heading()
        for spared in range(len(spare) + 1):
            left_out = set(chain.from_iterable(spare[:spared]))
            layout = _Layout([[c for c in columns if c.name not in left_out]], terminal.width)
            if layout.fits():
                return layout
    spared_names = set(chain.from_iterable(spare))
    columns = [_Column(name, sample, terminal) for name in names if name not in spared_names]
    if whole:  # then no later row can have a value there
        columns = [column for column in columns if not column.empty]
    for column in columns:
        column.break_heading()
        column.narrow(terminal.width * 2 // 5)
    lines = _folded(columns, terminal.width)
    return _Layout(lines, terminal.width) if len(lines) <= MOST_LINES else None


def _folded(columns: list[_Column], width: int) -> list[list[_Column]]:
    """As many columns on a line as it takes, in their order."""
    lines: list[list[_Column]] = [[]]
    for column in columns:
        if lines[-1] and _line_width(len(lines) - 1, [*lines[-1], column]) > width:
            lines.append([])
        lines[-1].append(column)
    return lines


def _line_width(level: int, line: list[_Column]) -> int:
    return len(GAP) * (level > 0) + sum(c.width for c in line) + len(GAP) * (len(line) - 1)
