# SPDX-License-Identifier: MIT
"""What checks, probes and fetches are told, looked at before anything is asked.

A scan has more bounds of its own (``_scan.ScanSettings``).
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from datetime import UTC, datetime

from mxseal._reading import WrongValueError

MOST_SECONDS = 86_400.0


def wrong_type(argument: str, what: str, given: object) -> TypeError:
    """The error for an argument of another type; ``what`` is what it takes."""
    return TypeError(f"{argument}: give {what}, not {type(given).__name__}")


def moment(argument: str, given: datetime | None) -> int | None:
    """A time as Unix seconds, without a zone in UTC; None stands for now.

    Raises:
        TypeError: it is no ``datetime``.
    """
    if given is None:
        return None
    if not isinstance(given, datetime):
        raise wrong_type(argument, "a datetime", given)
    return int((given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp())


def texts(argument: str, given: object) -> list[str]:
    """One or several, as a list.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(given, str):
        return [given]
    if isinstance(given, Iterable) and not isinstance(given, bytes):
        several = list(given)
        if all(isinstance(each, str) for each in several):
            return several
    raise wrong_type(argument, "one text or several", given)


def typed(text: str) -> bytes:
    """What was typed or stood in a file: UTF-8, and raw bytes as they came.

    Half a character of UTF-16, which a text may hold, goes by its number.
    """
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return text.encode(errors="backslashreplace")


def greeting(helo: str) -> str:
    """The name for EHLO; this host's where none is given.

    Args:
        helo: a name or an address literal (RFC 5321 §4.1.3).

    Raises:
        WrongValueError: a blank or a line break would begin a parameter, or a command, of its own.
    """
    if helo and not _is_word(helo):
        raise WrongValueError("no name for EHLO", "give a host name or [ADDRESS]", helo)
    if helo:
        return helo
    name = socket.getfqdn()
    return name if _is_word(name) else "localhost"


def _is_word(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def seconds(timeout: float) -> float:
    """A time that may be waited.

    Args:
        timeout: in seconds.

    Raises:
        WrongValueError: it is none: NaN, infinite, below 0, more than a day.
        TypeError: it is no number.
    """
    try:
        can_be = 0 <= timeout <= MOST_SECONDS
    except TypeError:
        raise wrong_type("timeout", "seconds", timeout) from None
    if not can_be:
        raise WrongValueError("no such timeout", f"give 0 to {MOST_SECONDS:.0f} seconds", timeout)
    return timeout
