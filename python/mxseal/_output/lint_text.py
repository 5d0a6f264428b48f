# SPDX-License-Identifier: MIT
"""``mxseal lint`` in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from mxseal._lint import Problem
from mxseal._output.sink import Sink
from mxseal._output.terminal import Mark

NAMES = {"record": "MTA-STS record", "policy": "MTA-STS policy", "tlsrpt": "TLS-RPT record"}
MARKS: dict[str, Mark] = {
    "error": "error",
    "warning": "warning",
    "info": "absent",
    "unknown": "unknown",
}


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
        code = terminal.styled(f"[{problem.code}]", "cyan")
        sink.write(f"{terminal.mark(MARKS[problem.severity])} {problem.cause} {code}\n")
        seen = terminal.text(problem.detail)
        if problem.offset is not None:
            seen = f"{seen}, at byte {problem.offset:,}" if seen else f"at byte {problem.offset:,}"
        for label, text in (("seen", seen), ("do", problem.remedy)):
            if text:
                first, *rest = terminal.wrapped(text.split(" "), 9, " ")
                sink.write(
                    f"  {label:<7}{first.lstrip()}\n" + "".join(f"{each}\n" for each in rest)
                )
