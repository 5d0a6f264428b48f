# SPDX-License-Identifier: MIT
"""An answer on standard output, and what its reader may do to it."""

from __future__ import annotations

from collections.abc import Callable

from mxseal._output import messages
from mxseal._output.sink import Sink, forget_output, opened
from mxseal.cli.exit import Exit


def answered(write: Callable[[Sink], None], status: Callable[[], Exit]) -> Exit:
    """Writes an answer; a reader that has seen enough ends it, and that is no fault.

    Args:
        write: does the work and writes it.
        status: the status of what was written.
    """
    try:
        with opened(None) as sink:
            write(sink)
    except BrokenPipeError:
        forget_output()
    except OSError as error:
        messages.error("cannot write", error.strerror or "", "standard output")
        forget_output()
        return Exit.FOUND
    return status()
