# SPDX-License-Identifier: MIT
"""Values of tables, numbers, sizes, times and shares as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta


def number(count: int) -> str:
    """1204 as ``1,204``."""
    return f"{count:,}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """``1 report``, ``2 reports``; ``many`` where it is not ``one`` and an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def share(part: int, whole: int, decimals: int = 1) -> str:
    """A share in percent: ``1.3 %``; ``0 %`` and ``100 %`` only for none and for all.

    Args:
        part: how many of them, at most ``whole``.
        whole: how many there are; of none, the share is 0.
        decimals: digits behind the point.
    """
    if part <= 0 or whole <= 0:
        return "0 %"
    if part >= whole:
        return "100 %"
    step = 10**-decimals
    percent = 100 * part / whole
    if percent < step:
        return f"<{step:.{decimals}f} %"
    if percent > 100 - step:
        return f">{100 - step:.{decimals}f} %"
    return f"{percent:.{decimals}f} %"


def size(count: int) -> str:
    """Bytes as ``6.1 MiB``."""
    if count < 1024:
        return counted(count, "byte")
    value = float(count)
    for unit in ("KiB", "MiB", "GiB"):
        value /= 1024
        if value < 1024:
            return f"{value:.1f} {unit}"
    return f"{value / 1024:,.1f} TiB"


def duration(seconds: float) -> str:
    """A time that is left: ``12 s``, ``1 min 1 s``, ``2 h 5 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def period(seconds: int) -> str:
    """A time to wait, exactly: ``5 min``, ``1 h``, ``1 h 30 min``, ``14 days``."""
    rest = max(0, seconds)
    parts = []
    for length, one, many in ((86400, "day", "days"), (3600, "h", "h"), (60, "min", "min")):
        count, rest = divmod(rest, length)
        if count:
            parts.append(counted(count, one, many))
    if rest or not parts:
        parts.append(f"{rest} s")
    return " ".join(parts)


def instant(time: datetime) -> str:
    """A time in UTC, by RFC 3339: ``2026-11-22T06:10:00Z``; a fraction only where there is one."""
    text = time.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{text}Z"


def distance(from_now: timedelta) -> str:
    """How far away a time is: ``3 days ago``, ``in 2 h``; of the largest unit, rounded down."""
    seconds = abs(round(from_now.total_seconds()))
    for length, one, many in ((86400, "day", "days"), (3600, "h", "h"), (60, "min", "min")):
        if seconds >= length:
            text = counted(seconds // length, one, many)
            break
    else:
        text = f"{seconds} s"
    return f"in {text}" if from_now > timedelta() else f"{text} ago"


def shown(value: object) -> str:
    """A value of a table as people read it, not escaped; nothing for None.

    Raises:
        TypeError: tables have no such values.
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case int():
            return number(value)
        case datetime():
            return instant(value)
        case date():
            return day(value)
        case list():
            return "; ".join(value)
    raise TypeError(f"no text for {type(value).__name__}")


def day(value: date) -> str:
    """A day: ``2026-11-22``."""
    return f"{value.year:04}-{value.month:02}-{value.day:02}"
