# SPDX-License-Identifier: MIT
"""Findings and stages in plain words, for all commands that show them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from mxseal._check import Address, Dane, Finding
from mxseal._output.escape import cell_width
from mxseal._output.terminal import Mark, Style, Terminal
from mxseal._output.units import distance
from mxseal._remedies import Copy

COLOURS: dict[Mark, Style] = {
    "good": "green",
    "warning": "yellow",
    "error": "red",
    "unknown": "blue",
    "absent": "dim",
}
SEVERITY_MARKS: dict[str, Mark] = {
    "error": "error",
    "unknown": "unknown",
    "warning": "warning",
    "info": "absent",
}
# As the core writes dates of certificates; a year 0 is possible there and no datetime.
_DATE = re.compile(r"\b[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
HOST_MARKS: dict[str, Mark] = {"passes": "good", "fails": "error", "unknown": "unknown"}


def code(code: str, terminal: Terminal) -> str:
    """``[smtp.cert.expired]``."""
    return terminal.styled(f"[{code}]", "cyan")


def stage(mark: Mark, label: str, text: str, terminal: Terminal) -> str:
    """``  ✓ policy    enforce``."""
    return f"  {terminal.mark(mark)} {label:<10}{text}"


def dane_stage(dane: Dane, terminal: Terminal, everywhere: str = "") -> str:
    """What DANE is worth.

    Args:
        dane: of a domain or host.
        terminal: for whom.
        everywhere: what to say besides where it is in force.
    """
    marks: dict[str, tuple[Mark, str]] = {
        "none": ("absent", "no TLSA records"),
        "secure": ("good", f"TLSA records, DNSSEC-secure{everywhere}"),
        "partial": ("warning", "TLSA records at some MX hosts"),
        "insecure": ("warning", "TLSA records without DNSSEC: ignored"),
        "unusable": ("warning", "TLSA records, none of them usable"),
        "unknown": ("unknown", "could not be judged"),
    }
    mark, text = marks.get(dane.state, ("unknown", dane.state))
    return stage(mark, "DANE", text, terminal)


def tls_version(address: Address) -> str:
    """``TLS 1.3``; nothing without a handshake."""
    return address.tls.version.replace("TLSv", "TLS ")


def finding_lines(
    findings: Sequence[Finding],
    copies: Callable[[Finding], list[Copy]],
    terminal: Terminal,
    verbose: bool,
) -> list[str]:
    """What each is and its code; then where, what was seen, what to do, and what is to be copied.

    What was found at several places, with the same remedy, is said once with all of them.

    Args:
        findings: with texts as they came, in order.
        copies: lines to be copied, of a finding.
        terminal: for whom.
        verbose: also the RFC's section.
    """
    groups: dict[tuple[object, ...], tuple[list[Finding], list[Copy]]] = {}
    for each in findings:
        copied = copies(each)
        key = (each.code, each.severity, each.cause, each.remedy, repr(copied))
        groups.setdefault(key, ([], copied))[0].append(each)
    lines = []
    for number, (same, copied) in enumerate(groups.values(), 1):
        finding = same[0]
        head = f"  {number} {terminal.mark(SEVERITY_MARKS[finding.severity])} "
        indent = 4 + len(str(number)) + 1
        name = finding.code + (f", {finding.section}" if verbose and finding.section else "")
        lines += title_lines(head, indent, finding.cause, name, terminal)
        for each in same:
            lines += labelled("where", terminal.text(each.subject), terminal, indent)
            lines += labelled("seen", terminal.text(_seen(each)), terminal, indent)
        lines += labelled("do", finding.remedy, terminal, indent)
        for copy in copied:
            lines += _copy(copy, terminal, indent + 7)
    return lines


def _seen(finding: Finding) -> str:
    """What was met; behind the date of a certificate stands how far away that is."""
    if not finding.code.endswith((".expired", ".not-yet-valid", ".expires-soon")):
        return finding.detail

    def dated(date: re.Match[str]) -> str:
        away = datetime.fromisoformat(date[0]) - finding.seen_at
        return f"{date[0]} ({distance(away)})"

    return _DATE.sub(dated, finding.detail, count=1)


def title_lines(head: str, indent: int, cause: str, name: str, terminal: Terminal) -> list[str]:
    """The cause, and the code at the end of its line; of the next one where it does not fit.

    Args:
        head: what stands before it.
        indent: columns of that.
        cause: one sentence.
        name: of the code.
        terminal: for whom.
    """
    words = terminal.wrapped(_title(cause).split(), indent, " ")
    lines = [head + words[0].lstrip(), *words[1:]]
    gap = terminal.width - cell_width(bare(lines[-1], terminal)) - cell_width(name) - 2
    if gap < 2:
        lines.append("")
        gap = max(indent, terminal.width - cell_width(name) - 2)
    lines[-1] += " " * gap + code(name, terminal)
    return lines


def bare(line: str, terminal: Terminal) -> str:
    """The line as wide as it is shown: the symbol's colours take no column."""
    if not terminal.colour:
        return line
    return re.sub(r"\x1b\[[0-9;]*m", "", line)


def _title(cause: str) -> str:
    return cause.removesuffix(".")


def labelled(label: str, text: str, terminal: Terminal, indent: int, columns: int = 7) -> list[str]:
    """``where  mx1.example.com``, and further lines below the text; nothing for no text."""
    if not text:
        return []
    lines = terminal.wrapped(text.split(" "), indent + columns, " ")
    return [f"{' ' * indent}{label:<{columns}}{lines[0].lstrip()}", *lines[1:]]


def _copy(copy: Copy, terminal: Terminal, indent: int) -> list[str]:
    """What is to be copied stands on lines of its own, whole and unwrapped."""
    lines = terminal.wrapped(copy.before.split(), indent, " ")
    return lines + [f"{' ' * indent}  {terminal.whole(line)}" for line in copy.lines]


def paragraph(text: str, terminal: Terminal, indent: int) -> list[str]:
    """Plain words in lines that fit."""
    return terminal.wrapped(text.split(), indent, " ")
