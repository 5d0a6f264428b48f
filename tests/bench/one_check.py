# SPDX-License-Identifier: MIT
"""``mxseal`` with its peak resident memory, in KiB, as the last line on standard error."""

from __future__ import annotations

import sys

from measured import peak_memory

from mxseal.cli import main

status = main(sys.argv[1:])
print(peak_memory(), file=sys.stderr)
sys.exit(status)
