# SPDX-License-Identifier: MIT
"""A stream that people read: its width, colours and symbols.

One rule: a symbol or a colour never stands alone, there is always a word beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Literal, TextIO

from mxseal._output.escape import cell_width, visible

Style = Literal["bold", "red", "green", "yellow", "blue", "cyan", "dim"]
Mark = Literal["good", "warning", "error", "unknown", "absent"]

# Select Graphic Rendition (ECMA-48 8.3.117), in the 16 colours that the terminal's owner chose.
_SGR: dict[Style, int] = {
    "bold": 1,
    "dim": 2,
    "red": 31,
    "green": 32,
    "yellow": 33,
    "blue": 34,
    "cyan": 36,
}
_SYMBOLS: dict[Mark, tuple[str, str, Style]] = {
    "good": ("✓", "+", "green"),
    "warning": ("!", "!", "yellow"),
    "error": ("✗", "x", "red"),
    "unknown": ("?", "?", "blue"),
    "absent": ("-", "-", "dim"),
}
WIDEST = 100
IN_A_PIPE = 80
LONGEST = 1000  # characters of one text: no name, address or record of DNS has as many


class Terminal:
    """How to write for one reader.

    Attributes:
        width: columns that a line may take.
        colour: whether colours and bold are shown.
        utf8: whether the reader takes UTF-8; if not, all that is shown is ASCII.
    """

    def __init__(self, *, width: int = IN_A_PIPE, colour: bool = False, utf8: bool = True) -> None:
        self.width = width
        self.colour = colour
        self.utf8 = utf8

    def text(self, text: str) -> str:
        """Anybody's text, safe to show; of what is longer than any name, its beginning."""
        if len(text) <= LONGEST:
            return visible(text, self.utf8)
        return f"{visible(text[:LONGEST], self.utf8)} (and {len(text) - LONGEST:,} characters more)"

    def whole(self, text: str) -> str:
        """The same for what is to be copied: all of it."""
        return visible(text, self.utf8)

    def styled(self, text: str, *styles: Style) -> str:
        """Text (escaped already) in a colour or bold, where there are colours."""
        if not self.colour or not text:
            return text
        return f"\x1b[{';'.join(str(_SGR[style]) for style in styles)}m{text}\x1b[0m"

    def mark(self, mark: Mark) -> str:
        """The symbol, one column wide, in its colour."""
        symbol, plain, style = _SYMBOLS[mark]
        return self.styled(symbol if self.utf8 else plain, style)

    def bar(self, shares: Iterable[float | None]) -> str:
        """A row of cells: blank for None, a dot for 0, else eight heights, full for the worst."""
        cells = list(shares)
        worst = max((share for share in cells if share), default=0.0)
        steps, none = (" ▁▂▃▄▅▆▇█", "·") if self.utf8 else (" 12345678", ".")
        row = ""
        for share in cells:
            if share is None:
                row += " "
            else:
                # Rounded up: the smallest failure is seen.
                row += steps[max(1, -int(-8 * share // worst))] if share > 0 else none
        return row

    def wrapped(self, items: list[str], indent: int, between: str = ", ") -> list[str]:
        """Items into lines that fit; no item is broken.

        Args:
            items: texts, escaped already.
            indent: columns in front of every line, the first too.
            between: what joins items; its blanks are left out at a line's end.
        """
        mark = between.rstrip()
        blanks = between[len(mark) :]
        lines: list[str] = []
        line = ""
        for number, item in enumerate(items):
            piece = item + (mark if number + 1 < len(items) else "")
            if line and indent + cell_width(line + blanks + piece) > self.width:
                lines.append(line)
                line = ""
            line += blanks + piece if line else piece
        return [" " * indent + each for each in [*lines, line]]


def for_stream(stream: TextIO | None) -> Terminal:
    """How to write to a standard stream (None: closed), by what it is and what users ask for."""
    shown = is_terminal(stream)
    if os.environ.get("NO_COLOR"):
        colour = False
    elif os.environ.get("FORCE_COLOR"):
        colour = True
    else:
        colour = shown and os.environ.get("TERM") != "dumb"
    width = min(columns(stream), WIDEST) if stream and shown else IN_A_PIPE
    return Terminal(width=width, colour=colour, utf8=_takes_utf8(stream))


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody sits at the other end."""
    return stream is not None and not stream.closed and stream.isatty()


def columns(stream: TextIO) -> int:
    """A terminal's columns."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or IN_A_PIPE
    except OSError:
        return IN_A_PIPE


def _takes_utf8(stream: TextIO | None) -> bool:
    """Python writes UTF-8 in the C locale too (PEP 538, 540), where a terminal may not read it."""
    if (
        stream is None
        or (stream.encoding or "").lower().replace("-", "").replace("_", "") != "utf8"
    ):
        return False
    environ = os.environ
    if environ.get("PYTHONIOENCODING") or environ.get("PYTHONUTF8"):
        return True
    language = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    if not environ.get("LC_ALL") and environ.get("LC_CTYPE") == "C.UTF-8":
        # PEP 538 put that there when it met the C locale; only LANG still tells.
        language = environ.get("LANG") or language
    return language not in ("C", "POSIX")
