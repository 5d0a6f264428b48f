# SPDX-License-Identifier: MIT
"""How a command refuses what it cannot do, and which name may have been meant."""

from __future__ import annotations

from collections.abc import Iterable


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
