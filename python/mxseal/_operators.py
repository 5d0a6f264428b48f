# SPDX-License-Identifier: MIT
"""Who runs a host, by the end of its name: ``data/operators.csv``, and a table of one's own.

A host that no pattern knows is named by the domain that somebody seems to have registered.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from mxseal._core import check as core
from mxseal._reading import WrongValueError

Kind = Literal["mx", "policy"]

TABLE = Path(__file__).parent / "data" / "operators.csv"
_HEADING = ["kind", "pattern", "name"]
_REMEMBERED = 50_000  # hosts


class Operators:
    """The table; what it said of a host is remembered for the next domain that names it."""

    def __init__(self, *more: str | os.PathLike[str]) -> None:
        """Reads it.

        Args:
            more: files of the same form, whose lines win over those before.

        Raises:
            OSError: one cannot be read.
            WrongValueError: a line that does not follow the form.
        """
        self._names: dict[Kind, dict[str, str]] = {"mx": {}, "policy": {}}
        for path in (TABLE, *more):
            for kind, pattern, name in _rows(Path(path).expanduser()):
                self._names[kind][pattern] = name
        self._known: dict[tuple[Kind, str], str] = {}

    def name(self, kind: Kind, host: str) -> str:
        """Who runs it."""
        known = self._known.get((kind, host))
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[kind, host] = self._look_up(kind, host)
        return known

    def _look_up(self, kind: Kind, host: str) -> str:
        names = self._names[kind]
        end = host.lower().rstrip(".")
        while end:
            if end in names:
                return names[end]
            end = end.partition(".")[2]
        return registered(host)


def registered(host: str) -> str:
    """The domain that somebody seems to have registered, to which the host belongs."""
    name = host.lower().rstrip(".")
    if name.rpartition(".")[2].isdigit() or ":" in host:
        return host  # an address where a name should be
    return core.registered_domain(name)


def _rows(path: Path) -> Iterator[tuple[Kind, str, str]]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or line.startswith("#"):
                continue
            cells = [cell.strip() for cell in next(csv.reader((line,)))]
            if cells == _HEADING:
                continue
            if len(cells) != 3 or not all(cells) or cells[0] not in ("mx", "policy"):
                raise WrongValueError(
                    f"line {number} of {path} is no pattern of an operator",
                    "write kind,pattern,name; kind is mx or policy",
                    line.strip(),
                )
            kind: Kind = "mx" if cells[0] == "mx" else "policy"
            yield kind, cells[1].lower().strip(".").removeprefix("*."), cells[2]
