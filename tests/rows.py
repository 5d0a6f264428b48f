# SPDX-License-Identifier: MIT
"""Rows of tests/data/*.jsonl, which GoogleTest and the fuzz seeds read too (tests/cpp/rows.hpp).

The input of a row is ``input`` (text) or ``input_hex`` (bytes that are no clean text); ``why`` says
what the row shows, and the rest is what must come out.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from mxseal import ParseError

DATA = Path(__file__).parent / "data"

Row = dict[str, Any]
Value = TypeVar("Value")


def rows(file: Path) -> list[Row]:
    """Every row of a file, each with its place, ``file:line``; never none."""
    found = [
        {"place": f"{file.name}:{number}", **json.loads(line)}
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    ]
    assert found
    return found


def input_of(row: Row) -> bytes:
    """The input of a row, as it would come from the network."""
    if "input_hex" in row:
        return bytes.fromhex(row["input_hex"])
    text: str = row["input"]
    return text.encode()


def attempt(parse: Callable[[bytes], Value], data: bytes) -> Value | None:
    """The value that was read, or None for a ParseError, whose place must lie in the input."""
    try:
        return parse(data)
    except ParseError as error:
        if error.offset is None or not 0 <= error.offset <= len(data):
            raise AssertionError(f"{error!r} stands outside of {data!r}") from error
        return None
