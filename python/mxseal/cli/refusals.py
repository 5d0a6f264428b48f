# SPDX-License-Identifier: MIT
"""How a command refuses what it cannot do, and which name may have been meant."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


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


def neighbour(name: str) -> str:
    """What to do about a name that is not there: the closest one beside it may be meant."""
    path = Path(name).expanduser()
    try:
        near = nearest(path.name, sorted(each.name for each in path.parent.iterdir()))
    except OSError:
        near = ""
    if not near:
        return "check the name"
    kind = "folder" if (path.parent / near).is_dir() else "file"
    return f"check the name; a {kind} beside it is called {near}"


def unreadable(error: OSError, name: str = "") -> RefusedError:
    """The refusal of a file that cannot be read.

    Args:
        error: what the system says.
        name: of the file, where the error has none.
    """
    name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else name
    if isinstance(error, FileNotFoundError):
        return RefusedError("no such file", neighbour(name), name)
    reason = "is a folder" if isinstance(error, IsADirectoryError) else error.strerror or str(error)
    return RefusedError("cannot read", f"name another file: {reason}", name)


def refuse_overwriting(target: Path, read: Iterable[Path]) -> None:
    """An answer never takes the place of what it is made from.

    Args:
        target: where the answer goes.
        read: files and folders that are read.
    """
    if not target.is_file():
        return
    own = target.stat()
    for each in read:
        try:
            same = os.path.samestat(own, each.stat())
        except OSError:  # the reading will say so
            continue
        if same:
            raise RefusedError(
                "cannot write", "name another file: that one is to be read", str(target)
            )
