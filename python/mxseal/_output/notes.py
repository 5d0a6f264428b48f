# SPDX-License-Identifier: MIT
"""What was left out of an answer: duplicates, filtered reports, and what could not be read.

In text the notes stand below the answer; beside rows for machines they go to standard error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mxseal._output import messages
from mxseal._output.escape import cell_width
from mxseal._output.terminal import Terminal
from mxseal._output.units import counted, number
from mxseal._rows import TableLike, rows

if TYPE_CHECKING:
    from mxseal._core.tlsrpt import Counts

LABEL = 14  # columns of a note's label
_COUNTS_NOTHING = re.compile(r"(?<![\d,])0 (?:times|more)\b")
NOT_A_REPORT = "not-a-report"  # the code of what is plainly something else


class Reading(NamedTuple):
    """How the archive was read, for the notes.

    Attributes:
        paths: as they were typed.
        counts: what was met.
        filters: the options that left reports out, as they are called.
    """

    paths: Sequence[str]
    counts: Counts
    filters: Sequence[str]


Notes = dict[str, list[str]]


def notes_of(reading: Reading) -> Notes:
    """What was left out: a label and the parts of a text each, not escaped."""
    counts = reading.counts
    notes: Notes = {}
    if counts.duplicates:
        notes["counted once"] = [counted(counts.duplicates, "duplicate")]
    if counts.filtered:
        by = f" by {', '.join(reading.filters)}" if reading.filters else ""
        notes["left out"] = [f"{counted(counts.filtered, 'report')}{by}"]
    if counts.unread:
        notes["not read"] = [_not_read(counts)]
    return notes


def _not_read(counts: Counts) -> str:
    members = counts.reports + counts.duplicates + counts.filtered + counts.unread
    broken = counts.unread - counts.not_reports
    if not broken:
        return f"{number(counts.unread)} of {counted(members, 'member')}, no TLS reports"
    text = f"{number(broken)} of {counted(members, 'member')}"
    if counts.not_reports:
        text += f", and {number(counts.not_reports)} that are no TLS reports"
    return text


def list_errors(paths: Sequence[str]) -> str:
    """The command that lists what could not be read."""
    import shlex

    return f"mxseal reports {' '.join(shlex.quote(path) for path in paths)} --list errors"


def note_lines(notes: Notes, reading: Reading, terminal: Terminal) -> list[str]:
    """The notes as text, safe to show; a part that does not fit begins a line of its own."""
    lines = []
    for label, parts in notes.items():
        texts = [terminal.text(part) for part in parts]
        command = terminal.text(list_errors(reading.paths)) if label == "not read" else ""
        whole = "; ".join(texts) + (f": {command}" if command else "")
        if LABEL + cell_width(whole) <= terminal.width:
            below = [" " * LABEL + whole]
        else:
            ended = [f"{text};" for text in texts[:-1]] + texts[-1:]
            below = [line for text in ended for line in terminal.wrapped(text.split(), LABEL, " ")]
            if command:  # unbroken in any case: it is there to be copied
                below[-1] += ":"
                below.append(" " * LABEL + command)
        first = terminal.styled(label.ljust(LABEL), "dim") + below[0][LABEL:]
        lines += [first, *below[1:]]
    return lines


def telling(sentences: Sequence[str]) -> list[str]:
    """A table's notes without those that count nothing (``0 times``)."""
    return [sentence for sentence in sentences if not _COUNTS_NOTHING.search(sentence)]


def write_notes(sentences: Sequence[str], reading: Reading) -> None:
    """The same on standard error, beside rows that stand alone."""
    for sentence in telling(sentences):
        messages.note(sentence)
    for label, parts in notes_of(reading).items():
        text = "; ".join(parts)
        if label == "not read" and reading.counts.unread > reading.counts.not_reports:
            messages.warning(f"{label}: {text}", list_errors(reading.paths))
        else:
            messages.note(f"{label}: {text}")


def tell_of_unread(errors: TableLike) -> None:
    """A line on standard error for each item that could not be read: a note if it is no report."""
    for row in rows(errors):
        member = f", {row['member']}" if row["member"] else ""
        offset = "" if row["offset"] is None else f", at byte {number(row['offset'])}"
        tell = messages.note if row["code"] == NOT_A_REPORT else messages.warning
        tell(row["detail"], where=f"{row['source']}{member}{offset}", code=row["code"])
