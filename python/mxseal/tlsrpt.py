# SPDX-License-Identifier: MIT
"""TLS-RPT (RFC 8460): where a domain wants reports on its mail sessions, and the reports.

>>> from mxseal import tlsrpt
>>> tlsrpt.parse_record("v=TLSRPTv1; rua=mailto:tlsrpt@example.com").rua
['mailto:tlsrpt@example.com']

``parse_report`` reads one report; ``read_reports`` an archive of any form into tables, and
``summarize_reports`` an archive of any size into sums. Keys, names and numbers are RFC 8460's with
``_`` for ``-``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from glob import glob, has_magic
from typing import Literal

from mxseal import _core
from mxseal._core.tlsrpt import (
    Counts,
    FailureDetail,
    Report,
    ReportPolicy,
    ReportTable,
    Sums,
    Table,
    TlsrptRecord,
    parse_record,
    parse_report,
    select_record,
)
from mxseal._public import publish

__all__ = [
    "Counts",
    "FailureDetail",
    "Report",
    "ReportPolicy",
    "ReportTable",
    "Sums",
    "Table",
    "TlsrptRecord",
    "parse_record",
    "parse_report",
    "read_reports",
    "select_record",
    "summarize_reports",
]

publish(
    __name__,
    Counts,
    FailureDetail,
    Report,
    ReportPolicy,
    ReportTable,
    Sums,
    Table,
    TlsrptRecord,
    parse_record,
    parse_report,
    select_record,
)

PathLike = str | os.PathLike[str]
Paths = PathLike | Iterable[PathLike]
Period = Literal["day", "week", "month"]
Progress = Callable[[int, int, int], object]


def read_reports(
    paths: Paths,
    *,
    since: date | str | None = None,
    until: date | str | None = None,
    domain: str | Iterable[str] | None = None,
    organization: str | Iterable[str] | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> ReportTable:
    """Read every TLS report below the paths into tables, each report once (RFC 8460).

    Files are told apart by content, not by name: JSON (one report, several, or one a line), gzip,
    mails, mbox, Maildir, zip, tar, and these inside each other up to three deep. What cannot be
    read is a row in ``errors``; nothing is raised for it.

    Args:
        paths: files, folders (read recursively) and patterns (``reports/*.zip``); ``-`` is standard
            input.
        since: first day, by the report's start in UTC, inclusive.
        until: last day, likewise.
        domain: only policies of these domains.
        organization: only reports by these organizations; ASCII case does not matter.
        threads: how many threads read; the result is the same for any number.
        progress: called with files, bytes and reports read so far, about every 50 ms.

    Raises:
        FileNotFoundError: a path is not there, or a pattern has no match; nothing was read then.
        ValueError: a day is none.
    """
    return _core.tlsrpt.read_reports(
        _expand(paths), *_filter(since, until, domain, organization), threads, progress
    )


def summarize_reports(
    paths: Paths,
    by: str | Sequence[str] = ("policy_domain",),
    period: Period | None = None,
    *,
    since: date | str | None = None,
    until: date | str | None = None,
    domain: str | Iterable[str] | None = None,
    organization: str | Iterable[str] | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> Sums:
    """Sum up every TLS report below the paths, in memory that does not grow with the archive.

    The result is that of ``read_reports(paths).summarize(by, period)``; only that duplicates are
    counted and not listed, and that ``errors`` has the first 1,000 beside ``counts.unread``, the
    number of all. To count each report once takes some 30 bytes a report.

    Args:
        paths: as in ``read_reports``.
        by: keys, in this order: ``policy_domain``, ``policy_type``, ``organization_name``, ... With
            a key of a failure detail (``result_type``, ``receiving_mx_hostname``, ...) the sums are
            over failure details.
        period: also by day, week (from Monday) or month of the report's start in UTC.
        since: as in ``read_reports``.
        until: as in ``read_reports``.
        domain: as in ``read_reports``.
        organization: as in ``read_reports``.
        threads: as in ``read_reports``.
        progress: as in ``read_reports``.

    Raises:
        FileNotFoundError: a path is not there, or a pattern has no match; nothing was read then.
        ValueError: an unknown key, period or day.
    """
    [sums] = _core.tlsrpt.summarize_reports(
        _expand(paths),
        [(_keys(by), _period(period))],
        *_filter(since, until, domain, organization),
        threads,
        progress,
    )
    return sums


def _summarize(table: ReportTable, by: str | Sequence[str], period: Period | None) -> Sums:
    """Sums of a table; behind ``ReportTable.summarize``."""
    return table._summarize(_keys(by), _period(period))


def _keys(by: str | Sequence[str]) -> list[str]:
    keys = [by] if isinstance(by, str) else list(by)
    known = _core.tlsrpt.key_names()
    for key in keys:
        if key not in known:
            raise ValueError(f"no such key: {key!r}; keys are {', '.join(known)}")
    if len(set(keys)) < len(keys):
        raise ValueError(f"a key is given twice: {', '.join(keys)}")
    return keys


def _period(period: str | None) -> str:
    if period not in (None, "day", "week", "month"):
        raise ValueError(f"no such period: {period!r}; periods are day, week, month")
    return period or ""


def _expand(paths: Paths) -> list[bytes]:
    """The paths as the system's bytes, patterns replaced by what matches them."""
    single = isinstance(paths, str | os.PathLike)
    names = [os.fspath(path) for path in ([paths] if single else paths)]  # type: ignore[list-item,union-attr]
    expanded: list[bytes] = []
    for given in names:
        name = os.path.expanduser(given)  # noqa: PTH111 - a Path would lose "./" and "//"
        if name == "-" or os.path.lexists(name):
            expanded.append(os.fsencode(name))
            continue
        matches = []
        if has_magic(name):
            matches = sorted(glob(name, recursive=True))  # noqa: PTH207 - absolute ones too
        if not matches:
            raise FileNotFoundError(2, "no such file or folder", given)
        expanded.extend(map(os.fsencode, matches))
    return expanded


def _filter(
    since: date | str | None,
    until: date | str | None,
    domain: str | Iterable[str] | None,
    organization: str | Iterable[str] | None,
) -> tuple[int | None, int | None, list[str], list[str]]:
    """The filter as the core takes it: seconds in UTC, both inclusive, and lists of names."""
    first = None if since is None else _seconds(since)
    last = None if until is None else _seconds(until) + 86_400 - 1
    return first, last, _list(domain), _list(organization)


def _seconds(day: date | str) -> int:
    if isinstance(day, datetime):
        day = day.astimezone(UTC).date() if day.tzinfo else day.date()
    elif isinstance(day, str):
        try:
            day = date.fromisoformat(day)
        except ValueError:
            raise ValueError(f"not a day: {day!r}; write it like 2026-11-22") from None
    start = datetime.combine(day, time(), UTC)
    return (start - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)


def _list(names: str | Iterable[str] | None) -> list[str]:
    if names is None:
        return []
    return [names] if isinstance(names, str) else list(names)
