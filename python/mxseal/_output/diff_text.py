# SPDX-License-Identifier: MIT
"""``mxseal diff`` in plain words: what broke, what else changed, and what was not seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from mxseal._diff import KINDS, Change, Kind, ScanDiff
from mxseal._output.escape import cell_width
from mxseal._output.sink import Sink
from mxseal._output.terminal import Mark, Terminal
from mxseal._output.units import counted, day, instant, number

NAMES = 2  # of a group, in one line
NAMES_SERIOUS = 10  # of those that something is to be done about
SERIOUS = ("broke", "suspect")
_MARKS: dict[Kind, Mark] = {
    "broke": "error",
    "suspect": "warning",
    "weakened": "warning",
    "stale": "warning",
    "mended": "good",
    "vanished": "absent",
    "noted": "absent",
}
_SENTENCES = {
    "smtp.starttls-stripped": "STARTTLS was offered before",
    "sts.change.removed": "record gone while cached",
    "sts.change.id-same-policy-changed": "policy changed, id did not",
    "sts.change.id-changed-policy-same": "new id, same policy",
    "sts.change.testing-long": "in mode testing for 90 days or more",
}
_LABEL = 8  # columns of the kind


def write_diff_line(diff: ScanDiff, sink: Sink) -> None:
    """One line, for ``--quiet``."""
    counts = [(kind, len(diff.of(kind))) for kind in KINDS if kind != "noted"]
    parts = [f"{number(count)} {kind}" for kind, count in counts if count]
    sink.write(f"{counted(diff.both, 'domain')}: {', '.join(parts) or 'nothing changed'}\n")


def write_diff(diff: ScanDiff, sink: Sink, *, verbose: bool = False) -> None:
    """What changed, a kind after the other.

    Args:
        diff: what to show.
        sink: where to.
        verbose: all names, and what is merely worth knowing.
    """
    terminal = sink.terminal
    lines = [_headline(diff)]
    kinds = [kind for kind in KINDS if verbose or kind != "noted"]
    largest = max(len(diff.changes), diff.certificates)
    width = 2 + _LABEL + 1 + len(number(largest))
    for kind in kinds:
        lines += _kind(kind, diff.of(kind), terminal, width, verbose)
    if diff.certificates:
        lines += _certificates(diff, terminal, width, verbose)
    if len(lines) == 1:
        lines.append("Nothing changed.")
    lines += _notes(diff, terminal)
    sink.write("".join(line.rstrip() + "\n" for line in lines))


def _headline(diff: ScanDiff) -> str:
    text = f"{counted(diff.both, 'domain')} in both, {number(diff.added)} new, "
    text += f"{number(diff.gone)} gone"
    first, last = diff.old.started, diff.new.started
    if first is None or last is None:
        return text
    if first.date() != last.date():
        return f"{day(first)} to {day(last)}: {text}"
    return f"{_second(first)} to {_second(last)}: {text}"


def _second(moment: datetime) -> str:
    return instant(moment.replace(microsecond=0))


# ------------------------------------------------------------------------------------------- kinds
def _kind(
    kind: Kind, changes: Sequence[Change], terminal: Terminal, width: int, verbose: bool
) -> Iterator[str]:
    """A line for each group of changes that are the same, the number of all before the first."""
    begin = _begin(kind, len(changes), terminal, width)
    ordered = sorted(changes, key=_group)
    for _, each in groupby(ordered, key=_group):
        group = list(each)
        most = len(group) if verbose else NAMES_SERIOUS if kind in SERIOUS else NAMES
        names = _names([terminal.text(change.domain) for change in group], most)
        before, after = _words(group[0])
        names[0] = before + names[0]
        yield from _entry(begin, names, after, group[0].code, terminal, width)
        begin = ""


def _begin(kind: str, count: int, terminal: Terminal, width: int) -> str:
    """Symbol, kind and number."""
    if kind in _MARKS:
        mark = terminal.mark(_MARKS[kind])
    else:
        mark = terminal.styled("+", "green") if kind == "appeared" else terminal.mark("absent")
    return f"{mark} {kind:<{_LABEL}}{number(count).rjust(width - _LABEL - 2)}"


def _group(change: Change) -> tuple[str, ...]:
    if change.kind == "mended":
        return ("",)
    verdicts = (change.before, change.after) if change.kind in ("broke", "weakened") else ()
    return (change.what, change.code or "", *verdicts)


def _names(names: Sequence[str], most: int, over: str = "") -> list[str]:
    """So many names, and how many more; one more than that is named too."""
    if len(names) <= most + 1:
        return list(names)
    shown = list(names[:most])
    shown[-1] += f" and {over}{number(len(names) - most)} more"
    return shown


def _words(change: Change) -> tuple[str, str]:
    """What stands before the names, and what behind."""
    if change.kind in ("broke", "weakened"):
        return "", f"{change.before}, now {change.after}"
    if change.kind == "mended":
        return "", ""
    if change.code:
        return "", _SENTENCES[change.code]
    return f"{change.what} {'published' if change.kind == 'appeared' else 'gone'}: ", ""


def _entry(
    begin: str,
    names: list[str],
    sentence: str,
    code: str | None,
    terminal: Terminal,
    width: int,
) -> Iterator[str]:
    """Names, sentence and code behind each other, on further lines where they do not fit."""
    indent = width + 2
    lines = terminal.wrapped(names, indent)
    lines[0] = lines[0][indent:]
    used = [cell_width(line) + (indent if place == 0 else 0) for place, line in enumerate(lines)]
    last = used[-1]
    if sentence:
        if last + 2 + len(sentence) <= terminal.width:
            lines[-1] += f"  {sentence}"
            last += 2 + len(sentence)
        else:
            lines.append(" " * indent + sentence)
            last = indent + len(sentence)
    if code:
        gap = terminal.width - last - len(code) - 2
        if gap < 1:
            lines.append("")
            gap = max(indent, terminal.width - len(code) - 2)
        lines[-1] += " " * gap + terminal.styled(f"[{code}]", "cyan")
    lines[0] = (f"{begin}  " if begin else " " * indent) + lines[0]
    yield from lines


# ------------------------------------------------------------------------------------ what is left
def _certificates(diff: ScanDiff, terminal: Terminal, width: int, verbose: bool) -> Iterator[str]:
    hosts = list(dict.fromkeys(terminal.text(each.host) for each in diff.replaced))
    cut = diff.certificates > len(diff.replaced)
    names = _names(hosts, len(hosts) if verbose else NAMES, "over " if cut else "")
    names[0] = f"another certificate: {names[0]}"
    begin = _begin("replaced", diff.certificates, terminal, width)
    yield from _entry(begin, names, "", None, terminal, width)


def _notes(diff: ScanDiff, terminal: Terminal) -> Iterator[str]:
    notes = {}
    if diff.unseen:
        were = "was" if diff.unseen == 1 else "were"
        notes["not seen"] = (
            f"{counted(diff.unseen, 'domain')} {were} inconclusive in one of the scans, and so "
            "neither broke nor mended"
        )
    repeated = diff.old.repeated + diff.new.repeated
    if repeated:
        notes["repeated"] = (
            f"{counted(repeated, 'line')} with a domain that stood there before; the first counts"
        )
    for label, text in notes.items():
        first, *below = terminal.wrapped(text.split(), 12, " ")
        yield terminal.styled(f"{label:<12}", "dim") + first[12:]
        yield from below
