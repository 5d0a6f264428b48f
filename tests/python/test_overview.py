# SPDX-License-Identifier: MIT
"""What the default view calls failing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from mxseal._overview import Domain, Sessions


def test_reports_from_the_future_hide_no_failure() -> None:
    today = datetime.now(UTC).date()
    days = {today - timedelta(days=n): Sessions(10, 5) for n in range(15)}
    forged = {date(9999, 12, day): Sessions(100, 0) for day in range(1, 15)}
    assert Domain("example.com", days).fails
    assert Domain("example.com", days | forged).fails
    assert not Domain("example.com", forged).fails
