# SPDX-License-Identifier: MIT
"""Where the benchmark keeps things, and how it talks."""

from __future__ import annotations

import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parents[1]
BUILD = ROOT / "build" / "bench"
VENV_PYTHON = BUILD / "venv" / "bin" / "python"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
