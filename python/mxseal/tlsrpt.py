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

from collections.abc import Sequence

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
from mxseal._reading import Archive, Day, Names, Paths, Period, Progress, spec

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


def read_reports(
    paths: Paths,
    *,
    since: Day | None = None,
    until: Day | None = None,
    domain: Names | None = None,
    organization: Names | None = None,
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
        threads: how many threads read, 1 to 256; the result is the same for any number.
        progress: called with files, bytes and reports read so far, about every 50 ms.

    Raises:
        FileNotFoundError: a path is not there, or a pattern has no match; nothing was read then.
        ValueError: a day is none, or ``threads`` out of range.
    """
    return Archive(paths, since, until, domain, organization, threads).read(progress)


def summarize_reports(
    paths: Paths,
    by: str | Sequence[str] = ("policy_domain",),
    period: Period | None = None,
    *,
    since: Day | None = None,
    until: Day | None = None,
    domain: Names | None = None,
    organization: Names | None = None,
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
        ValueError: an unknown key or period, a day that is none, or ``threads`` out of range.
    """
    asked = spec(by, period)
    archive = Archive(paths, since, until, domain, organization, threads)
    [sums] = archive.summarize([asked], progress)
    return sums


def _summarize(table: ReportTable, by: str | Sequence[str], period: Period | None) -> Sums:
    """Sums of a table; behind ``ReportTable.summarize``."""
    return table._summarize(*spec(by, period))
