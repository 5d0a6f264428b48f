# SPDX-License-Identifier: MIT
r"""Text from somebody else, made safe to show.

Control characters move the cursor, clear the screen or retitle a window; format characters turn
the reading direction round (U+202E) or hide (U+200B). Both are shown as ``\x1b`` and ``\u202e``:
Unicode's categories Cc, Cf, Cs, Zl and Zp. All else is left as it is.
"""

from __future__ import annotations

import re
import unicodedata

# Those five categories as of Unicode 17; a test holds them against the running Python's table.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001"
    "\U000e0020-\U000e007f]"
)
_NOT_ASCII = re.compile(r"[^\x20-\x7e]")


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00  # a byte of a file name that is not UTF-8, as Python carries it (PEP 383)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def visible(text: str, utf8: bool = True) -> str:
    r"""The text with what would not show as itself written out: ``\x1b``, ``\u202e``.

    Args:
        text: anybody's text.
        utf8: whether the reader takes UTF-8; if not, all but ASCII is written out.
    """
    if text.isascii() and text.isprintable():
        return text
    return (_HIDDEN if utf8 else _NOT_ASCII).sub(_escaped, text)


def visible_json(text: str) -> str:
    r"""JSON text with hidden characters as ``\u`` escapes: the same JSON (RFC 8259 7).

    Args:
        text: JSON in which control characters are escaped already and no white space but a space
            stands between tokens, so that what is replaced lies within strings.
    """
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub(_json_escaped, text)


def cell_width(text: str) -> int:
    """How many columns of a terminal the text takes; it has no control characters."""
    if text.isascii():
        return len(text)
    width = 0
    for character in text:
        if not unicodedata.combining(character):
            width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return width
