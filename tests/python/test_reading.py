# SPDX-License-Identifier: MIT
"""What is asked of an archive is checked before anything of it is read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from mxseal import _reading, tlsrpt


@pytest.mark.parametrize("threads", [0, -1, _reading.MOST_THREADS + 1])
def test_threads_out_of_range_are_refused(tmp_path: Path, threads: int) -> None:
    with pytest.raises(ValueError, match=r"not a number of threads: -?\d+; .* 1 to 256"):
        tlsrpt.read_reports(tmp_path, threads=threads)
    with pytest.raises(ValueError, match="threads"):
        tlsrpt.summarize_reports(tmp_path, threads=threads)


def test_as_many_threads_as_may_be(tmp_path: Path) -> None:
    assert tlsrpt.read_reports(tmp_path, threads=_reading.MOST_THREADS).counts.files == 0


@pytest.mark.parametrize(
    ("given", "expected", "reason"),
    [
        ("2026-11-22", date(2026, 11, 22), "as it is written"),
        (date(2026, 11, 22), date(2026, 11, 22), "a day is one"),
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), date(2026, 11, 22), "the day of a time"),
        (
            datetime(2026, 11, 22, 23, 30, tzinfo=timezone(-timedelta(hours=1))),
            date(2026, 11, 23),
            "in UTC",
        ),
        (datetime(2026, 11, 22, 23, 30), date(2026, 11, 22), "without a zone it is UTC"),  # noqa: DTZ001
    ],
)
def test_days(given: date | str, expected: date, reason: str) -> None:
    assert _reading.day(given) == expected, reason


@pytest.mark.parametrize("given", ["22.11.2026", "", "2026-02-30"])
def test_what_is_no_day_is_refused(tmp_path: Path, given: str) -> None:
    with pytest.raises(ValueError, match="write it like 2026-11-22"):
        tlsrpt.read_reports(tmp_path, since=given)


def test_an_empty_period_is_none_of_the_periods(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="periods are day, week, month"):
        tlsrpt.summarize_reports(tmp_path, period="")  # type: ignore[arg-type]


def test_sums_of_a_table_check_their_keys_too(tmp_path: Path) -> None:
    table = tlsrpt.read_reports(tmp_path)
    with pytest.raises(ValueError, match="no such key: 'domain'; keys are "):
        table.summarize("domain")
    with pytest.raises(ValueError, match="no such period"):
        table.summarize(period="year")
