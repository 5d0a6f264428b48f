# SPDX-License-Identifier: MIT
"""The exit statuses of every command, in one table, and how a command refuses."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Exit(IntEnum):
    """What the command's status tells a script."""

    GOOD = 0
    """The work is done, nothing was found."""
    FOUND = 1
    """The work is done and found something: a domain broken, a report that could not be read."""
    USAGE = 2
    """Wrong use, a path that is not there, a missing extra: before any work."""
    UNDECIDED = 3
    """It could not be decided: nothing answered."""
    FAULT = 70
    """A fault of mxseal itself."""
    INTERRUPTED = 130
    """Ctrl-C."""


class RefusedError(Exception):
    """What was asked for cannot be done: status USAGE.

    Attributes:
        what: what is wrong, in plain words.
        do: what to do about it.
        where: the name it is about, perhaps somebody else's text.
    """

    def __init__(self, what: str, do: str = "", where: str = "") -> None:
        super().__init__(what, do, where)
        self.what = what
        self.do = do
        self.where = where


def nearest(name: str, names: Iterable[str]) -> str:
    """The one of the names that may have been meant, or an empty text."""
    import difflib  # only when something is wrong already: it takes longer than many a command

    near = difflib.get_close_matches(name, list(names), 1)
    return near[0] if near else ""
