# SPDX-License-Identifier: MIT
"""The exit statuses of every command, in one table."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the command's status tells a script."""

    GOOD = 0
    """The work is done, nothing was found."""
    FOUND = 1
    """The work is done and found something (a domain broken, a report that could not be read), or
    its answer could not be written."""
    USAGE = 2
    """Wrong use, a path that is not there, a missing extra: before any work."""
    UNDECIDED = 3
    """It could not be decided: nothing answered."""
    FAULT = 70
    """A fault of mxseal itself."""
    INTERRUPTED = 130
    """Ctrl-C."""
