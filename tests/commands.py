# SPDX-License-Identifier: MIT
"""The command line, run in the tests' own process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mxseal.cli import main


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    status: int
    out: str
    err: str


Run = Callable[..., Done]


def runner(capsys: pytest.CaptureFixture[str], *begin: str) -> Run:
    """Runs ``mxseal``, with the same first arguments each time."""

    def run(*arguments: str | Path) -> Done:
        status = main([*begin, *map(str, arguments)])
        out, err = capsys.readouterr()
        return Done(status, out, err)

    return run
