# SPDX-License-Identifier: MIT
"""``mxseal summary`` in plain words: who publishes what, what is wrong, who runs the hosts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mxseal._core import check as core
from mxseal._output.escape import cell_width
from mxseal._output.sink import Sink
from mxseal._output.terminal import Terminal
from mxseal._output.units import counted, day, instant, number, share
from mxseal._output.words import in_short
from mxseal._summary import MOST_LISTED, Faults, Operator, ScanSummary, Scope

SHOWN = 8  # rows of a block; with --verbose
SHOWN_VERBOSE = 100
BETWEEN = 5  # columns between the blocks that stand side by side
HEADINGS: dict[Scope, str] = {
    "mta-sts": "faults, of {} with an MTA-STS record",
    "dane": "faults, of {} with DANE",
    "tls-rpt": "faults, of {} with a TLS-RPT record",
    "mail": "faults of MX hosts, of {} that take mail",
    "unseen": "could not be seen, of {}",
}

Block = list[tuple[str, ...]]  # a heading and rows
Lines = list[tuple[str, str]]  # as they are shown, and without style


def write_summary_line(summary: ScanSummary, sink: Sink) -> None:
    """One line, for ``--quiet``."""
    sink.write(f"{_verdicts_line(summary)}\n")


def write_summary(summary: ScanSummary, sink: Sink, *, verbose: bool = False) -> None:
    """The whole summary.

    Args:
        summary: what to show.
        sink: where to.
        verbose: more rows of each block.
    """
    terminal = sink.terminal
    most = SHOWN_VERBOSE if verbose else SHOWN
    lines = [_headline(summary)]
    if summary.domains:
        left = [_adoption(summary), _verdicts(summary)]
        right = [
            _max_age(summary),
            _operators("MX operators", summary.mx_operators, terminal, most),
            _operators("policy hosters", summary.policy_hosters, terminal, most),
        ]
        lines += _side_by_side(_drawn(left, terminal), _drawn(right, terminal), terminal)
        for faults in summary.faults:
            lines += _faults(faults, terminal, most)
        lines += _certificates(summary, terminal, most)
    sink.write("".join(line.rstrip() + "\n" for line in lines))


def _headline(summary: ScanSummary) -> str:
    domains = counted(summary.domains, "domain")
    if summary.started is None or summary.ended is None:
        return domains
    first, last = (each.replace(microsecond=0) for each in (summary.started, summary.ended))
    return f"{domains}, {instant(first)} to {instant(last)}"


def _verdicts_line(summary: ScanSummary) -> str:
    verdicts = ", ".join(f"{number(count)} {name}" for name, count in summary.verdicts.items())
    return f"{counted(summary.domains, 'domain')}{': ' if verdicts else ''}{verdicts}"


# ------------------------------------------------------------------------------------------ blocks
def _drawn(blocks: Iterable[Block], terminal: Terminal) -> Lines:
    """Blocks below each other, their columns aligned; all but the first hold numbers."""
    filled = [block for block in blocks if len(block) > 1]
    columns = zip(*(row for block in filled for row in block), strict=True)
    first, *others = [max(map(cell_width, column)) for column in columns]
    lines: Lines = []
    for block in filled:
        for row in block:
            name, *numbers = row
            line = name + " " * (first - cell_width(name))
            for width, text in zip(others, numbers, strict=True):
                line += "  " + text.rjust(width)
            lines.append((terminal.styled(line, "bold") if row is block[0] else line, line))
    return lines


def _adoption(summary: ScanSummary) -> Block:
    adoption = summary.adoption
    rows = {
        "  MTA-STS record": adoption.mta_sts,
        "    enforce": adoption.enforce,
        "    testing": adoption.testing,
        "    none": adoption.none,
        "    no valid policy": adoption.without_policy,
        "  DANE": adoption.dane,
        "  TLS-RPT record": adoption.tls_rpt,
    }
    return [("adoption", "domains", "share"), *_shares(rows, summary)]


def _verdicts(summary: ScanSummary) -> Block:
    rows = {f"  {name}": count for name, count in summary.verdicts.items()}
    return [("verdict", "", ""), *_shares(rows, summary)]


def _shares(rows: dict[str, int], summary: ScanSummary) -> Block:
    return [(name, number(count), share(count, summary.domains)) for name, count in rows.items()]


def _max_age(summary: ScanSummary) -> Block:
    policies = counted(sum(each.domains for each in summary.max_age), "policy", "policies")
    rows = [(f"  {each.name}", number(each.domains)) for each in summary.max_age]
    return [(f"max_age, of {policies}", "domains"), *rows]


def _operators(heading: str, operators: Sequence[Operator], terminal: Terminal, most: int) -> Block:
    rows = [(f"  {terminal.text(each.name)}", number(each.domains)) for each in operators[:most]]
    if len(operators) > most:
        rows.append((f"  and {number(len(operators) - most)} more", ""))
    return [(heading, ""), *rows]


def _side_by_side(left: Lines, right: Lines, terminal: Terminal) -> list[str]:
    """Both, the left one first; below each other where they do not fit."""
    left_width = max(cell_width(bare) for _, bare in left) + BETWEEN
    right_width = max(cell_width(bare) for _, bare in right)
    if left_width + right_width > terminal.width:
        return [line for line, _ in [*left, *right]]
    lines = []
    for place in range(max(len(left), len(right))):
        line, bare = left[place] if place < len(left) else ("", "")
        if place < len(right):
            line += " " * (left_width - cell_width(bare)) + right[place][0]
        lines.append(line)
    return lines


# ---------------------------------------------------------------------------- faults, certificates
def _faults(faults: Faults, terminal: Terminal, most: int) -> list[str]:
    if not faults.codes:
        return []
    heading = HEADINGS[faults.scope].format(counted(faults.domains, "domain"))
    lines = [terminal.styled(heading, "bold")]
    width = max(len(number(each.domains)) for each in faults.codes) + 2
    for each in faults.codes[:most]:
        amount = number(each.domains).rjust(width)
        begin = f"{amount}{share(each.domains, faults.domains).rjust(9)}  "
        words = in_short(_cause(each.code)).split()
        first, *below = terminal.wrapped(words, len(begin), " ")
        below = [begin + first.lstrip(), *below]
        code = f"[{terminal.text(each.code)}]"
        gap = terminal.width - cell_width(below[-1]) - cell_width(code)
        if gap < 2:
            below.append("")
            gap = max(len(begin), terminal.width - cell_width(code))
        below[-1] += " " * gap + terminal.styled(code, "cyan")
        lines += below
    if len(faults.codes) > most:
        lines.append(f"{' ' * width}  and {number(len(faults.codes) - most)} more")
    return lines


def _cause(code: str) -> str:
    try:
        return core.explain(code).cause
    except KeyError:  # of a scan by a later version
        return "a finding that this version does not know"


def _certificates(summary: ScanSummary, terminal: Terminal, most: int) -> list[str]:
    lines = []
    if summary.expired:
        lines.append(f"certificates that had ended: at {counted(summary.expired, 'domain')}")
    if summary.expiring:
        days = counted(summary.expires_within, "day")
        lines.append(
            f"certificates that end within {days}: at {counted(summary.expiring, 'domain')}"
        )
    lines = [terminal.styled(line, "bold") for line in lines]
    for each in summary.certificates[:most]:
        host = terminal.text(each.host)
        lines.append(f"  {day(each.not_after)}  {host}  {counted(each.domains, 'domain')}")
    if len(summary.certificates) > most:
        over = "over " if len(summary.certificates) == MOST_LISTED else ""
        lines.append(f"  and {over}{number(len(summary.certificates) - most)} more hosts")
    return lines
