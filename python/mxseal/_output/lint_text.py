# SPDX-License-Identifier: MIT
"""``mxseal lint`` in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from mxseal._lint import Problem
from mxseal._output.findings_text import SEVERITY_MARKS, labelled, title_lines
from mxseal._output.sink import Sink

NAMES = {"record": "MTA-STS record", "policy": "MTA-STS policy", "tlsrpt": "TLS-RPT record"}


def write_lint(kind: str, problems: Sequence[Problem], sink: Sink) -> None:
    """Good, or what is wrong and what to do.

    Args:
        kind: what was read.
        problems: what there is to say of it.
        sink: where to.
    """
    terminal = sink.terminal
    if not any(each.severity == "error" for each in problems):
        sink.write(f"{terminal.mark('good')} {NAMES[kind]}: senders take it\n")
    for problem in problems:
        head = f"{terminal.mark(SEVERITY_MARKS[problem.severity])} "
        lines = title_lines(head, 2, problem.cause, problem.code, terminal)
        seen = terminal.text(problem.detail)
        if problem.offset is not None:
            seen = f"{seen}, at byte {problem.offset:,}" if seen else f"at byte {problem.offset:,}"
        lines += labelled("seen", seen, terminal, 2)
        lines += labelled("do", problem.remedy, terminal, 2)
        sink.write("".join(f"{line}\n" for line in lines))
