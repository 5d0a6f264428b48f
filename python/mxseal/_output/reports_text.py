# SPDX-License-Identifier: MIT
"""``mxseal reports`` in plain words: the domains, why those that fail do, and what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from mxseal._output.escape import cell_width
from mxseal._output.notes import Reading, note_lines, notes_of, telling
from mxseal._output.sink import Sink
from mxseal._output.table_text import SPARE, write_table
from mxseal._output.terminal import Style, Terminal
from mxseal._output.units import counted, day, number, share, size
from mxseal._output.words import explain
from mxseal._overview import Cause, Domain, Overview
from mxseal._rows import TableLike

BAR = 18  # cells: as wide as its heading, 2023-11 to 2026-11
BAR_OF_DAYS = 24  # 2026-11-01 to 2026-11-24
CAUSES = 5  # without --verbose; reporters of one cause: 3
REPORTERS = 3
BAR_FROM = 80  # columns; under that the bar goes first


def write_overview(
    view: Overview, reading: Reading, sink: Sink, *, quiet: bool = False, verbose: bool = False
) -> None:
    """The whole answer.

    Args:
        view: what to show.
        reading: how it came about.
        sink: where to.
        quiet: one line a domain, nothing else.
        verbose: all causes and reporters, sections of RFC 8460, also of domains that fail no more.
    """
    terminal = sink.terminal
    if quiet:
        lines = _sentences(view.domains, terminal)
    else:
        lines = [*_headline(view, terminal), ""] if view.reports else [_nothing(reading)]
        lines += _table(view, terminal)
        for domain in view.domains:
            if domain.fails or (verbose and domain.failed):
                lines += ["", *_causes(domain, terminal, verbose)]
        lines += ["", *_notes(view, reading, terminal, verbose)]
    sink.write("".join(line.rstrip() + "\n" for line in _trimmed(lines)))


def _trimmed(lines: list[str]) -> list[str]:
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _last_day(end: datetime, start: datetime) -> date:
    """The day on which a time ends; one that ends at 00:00:00 ends with the day before."""
    return (end - timedelta(seconds=1)).date() if end > start else end.date()


def _headline(view: Overview, terminal: Terminal) -> list[str]:
    text = counted(view.reports, "report")
    if view.organizations:
        text += f" by {counted(view.organizations, 'organization')}"
    if view.start is None or view.end is None:
        return [text]
    first, last = view.start.date(), _last_day(view.end, view.start)
    days = day(first) if first == last else f"{day(first)} to {day(last)}"
    return terminal.wrapped([text, f"{days} (UTC)"], 0)


def _nothing(reading: Reading) -> str:
    if reading.counts.reports:
        return f"{counted(reading.counts.reports, 'report')}, none with a policy."
    return "No reports" + (" left." if reading.counts.filtered else " found.")


def _name(domain: Domain, terminal: Terminal) -> str:
    return terminal.text(domain.name) if domain.name else "(no domain)"


def _mark(domain: Domain, terminal: Terminal) -> str:
    return terminal.mark("error" if domain.fails else "good")


def _last(domain: Domain) -> str:
    return day(domain.last_failure) if domain.last_failure else "never"


# -------------------------------------------------------------------------------------- the table
class _Line(NamedTuple):
    """A line of the table; the symbol stands in front of it."""

    name: str
    sessions: str
    failed: str
    share: str
    bar: str
    last: str


def _table(view: Overview, terminal: Terminal) -> list[str]:
    if not view.domains:
        return []
    heading, bars = _bars(view, terminal)
    lines = [_Line("domain", "sessions", "failed", "share", heading, "last failure")]
    for domain, bar in zip(view.domains, bars, strict=True):
        lines.append(
            _Line(
                _name(domain, terminal),
                number(domain.sessions),
                number(domain.failed),
                share(domain.failed, domain.sessions),
                bar,
                _last(domain),
            )
        )
    widths = [max(cell_width(line[column]) for line in lines) for column in range(len(lines[0]))]
    whole = 3 + sum(widths) + 2 * (len(widths) - 1)
    with_bar = terminal.width >= BAR_FROM and whole <= terminal.width
    if not with_bar and whole - widths[4] - 2 > terminal.width:
        # Not even without the bar: a sentence each, which may be as long as the name makes it.
        return _sentences(view.domains, terminal)
    out = []
    for row, line in enumerate(lines):
        mark = _mark(view.domains[row - 1], terminal) if row else " "
        cells = [
            _padded(line.name, widths[0]),
            line.sessions.rjust(widths[1]),
            line.failed.rjust(widths[2]),
            line.share.rjust(widths[3]),
            *([line.bar.center(widths[4])] if with_bar else []),
            line.last,
        ]
        if row:
            style: tuple[Style, ...] = ("red",) if view.domains[row - 1].fails else ()
            cells[0] = terminal.styled(cells[0], "bold")
            cells[2] = terminal.styled(cells[2], *style) if style else cells[2]
            out.append(f"{mark}  {'  '.join(cells)}")
        else:
            out.append(terminal.styled(f"{mark}  {'  '.join(cells)}".rstrip(), "dim"))
    return out


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_width(text))


def _bars(view: Overview, terminal: Terminal) -> tuple[str, list[str]]:
    """The bars' heading, and one for each domain."""
    first = min(min(domain.days) for domain in view.domains)
    last = max(max(domain.days) for domain in view.domains)
    days = (last - first).days + 1
    if days <= BAR_OF_DAYS:
        parts = days
        heading = day(first) if days == 1 else f"{day(first)} to {day(last)}"
    else:
        parts = BAR
        heading = f"{day(first)[:7]} to {day(last)[:7]}"
    return heading, [terminal.bar(domain.shares(first, last, parts)) for domain in view.domains]


def _sentences(domains: Sequence[Domain], terminal: Terminal) -> list[str]:
    """A line a domain that needs no heading."""
    names = [_name(domain, terminal) for domain in domains]
    widest = max(map(cell_width, names), default=0)
    lines = []
    for domain, name in zip(domains, names, strict=True):
        text = f"{number(domain.failed)} of {counted(domain.sessions, 'session')} failed"
        if domain.last_failure:
            text += f", last {_last(domain)}"
        padded = terminal.styled(_padded(name, widest), "bold")
        lines.append(f"{_mark(domain, terminal)} {padded}  {text}")
    return lines


# ----------------------------------------------------------------------------------------- causes
def _causes(domain: Domain, terminal: Terminal, verbose: bool) -> list[str]:
    name = terminal.styled(_name(domain, terminal), "bold")
    of = f"{number(domain.failed)} of {counted(domain.sessions, 'session')} failed"
    lines = [f"{_mark(domain, terminal)} {name}: {of}"]
    causes = [cause for cause in domain.causes if cause.sessions]
    shown = causes if verbose else causes[:CAUSES]
    unexplained = domain.unexplained.total()
    largest = max([cause.sessions for cause in shown] + [unexplained])
    width = max(7, len(number(largest)) + 2)
    for cause in shown:
        lines += _cause(cause, domain, terminal, width, verbose)
    if len(causes) > len(shown):
        rest = sum(cause.sessions for cause in causes[CAUSES:])
        more = counted(len(causes) - CAUSES, "more cause")
        lines.append(f"{_amount(rest, domain, width)}{more}: see --verbose")
    if unexplained:
        amount = _amount(unexplained, domain, width)
        by = _by(domain.unexplained, terminal, verbose)
        first, *below = terminal.wrapped(["no cause given", *by], len(amount))
        lines += [amount + first.lstrip(), *below]
    return lines


def _amount(sessions: int, domain: Domain, width: int) -> str:
    """``    980  81 %  ``, its share being of the domain's failed sessions."""
    of = share(sessions, domain.failed, decimals=0)
    return f"{number(sessions).rjust(width)}{of.rjust(6)}  "


def _cause(
    cause: Cause, domain: Domain, terminal: Terminal, width: int, verbose: bool
) -> list[str]:
    words = explain(cause.result_type)
    amount = _amount(cause.sessions, domain, width)
    at = [f"at {terminal.text(cause.mx)}"] if cause.mx else []
    first, *below = terminal.wrapped([words.text, *at], len(amount), " ")
    lines = [amount + first.lstrip(), *below]
    names = [terminal.text(cause.result_type)] if cause.result_type else []
    names += [f"RFC 8460 {words.section}"] if verbose else []
    if names:
        code = f"[{', '.join(names)}]"
        gap = terminal.width - cell_width(lines[-1]) - cell_width(code)
        if gap < 2:
            lines.append("")
            gap = max(len(amount), terminal.width - cell_width(code))
        lines[-1] += " " * gap + terminal.styled(code, "cyan")
    when = _when(cause, domain)
    by = _by(cause.organizations, terminal, verbose)
    return lines + terminal.wrapped([when, *by] if when else by, len(amount))


def _when(cause: Cause, domain: Domain) -> str:
    """Since when; or from when to when, where it is over."""
    runs = cause.runs()
    if not runs:
        return ""
    first, last = runs[-1]
    now = domain.is_recent(last)
    if len(runs) == 1:
        if now and last > first:
            return f"since {day(first)}"
        return f"on {day(first)}" if first == last else f"{day(first)} to {day(last)}"
    if now and last > first:
        before = [each for each in cause.days if each < first]
        days = counted(len(before), "day")
        return f"since {day(first)}, and on {days} from {day(before[0])} to {day(before[-1])}"
    return f"on {len(cause.days):,} days from {day(runs[0][0])} to {day(last)}"


def _by(senders: Counter[str | None], terminal: Terminal, verbose: bool) -> list[str]:
    """``by Google Inc. 702``, ``Microsoft Corporation 278``; no number for a single one."""
    most = [(name, count) for name, count in senders.most_common() if count > 0]
    shown = most if verbose else most[:REPORTERS]
    items = []
    for name, count in shown:
        item = terminal.text(name) if name else "(no organization)"
        items.append(f"{item} {number(count)}" if len(most) > 1 else item)
    if len(most) > len(shown):
        items.append(f"{len(most) - len(shown)} more")
    return [f"by {items[0]}", *items[1:]] if items else []


# ------------------------------------------------------------------------------------------ notes
def _notes(view: Overview, reading: Reading, terminal: Terminal, verbose: bool) -> list[str]:
    notes = notes_of(reading)
    if view.twice:
        shown = view.twice if verbose else view.twice[:REPORTERS]
        names = list(shown)
        if len(view.twice) > len(shown):
            names.append(f"{len(view.twice) - len(shown)} more")
        last = names.pop()
        give = "gives" if len(view.twice) == 1 else "give"
        who = f"{', '.join(names)} and {last}" if names else last
        twice = f"sessions that {who} {give} under sts and tlsa"
        notes = {"counted once": [*notes.pop("counted once", []), twice], **notes}
    if view.reports and reading.counts.reports > view.reports:
        empty = counted(reading.counts.reports - view.reports, "report")
        notes["no policies"] = [f"in {empty}, which say nothing of any domain"]
    if view.saturated:
        notes["too large"] = ["a count above 2^63-1 stands as 2^63-1: no reporter means that"]
    if verbose:
        notes["read"] = [f"{counted(reading.counts.files, 'file')}, {size(reading.counts.bytes)}"]
    return note_lines(notes, reading, terminal)


def _no_rows(table: TableLike, reading: Reading) -> str:
    if table.name != "sums":
        return f"No {table.name} found."
    if reading.counts.reports and "details" in table.column_names:
        return f"No failure details in {counted(reading.counts.reports, 'report')}."
    return _nothing(reading)


def write_rows(table: TableLike, reading: Reading, sink: Sink, *, quiet: bool = False) -> None:
    """``--by`` and ``--list`` as text: a table, and the notes that belong to it."""
    write_table(table, sink, SPARE if table.name == "sums" else ())
    if quiet:
        return
    notes = notes_of(reading)
    if table.name in ("errors", "duplicates"):
        notes = {}  # they are what the table lists
    if not len(table):
        sink.write(f"{_no_rows(table, reading)}\n")
    for sentence in telling(table.notes) if len(table) else ():
        words = sink.terminal.text(sentence).split()
        sink.write("".join(f"{line}\n" for line in sink.terminal.wrapped(words, 0, " ")))
    sink.write("".join(f"{line}\n" for line in note_lines(notes, reading, sink.terminal)))
