# SPDX-License-Identifier: MIT
"""``mxseal reports``: an archive of TLS reports, at a glance, as sums or as rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from mxseal import _reading
from mxseal._output import messages
from mxseal._output.notes import Reading, tell_of_unread, write_notes
from mxseal._output.progress import Progress, shown_progress
from mxseal._output.sink import Sink, forget_output, opened, output_is_terminal, unwritable
from mxseal._reading import MOST_THREADS, PERIODS, Archive, Period, WrongValueError
from mxseal.cli.exit import Exit
from mxseal.cli.refusals import RefusedError, nearest, neighbour, refuse_overwriting

if TYPE_CHECKING:
    from mxseal._core.tlsrpt import Counts, Table

Format = Literal["text", "json", "ndjson", "csv", "parquet"]
FORMATS: tuple[Format, ...] = ("text", "json", "ndjson", "csv", "parquet")
SUFFIXES: dict[str, Format] = {
    ".txt": "text",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".parquet": "parquet",
}
LISTS = ("policies", "failures", "errors", "duplicates")

EXAMPLES = """\b
Examples:
  mxseal reports ~/archive
  mxseal reports ~/archive --by policy_domain,result_type --period week
  mxseal reports mails.mbox export.zip --since 2026-11-01 --list failures -o failures.csv

Paths are files (JSON, gzip, mails, mbox, zip, tar, and these in each other), folders, patterns, or
- for standard input. Each report is counted once, however often it lies there.

Exit status 1: something could not be read (--list errors); failed sessions alone are status 0.
"""


def _keys(typed: str) -> list[str]:
    """Keys of sums, separated by commas."""
    try:
        return _reading.keys([key.strip() for key in typed.split(",")])
    except WrongValueError as wrong:
        raise _refused(wrong) from None


def _day(typed: str) -> date:
    """A day in UTC."""
    try:
        return _reading.day(typed)
    except WrongValueError as wrong:
        raise _refused(wrong) from None


def _refused(wrong: WrongValueError) -> RefusedError:
    value = str(wrong.value)
    near = nearest(value.replace("-", "_"), wrong.choices)
    return RefusedError(wrong.what, f"use {near}; {wrong.do}" if near else wrong.do, value)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What the command line asks for."""

    paths: tuple[str, ...]
    by: list[str] | None
    period: Period | None
    since: date | None
    until: date | None
    domain: tuple[str, ...]
    organization: tuple[str, ...]
    listed: str | None
    format: Format | None
    output: str | None
    threads: int
    quiet: bool
    verbose: bool

    @property
    def filters(self) -> list[str]:
        """The options that leave reports out, as they are typed."""
        given = {
            "--since": self.since,
            "--until": self.until,
            "--domain": self.domain,
            "--organization": self.organization,
        }
        return [name for name, value in given.items() if value]


@click.command(
    "reports", epilog=EXAMPLES, short_help="Read TLS reports: how many sessions failed, and why."
)
@click.argument("paths", metavar="PATH…", nargs=-1)
@click.option(
    "--by",
    type=_keys,
    metavar="KEY,…",
    help="Sums by these keys: policy_domain, policy_type, organization_name, result_type, … "
    "Starting value in machine formats: policy_domain.",
)
@click.option(
    "--period",
    type=click.Choice(PERIODS),
    help="Sums also by day, week (from Monday) or month, by the report's start in UTC.",
)
@click.option("--since", type=_day, metavar="DAY", help="First day, UTC, inclusive: 2026-11-22.")
@click.option("--until", type=_day, metavar="DAY", help="Last day, UTC, inclusive.")
@click.option(
    "--domain", multiple=True, metavar="NAME", help="Only policies of this domain; repeatable."
)
@click.option(
    "--organization", multiple=True, metavar="NAME", help="Only reports by this one; repeatable."
)
@click.option("--list", "listed", type=click.Choice(LISTS), help="Rows in place of sums.")
@click.option(
    "--format", type=click.Choice(FORMATS), help="Starting value: by -o's suffix, else text."
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write there (beside it first, renamed when whole); - is standard output.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, MOST_THREADS),
    default=1,
    metavar="N",
    help="How many threads read. Starting value: 1.",
)
@click.option("--quiet", is_flag=True, help="One line a domain, no notes, no progress.")
@click.option("--verbose", is_flag=True, help="All causes, all reporters, all that was not read.")
def command(**options: Any) -> Callable[[], int]:
    """Read TLS reports (RFC 8460): how many sessions failed per domain, why, and since when."""
    return lambda: _work(_Asked(**options))


def _work(asked: _Asked) -> int:
    """What can be refused is refused before any work."""
    _refuse_contradictions(asked)
    target = None if asked.output in (None, "-") else Path(str(asked.output)).expanduser()
    form = _format(asked, target)
    _refuse_output(form, target)
    archive = _archive(asked)
    if target is not None:
        refuse_overwriting(target, (Path(os.fsdecode(path)) for path in archive.paths))
    with shown_progress(
        asked.quiet, _bytes_to_read(archive.paths), archive.count_files
    ) as progress:
        answer = _read(asked, form, archive, progress)
    try:
        with opened(target) as sink:
            answer.write(sink)
    except BrokenPipeError:
        forget_output()  # who reads has seen enough
    except OSError as error:
        reason = f"name another file: {error.strerror}"
        messages.error("cannot write", reason, str(target or "standard output"))
        if target is None:
            forget_output()
        return Exit.FOUND
    if form != "text" and not asked.quiet:
        answer.note(asked)
    if asked.verbose:
        tell_of_unread(answer.errors)
    return Exit.FOUND if answer.counts.unread > answer.counts.not_reports else Exit.GOOD


# ------------------------------------------------------------------------------------ what is asked
def _refuse_contradictions(asked: _Asked) -> None:
    if not asked.paths:
        raise RefusedError(
            "no path in mxseal reports", "name a file or folder of reports, or - for standard input"
        )
    if asked.listed and (asked.by or asked.period):
        raise RefusedError(
            "--list gives rows, --by and --period sums",
            "leave one of them out",
            f"--list {asked.listed}",
        )
    if asked.since and asked.until and asked.since > asked.until:
        raise RefusedError(
            "--since is later than --until", "exchange them", f"{asked.since}, {asked.until}"
        )
    if asked.quiet and asked.verbose:
        raise RefusedError("--quiet and --verbose contradict each other", "leave one of them out")


def _format(asked: _Asked, target: Path | None) -> Format:
    if asked.format:
        return asked.format
    if target is None:
        return "text"
    form = SUFFIXES.get(target.suffix.lower())
    if form is None:
        raise RefusedError(
            "the name does not tell the format",
            f"end it in {', '.join(SUFFIXES)}, or give --format",
            str(asked.output),
        )
    return form


def _refuse_output(form: Format, target: Path | None) -> None:
    if target is not None:
        if reason := unwritable(target):
            raise RefusedError("cannot write", f"name another file: {reason}", str(target))
    elif form == "parquet" and output_is_terminal():
        raise RefusedError("Parquet is not for a terminal", "name a file: -o FILE.parquet")
    if form == "parquet":
        from mxseal._output.parquet import library

        library()


def _archive(asked: _Asked) -> Archive:
    try:
        return Archive(
            asked.paths,
            asked.since,
            asked.until,
            asked.domain,
            asked.organization,
            asked.threads,
        )
    except FileNotFoundError as missing:
        name = str(missing.filename)
        raise RefusedError("no such file or folder", neighbour(name), name) from None


def _bytes_to_read(paths: Sequence[bytes]) -> int | None:
    """The sum where all are plain files; None: only the number of files tells how far it is."""
    files = [Path(os.fsdecode(path)) for path in paths]
    try:
        if all(file.is_file() for file in files):
            return sum(file.stat().st_size for file in files)
    except OSError:  # one has gone meanwhile; the reading will say so
        pass
    return None


# -------------------------------------------------------------------------------------- the answer
@dataclass(frozen=True)
class _Answer:
    """What was read.

    Attributes:
        write: puts it into a sink.
        counts: what was met while reading.
        errors: what could not be read, perhaps only the first of it.
        notes: sentences without which the rows may be misread.
    """

    write: Callable[[Sink], None]
    counts: Counts
    errors: Table
    notes: Sequence[str]

    def note(self, asked: _Asked) -> None:
        """Tells on standard error what rows alone do not."""
        write_notes(self.notes, Reading(asked.paths, self.counts, asked.filters))


def _read(asked: _Asked, form: Format, archive: Archive, progress: Progress | None) -> _Answer:
    if asked.listed:
        read = archive.read(progress)
        table: Table = getattr(read, asked.listed)
        return _Answer(_writer(asked, form, table, read.counts), read.counts, read.errors, ())
    if form == "text" and not asked.by and not asked.period:
        from mxseal._output.reports_text import write_overview
        from mxseal._overview import SPECS, overview

        sums = archive.summarize(SPECS, progress)
        counts = sums[0].counts
        reading = Reading(asked.paths, counts, asked.filters)

        def write(sink: Sink) -> None:
            view = overview(sums)
            view.saturated = any(each.saturated for each in sums)
            write_overview(view, reading, sink, quiet=asked.quiet, verbose=asked.verbose)

        return _Answer(write, counts, sums[0].errors, ())
    by = _reading.spec(asked.by or "policy_domain", asked.period)
    [summed] = archive.summarize([by], progress)
    return _Answer(
        _writer(asked, form, summed, summed.counts), summed.counts, summed.errors, summed.notes
    )


def _writer(asked: _Asked, form: Format, table: Table, counts: Counts) -> Callable[[Sink], None]:
    """How to write a table in a format; each brings its own imports."""
    if form == "json":
        from mxseal._output.json import write_json as write
    elif form == "ndjson":
        from mxseal._output.json import write_ndjson as write
    elif form == "csv":
        from mxseal._output.csv import write_csv as write
    elif form == "parquet":
        from mxseal._output.parquet import write_parquet as write
    else:
        from mxseal._output.reports_text import write_rows

        reading = Reading(asked.paths, counts, asked.filters)
        return lambda sink: write_rows(table, reading, sink, quiet=asked.quiet)
    return lambda sink: write(table, sink)
