# SPDX-License-Identifier: MIT
"""``mxseal help CODE``: severity, section, cause and remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mxseal._output.sink import Sink
from mxseal._output.words import RESULT_TYPES

if TYPE_CHECKING:
    from mxseal._core.check import About


def write_help(
    findings: Sequence[About], code: str, error: str, reported: Sequence[About], sink: Sink
) -> None:
    """Each finding of that name, and what the reader of reports means by it.

    Args:
        findings: whose code it is, or ends with it.
        code: as asked for.
        error: the sentence of what could not be read; may be empty.
        reported: the findings that senders report by that name.
        sink: where to.
    """
    terminal = sink.terminal
    for number, finding in enumerate(findings):
        sink.write("\n" if number else "")
        sink.write(f"{terminal.styled(finding.code, 'cyan')}  {finding.severity}\n")
        lines = [("cause", finding.cause), ("do", finding.remedy), ("rule", finding.section)]
        if finding.result_type:
            lines.append(("report", f"senders report it as {finding.result_type} (RFC 8460 4.3)"))
        _write_lines(lines, sink)
    if error and not findings:
        sink.write(f"{terminal.styled(code, 'cyan')}\n  {error}\n")
    if words := RESULT_TYPES.get(code):
        sink.write("\n" if findings or error else "")
        sink.write(f"{terminal.styled(code, 'cyan')}  in reports\n")
        lines = [
            ("cause", f"{words.text}: so senders saw it"),
            ("do", "Look whether it is still so: mxseal check DOMAIN."),
            ("rule", f"RFC 8460 {words.section}"),
            ("codes", ", ".join(each.code for each in reported)),
        ]
        _write_lines(lines, sink)


def _write_lines(lines: Sequence[tuple[str, str]], sink: Sink) -> None:
    for label, text in lines:
        if text:
            first, *rest = sink.terminal.wrapped(text.split(" "), 9, " ")
            sink.write(f"  {label:<7}{first.lstrip()}\n" + "".join(f"{each}\n" for each in rest))
