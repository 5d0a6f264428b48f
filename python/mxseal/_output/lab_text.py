# SPDX-License-Identifier: MIT
"""The laboratory as people read it: where it is, and its domains."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mxseal._output.escape import cell_width
from mxseal._output.json import write_json
from mxseal._output.sink import Sink
from mxseal._output.terminal import Mark
from mxseal._rows import Row, TableLike

_MARKS: dict[str, Mark] = {
    "protected": "good",
    "testing": "warning",
    "partly": "warning",
    "misconfigured": "error",
    "broken": "error",
    "inconclusive": "unknown",
    "no-mail": "absent",
    "unprotected": "absent",
}


class _Listing:
    """Rows as a table."""

    name = "situations"
    notes: list[str] = []  # noqa: RUF012 - as the tables of the core have it

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self.column_names = list(rows[0]) if rows else []

    def __len__(self) -> int:
        return len(self._rows)

    def to_dicts(self, start: int = 0, stop: int | None = None) -> list[Row]:
        return list(self._rows[start:stop])


def write_situations_json(situations: Sequence[Row], sink: Sink) -> None:
    """One array of objects."""
    table: TableLike = _Listing(situations)
    write_json(table, sink)


def write_situations(situations: Iterable[Row], sink: Sink) -> None:
    """Domain and expected verdict; below, what it shows and which codes it gives."""
    terminal = sink.terminal
    for row in situations:
        domain = terminal.text(row["domain"])
        verdict = terminal.text(row["verdict"])
        mark = terminal.mark(_MARKS[row["verdict"]])
        sink.write(f"{mark} {terminal.styled(domain, 'bold')}  {verdict}\n")
        for line in terminal.wrapped(terminal.text(row["sentence"]).split(" "), 2, " "):
            sink.write(line + "\n")
        codes = [terminal.styled(f"[{terminal.text(code)}]", "cyan") for code in row["findings"]]
        for line in terminal.wrapped(codes, 2, " ") if codes else ():
            sink.write(line + "\n")


class Played(NamedTuple):
    """An attack, and what came of it.

    Attributes:
        domain: whose mail it was.
        title: the attack's name.
        stolen: the attacker has the mail of a sender that checks nothing.
        plain: how that mail went: ``encrypted``, ``clear`` or ``kept``.
        verdict: of the check.
        mta_sts: what a sender does that follows MTA-STS.
        result_types: what such a sender reports (RFC 8460 §4.3).
    """

    domain: str
    title: str
    stolen: bool
    plain: str
    verdict: str
    mta_sts: str
    result_types: Sequence[str]


_PLAIN = {"encrypted": "by TLS", "clear": "in clear", "kept": "not delivered"}


def write_attacks(played: Sequence[Played], sink: Sink) -> None:
    """Each attack: what it gains of a plain sender, and of one that follows MTA-STS.

    Args:
        played: what came of each.
        sink: where to.
    """
    terminal = sink.terminal
    for each in played:
        sink.write(terminal.styled(terminal.text(each.title), "bold") + "\n")
        mark = terminal.mark("error" if each.stolen else "warning")
        gained = "mail stolen" if each.stolen else "mail delivered"
        if each.plain == "kept":
            gained = "mail kept"
        sink.write(f"  {mark} plain sender    {gained}, {_PLAIN[each.plain]}\n")
        safe = terminal.mark("good" if each.mta_sts in ("refused", "authenticated") else "error")
        types = f", reported as {', '.join(each.result_types)}" if each.result_types else ""
        sink.write(f"  {safe} MTA-STS sender  {each.mta_sts}{types}\n")
        sink.write(f"    mxseal check    {terminal.text(each.domain)}: {each.verdict}\n")


def write_served(
    places: Mapping[str, str], skipped: Mapping[str, str], example: Sequence[str], sink: Sink
) -> None:
    """Where the running laboratory is, and how to check one of its domains.

    Args:
        places: by what they are.
        skipped: names of situations that are not played, and why.
        example: a whole command line.
        sink: where to.
    """
    terminal = sink.terminal
    width = max(cell_width(name) for name in places)
    for name, place in places.items():
        sink.write(f"{terminal.styled(name.ljust(width), 'bold')}  {terminal.text(place)}\n")
    for name, reason in skipped.items():
        sink.write(f"{terminal.mark('absent')} {terminal.text(name)}  skipped: {reason}\n")
    sink.write("\nTo check one of its domains:\n")
    sink.write(f"  {terminal.text(shlex.join(example))}\n\n")


def write_serving(sink: Sink) -> None:
    """The last line before it waits."""
    sink.write("\nRuns until Ctrl-C. Nobody outside of this machine can reach it.\n")
