# SPDX-License-Identifier: MIT
"""What is said on standard error: what happened: where; then what to do."""

from __future__ import annotations

import contextlib
import sys

from mxseal._output.terminal import Style, for_stream, is_terminal


def error(what: str, do: str = "", where: str = "", code: str = "") -> None:
    """``error: no such file or folder: ~/archiv`` and the line that says what to do."""
    _message("error", "red", what, do, where, code)


def warning(what: str, do: str = "", where: str = "", code: str = "") -> None:
    """Like an error, of something that did not stop the work; its code ends the line."""
    _message("warning", "yellow", what, do, where, code)


def note(what: str, where: str = "", code: str = "") -> None:
    """What must be known to read the answer, and is no fault of anything."""
    _message("note", "blue", what, "", where, code)


def _message(kind: str, style: Style, what: str, do: str, where: str, code: str = "") -> None:
    terminal = for_stream(sys.stderr)
    place = f": {where}" if where else ""
    lines = [f"{terminal.styled(kind + ':', style, 'bold')} {terminal.text(what + place)}"]
    if code:
        lines[0] += "  " + terminal.styled(f"[{terminal.text(code)}]", "cyan")
    if do:
        lines.append(f"  {terminal.styled('do', 'bold')}  {terminal.text(do)}")
    to_standard_error("\n".join(lines) + "\n")


def traceback(text: str) -> None:
    """A traceback, escaped line by line: an exception may carry anybody's text."""
    terminal = for_stream(sys.stderr)
    to_standard_error("".join(terminal.text(line) + "\n" for line in text.splitlines()))


def interrupted() -> None:
    """Ctrl-C: the shell's prompt begins on a line of its own, behind the ^C."""
    if is_terminal(sys.stderr):
        to_standard_error("\n")


def flush() -> None:
    """What was written, before the process ends at once."""
    for stream in (sys.stdout, sys.stderr):
        # It may be closed, or lead nowhere.
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()


def to_standard_error(text: str) -> None:
    """Text that is escaped already; if nobody can read it, that is no reason to stop."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        pass
